"""`decroche backup`: taken, listed, verified by restoring, restored, pruned."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, err, json_option, progress
from store.base.errors import BadInput, DecrocheError
from store.base.settings import settings

if TYPE_CHECKING:
    from store.backups.keeping import Terms
    from store.backups.sealing import Identity

_COLUMNS = ("name", "made_at", "mb", "calls", "recordings", "verified_at", "fault")
_IDENTITY = click.option(
    "--identity", type=click.Path(path_type=Path), help="File of the private key, as age-keygen writes it."
)
_FILE = click.Path(dir_okay=False, path_type=Path)


class NotRight(DecrocheError):
    """A backup does not hold what it should."""

    code = "backup_not_right"


@click.group(cls=HouseGroup)
def backup() -> None:
    """Everything a home cannot lose, in one file, encrypted to a key that is kept elsewhere.

    \b
    Exit statuses: 0 done; 1 refused, or a backup is not right; 2 bad input, or another key; 4 no such backup;
    5 a part is unavailable.
    Example: decroche backup run
    """


@backup.command("run")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder; backup.folder when not given.")
@click.option("--plain", is_flag=True, help="In clear, into a folder that nobody else may enter (0700).")
@click.option("--keep-all", is_flag=True, help="Prune nothing afterwards.")
@json_option
def run(out: Path | None, plain: bool, keep_all: bool, as_json: bool) -> None:
    """Take a backup while calls go on: database, recordings, secrets, settings, anchors, spool; then prune old ones.

    It is encrypted to backup.recipient, whose private key never lies on this machine.

    \b
    Example: decroche backup run --json
    """
    from store.backups import sealing, shelf, taking
    from store.setup import open_database

    of = settings()
    folder = out or shelf.folder_of(of)
    to = [] if plain else sealing.recipients(of.backup.recipient)
    with open_database() as db, progress(None, what="backup") as bar:
        task = bar.task_ids[0]
        taken = taking.take(
            db, of, folder, to, datetime.now(UTC), by=typing_now(), plain=plain,
            tell=lambda done, total: bar.update(task, completed=done, total=total, description="recordings"),
        )  # fmt: skip
    gone = [] if keep_all else shelf.pruned(folder, _terms())
    row = {"name": taken.name, "file": taken.path, "bytes": taken.bytes, "sha256": taken.sha256, "parts": taken.parts,
           "gone": taken.gone, "encrypted": taken.sealed, **taken.facts["counts"],
           "pruned": [each.name for each in gone]}  # fmt: skip
    emit([row], ("file", "bytes", "parts", "calls", "recordings"), as_json=as_json)
    if not taken.sealed:
        err.print("it is not encrypted: whoever reads it reads every call")


@backup.command("list")
@click.option("--folder", type=click.Path(path_type=Path), help="Folder; backup.folder when not given.")
@json_option
def list_(folder: Path | None, as_json: bool) -> None:
    """The backups of a folder, the oldest first, and when each was last verified.

    \b
    Example: decroche backup list --json
    """
    from store.backups import shelf

    found = shelf.listed(folder or shelf.folder_of(settings()))
    emit([_view(each) for each in found], _COLUMNS, as_json=as_json, empty="no backup yet: decroche backup run")


@backup.command("verify")
@click.argument("file", type=_FILE, required=False)
@_IDENTITY
@click.option("--scratch", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder for the scratch server; the system's temporary one when not given.")  # fmt: skip
@json_option
def verify(file: Path | None, identity: Path | None, scratch: Path | None, as_json: bool) -> None:
    """Restore a backup (FILE; the newest when not given) into a scratch PostgreSQL, and look at all that it holds.

    Every part's hash, migrations, counts, the audit chain, decisions, invoices, and that each recording is there and
    opens with its key. Nothing of the scratch server is left. Exit status 1 when something is not right.

    \b
    Example: decroche backup verify --identity /media/key/backup.key
    """
    from ari_app.backup.verifying import verify as look
    from store.backups import shelf

    path = file or shelf.newest(shelf.folder_of(settings())).path
    with progress(None, what="verifying") as bar:
        task = bar.task_ids[0]
        checks = look(path, _keys(identity), settings(), within=scratch,
                      tell=lambda part: bar.update(task, description=part))  # fmt: skip
    wrong = [f"{check.what}: {check.detail}" for check in checks if not check.ok]
    shelf.mark(path, datetime.now(UTC), wrong)
    emit([{"file": path.name, **asdict(check)} for check in checks], ("what", "ok", "detail"), as_json=as_json)
    if wrong:
        raise NotRight(f"{path.name} is not right: {wrong[0]}", hint="decroche backup run takes another")


@backup.command("restore")
@click.argument("file", type=_FILE)
@_IDENTITY
@click.option("--into", type=click.Path(path_type=Path), required=True, help="The new home: an empty or new folder.")
@click.option("--erasures", "ledgers", type=click.Path(exists=True, dir_okay=False, path_type=Path), multiple=True,
              help="A later ledger of erasures (erasures.jsonl) kept elsewhere; may be given again.")  # fmt: skip
@json_option
def restore(file: Path, identity: Path | None, into: Path, ledgers: tuple[Path, ...], as_json: bool) -> None:
    """Make a backup into a home, ready for `decroche up`. A home in use is refused. What was erased stays erased.

    Whom the ledgers of erasures name is erased again, and what was kept long enough goes. What it cannot know is said.

    \b
    Example: decroche backup restore decroche-20261128T033000Z.age --identity backup.key --into /srv/home
    """
    from ari_app.backup.restoring import restore as bring

    with progress(None, what="restoring") as bar:
        task = bar.task_ids[0]
        done = bring(file, _keys(identity), into, settings(), datetime.now(UTC), by=typing_now(), ledgers=ledgers,
                     tell=lambda part: bar.update(task, description=part))  # fmt: skip
    emit([asdict(done)], ("home", "made_at", "calls", "recordings", "erased", "swept", "known_until"), as_json=as_json)
    for line in () if as_json else done.not_known:
        err.print(f"not known: {line}", markup=False)
    err.print(f"then:  DECROCHE_HOME={done.home} decroche up", markup=False)


@backup.command("prune")
@click.option("--folder", type=click.Path(path_type=Path), help="Folder; backup.folder when not given.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@json_option
def prune(folder: Path | None, dry_run: bool, as_json: bool) -> None:
    """Remove old backups: the newest of 7 days, 5 weeks and 12 months stay (backup.days, weeks, months).

    The last one is never removed, nor the last that was verified. `backup run` does it too.

    \b
    Example: decroche backup prune --dry-run
    """
    from store.backups import shelf

    gone = shelf.pruned(folder or shelf.folder_of(settings()), _terms(), dry_run=dry_run)
    emit([_view(each) for each in gone], _COLUMNS, as_json=as_json, empty="nothing to remove")


def _terms() -> Terms:
    from store.backups.keeping import Terms

    of = settings().backup
    return Terms(of.days, of.weeks, of.months)


def _keys(identity: Path | None) -> list[Identity]:
    from store.backups import sealing

    if identity is not None and not identity.exists():
        raise BadInput(f"{identity}: no such file", hint="name the file that age-keygen wrote")
    return sealing.identities(identity) if identity else []


def _view(of: Any) -> dict[str, Any]:
    return asdict(of) | {"mb": round(of.bytes / 1e6, 1)}
