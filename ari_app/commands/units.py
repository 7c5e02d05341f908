"""`decroche service`: the units by which systemd keeps all of it running, hardened, and Asterisk up to date."""

from __future__ import annotations

from pathlib import Path

import click

from store.base.console import HouseGroup, emit, err, json_option
from store.base.errors import BadInput, reason
from store.base.settings import settings


@click.group(cls=HouseGroup)
def service() -> None:
    """How systemd keeps it running, as a user of its own.

    \b
    Example: decroche service render --out /etc/systemd/system
    """


@service.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write into.")
@json_option
def render(out: Path, as_json: bool) -> None:
    """Write the units for this machine's settings; other files there stay. What to type next is said.

    \b
    Example: decroche service render --out /etc/systemd/system
    """
    from asterisk_conf.units import backing_up, units, upgrading

    files = {**units(settings()), **upgrading(settings()), **backing_up(settings())}
    written: list[Path] = []
    for name, text in files.items():
        path = out / name
        if path.exists() and "decroche service render" not in path.read_text(encoding="utf-8", errors="replace"):
            raise BadInput(f"{path} is there, and decroche did not write it", hint="name another folder with --out")
        try:
            out.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise BadInput(f"{path}: {reason(error)}", hint="name a folder you may write") from error
        written.append(path)
    emit([{"file": path} for path in written], ["file"], as_json=as_json)
    home = settings().home
    started = [name for name, text in files.items() if "[Install]" in text]
    err.print(f"then:  useradd --system --user-group --home-dir {home} decroche; chown -R decroche: {home}")
    err.print(f"       systemctl daemon-reload; systemctl enable --now {' '.join(started)}")
