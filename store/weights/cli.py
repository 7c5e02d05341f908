"""`decroche models`: list, pull, verify, path."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import click

from store.base.console import HouseGroup, emit, err, json_option, progress
from store.base.errors import DecrocheError, Unavailable
from store.base.settings import settings
from store.weights import entries as cat
from store.weights import shelf
from store.weights.pull import Puller, PullFailed

NAMES = click.argument("names", nargs=-1, metavar="[NAME]...")
LANG = click.option("--lang", "languages", multiple=True, type=click.Choice(["fr", "en"]), help="Languages wanted.")


@click.group(cls=HouseGroup)
def models() -> None:
    """The models that hear, speak and think."""


@models.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Every model, what it is for, and whether it is here.

    \b
    Example: decroche models list --json
    """
    rows = [_row(entry) for entry in cat.catalogue().values()]
    columns = ("name", "use", "language", "device", "default", "mb", "licence", "state")
    emit(rows, columns, as_json=as_json)


@models.command()
@NAMES
@LANG
@json_option
def pull(names: tuple[str, ...], languages: tuple[str, ...], as_json: bool) -> None:
    """Fetch models (or mend damaged ones); without names, the defaults of the device.

    \b
    Example: decroche models pull --lang fr
             DECROCHE_MODELS__MIRROR=/mnt/models decroche models pull whisper-base
    """
    wanted = [cat.model(name) for name in names] or cat.defaults(languages or ("fr", "en"), settings().device)
    rows = _pull(wanted, named=bool(names))
    emit(rows, ("name", "state", "source", "mb", "took_seconds"), as_json=as_json)


@models.command()
@NAMES
@json_option
def verify(names: tuple[str, ...], as_json: bool) -> None:
    """Read the models again and compare checksums; without names, every model that is here.

    \b
    Exit status 5 if one is missing or damaged.
    Example: decroche models verify whisper-base
    """
    wanted = [cat.model(n).name for n in names] or [n for n in cat.catalogue() if shelf.present(n)]
    rows = [_verified(name) for name in wanted]
    emit(rows, ("name", "state", "detail"), as_json=as_json, empty="no model is here: decroche models pull")
    if any(row["state"] != "good" for row in rows):
        click.get_current_context().exit(Unavailable.exit_status)


@models.command()
@click.argument("name")
@json_option
def path(name: str, as_json: bool) -> None:
    """Print the folder of a model that is here.

    \b
    Example: decroche models path whisper-base
    """
    where = shelf.path(name)
    if as_json:
        emit([{"name": name, "path": where}], ("name", "path"), as_json=True)
    else:
        click.echo(where)


def _row(entry: cat.Model) -> dict[str, Any]:
    return {
        "name": entry.name,
        "use": entry.use,
        "language": "+".join(entry.languages),
        "device": "+".join(entry.devices),
        "default": "yes" if entry.default else "",
        "mb": round(entry.size / 1e6),
        "size": entry.size,
        "licence": entry.licence,
        "state": "here" if shelf.present(entry.name) else "not here",
        "about": entry.about,
    }


def _pull(wanted: Sequence[cat.Model], *, named: bool) -> list[dict[str, Any]]:
    """Pull one after the other. An optional default that no source gives is a warning, not a failure."""
    total = sum(entry.size for entry in wanted)
    rows: list[dict[str, Any]] = []
    with progress(total, what="models") as bar:
        task = bar.task_ids[0]
        puller = Puller(
            begin=lambda entry: bar.update(task, description=f"{entry.name} ({round(entry.size / 1e6)} MB)"),
            advance=lambda step: bar.advance(task, step),
        )
        try:
            for entry in wanted:
                rows.append(_one(puller, entry, named=named))
        finally:
            puller.close()
    return rows


def _one(puller: Puller, entry: cat.Model, *, named: bool) -> dict[str, Any]:
    began = time.monotonic()
    state, source = "unavailable", ""
    try:
        done = puller.pull(entry.name)
        state, source = ("fetched" if done.fetched else "here"), "+".join(done.sources)
    except PullFailed as error:
        if named or not entry.optional:
            raise
        err.print(f"warning: {error}\nwithout {entry.name}, {entry.optional}", markup=False)
    took = round(time.monotonic() - began, 1)
    return {"name": entry.name, "state": state, "source": source, "mb": round(entry.size / 1e6),
            "took_seconds": took}  # fmt: skip


def _verified(name: str) -> dict[str, Any]:
    try:
        shelf.verify(name)
    except (shelf.ModelMissing, shelf.ModelDamaged) as error:
        return {"name": name, "state": _state(error), "detail": str(error), "hint": error.hint}
    return {"name": name, "state": "good", "detail": ""}


def _state(error: DecrocheError) -> str:
    return "damaged" if isinstance(error, shelf.ModelDamaged) else "missing"


if __name__ == "__main__":
    models()
