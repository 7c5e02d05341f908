"""A backup becomes a home again, ready for `decroche up`; whom the ledger of erasures names is erased in it again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ari_app.leaving import deleting
from compliance.people import retention
from compliance.people.again import erase_again
from store import audit, recordings
from store import backup as dumps
from store.backups import erasures, opening
from store.backups.opening import Landing
from store.backups.sealing import Identity
from store.base.actor import Actor
from store.base.errors import BadInput, Refused, reason
from store.base.settings import Settings
from store.embedded import EmbeddedServer
from store.setup import open_database

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of it. `erased`: people erased again; `erased_unknown`: people of the ledger whom the backup did not
    know; `clients`: clients deleted again; `swept`: rows that were kept long enough meanwhile.

    `known_until`: the ledger tells of no erasure after that.
    """

    home: Path
    made_at: datetime
    calls: int
    recordings: int
    erased: int
    erased_unknown: int
    clients: int
    swept: int
    known_until: datetime | None
    not_known: tuple[str, ...]


def restore(
    path: Path, keys: list[Identity], into: Path, of: Settings, now: datetime, *, by: Actor,
    ledgers: Sequence[Path] = (), tell: Tell = lambda part: None,
) -> Restored:  # fmt: skip
    """Restore `path` into the empty home `into`: files, database (embedded, or the settings' own if empty), and no more
    of whoever was erased since. It is made beside and renamed: a fault leaves `into` as it was.

    `ledgers`: the ledgers of erasures kept elsewhere; the backup's own and the one beside it are read anyway.
    Raises Refused for a home in use, WrongKey, Damaged, BadInput.
    """
    into = into.absolute()
    _refuse_used(into)
    draft = into.with_name(f".{into.name}.restoring")
    home = of.model_copy(update={"home": draft})
    if draft.exists():  # of one that was killed
        EmbeddedServer(home).stop()
        shutil.rmtree(draft)
    try:
        home.folder()
        tell("files")
        dump = draft / "restored.dump"
        with opening.archive(path, keys) as stream:
            manifest = opening.landed(stream, Landing(draft, dump))
        tell("database")
        dumps.restore(home, dump)
        dump.unlink()
        ledger = erasures.read([draft / erasures.LEDGER, path.with_name(erasures.LEDGER), *ledgers])
        keyless = not (draft / "secrets/pseudonyms").is_file()
        restored = _forget_again(home, into, manifest, ledger, now, by, tell)
        _write_ledger(draft, ledger)
        EmbeddedServer(home).stop()
        if keyless:
            restored = replace(restored, not_known=(*restored.not_known, _KEYLESS))
        if into.exists():
            into.rmdir()
        draft.rename(into)
    except BaseException:
        EmbeddedServer(home).stop()
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return restored


_KEYLESS = "whom the ledger names: the backup has no secret `pseudonyms`; nobody was erased again"


def _refuse_used(into: Path) -> None:
    try:
        if into.is_symlink() or (into.exists() and (not into.is_dir() or any(into.iterdir()))):
            raise Refused(f"{into} is in use: it is not empty", hint="name an empty or a new folder with --into")
        into.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{into}: {reason(error)}", hint="name a folder you may write") from error


def _forget_again(
    home: Settings, into: Path, manifest: dict[str, Any], ledger: list[erasures.Erasure], now: datetime, by: Actor,
    tell: Tell,
) -> Restored:  # fmt: skip
    made_at, old = datetime.fromisoformat(manifest["made_at"]), Path(manifest["home"])
    tell("what was erased since")
    opening.spool_moved(home.home, old, home.home)
    with open_database(home) as db, db.operator() as conn:
        recordings.moved(conn, old, home.home)
        again = erase_again(conn, ledger, made_at, home.home, now, by=by, of=home)
        clients = deleting.forget_again(conn, home, ledger, made_at)
        swept = retention.sweep(conn, now, home.home, dry_run=False, by=by)
        recordings.moved(conn, home.home, into)
        audit.note(conn, by, "backup.restore", f"backup:{made_at:%Y%m%dT%H%M%SZ}", None, erased=again.found)
    opening.spool_moved(home.home, home.home, into)
    until = erasures.known_until(ledger)
    return Restored(
        into, made_at, manifest["counts"]["calls"], manifest["counts"]["recordings"], again.found, again.unknown,
        clients, sum(row["count"] for row in swept), until, tuple(_not_known(made_at, until)),
    )  # fmt: skip


def _not_known(made_at: datetime, until: datetime | None) -> list[str]:
    """What no backup can know, in words: everything after it, and erasures after the ledger's last line."""
    last = max(until, made_at) if until else made_at
    return [
        f"calls, bookings, payments and settings after {made_at:%Y-%m-%d %H:%M:%S} UTC are not in it",
        f"people erased after {last:%Y-%m-%d %H:%M:%S} UTC: the ledgers that were read end there; give a later one with"
        " --erasures, or erase them again (decroche privacy request list says who asked)",
        "contacts, messages or recordings that a person deleted one by one after it are back",
        f"instructions about retention (decroche privacy keep) given after {made_at:%Y-%m-%d %H:%M} UTC are not known",
    ]


def _write_ledger(home: Path, ledger: list[erasures.Erasure]) -> None:
    """The restored home knows what all ledgers knew."""
    (home / erasures.LEDGER).unlink(missing_ok=True)
    for each in ledger:
        erasures.note(home, each, folder=home)
