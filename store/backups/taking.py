"""A backup is taken, while calls go on: one snapshot of the database, and the files that it names, in one stream."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

from store.audit import end, note
from store.backup import dumped
from store.backups import erasures, shelf
from store.backups.archive import Packing
from store.backups.erasures import Erasure
from store.backups.sealing import Recipient, seal
from store.base.actor import Actor
from store.base.errors import BadInput, Refused, reason
from store.base.private import private_file
from store.base.secrets import secret
from store.base.settings import Settings
from store.db import OPERATOR, Conn, Database, connect
from store.migrate import applied
from store.setup import admin_dsn_of

GROWING = ("audit-anchors.jsonl", "decision-anchors.jsonl", erasures.LEDGER)
"""Files of the home that are read before the snapshot: what they name, it has."""

LEFT_OUT = frozenset({"postgres", "run", "logs", "asterisk", "recordings", "spool", "backups", "sounds", *GROWING})
"""What of the home is made again, runs, or is taken apart."""

Tell = Callable[[int, int], None]
"""Hears how many recordings are done, and of how many."""


class NoRecipient(Refused):
    """There is no public key to encrypt a backup to."""

    code = "backup_no_recipient"


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that is whole. `gone`: recordings that the snapshot names and that were deleted meanwhile."""

    name: str
    path: Path
    bytes: int
    sha256: str
    sealed: bool
    parts: int
    gone: int
    facts: dict[str, Any]


def take(
    db: Database, of: Settings, folder: Path, to: list[Recipient], now: datetime, *, by: Actor, plain: bool = False,
    tell: Tell = lambda done, total: None,
) -> Taken:  # fmt: skip
    """Back everything up into `folder`; the audit log says so. `plain`: in clear, into a folder nobody else may enter.

    Raises NoRecipient, Refused where another one is being taken, BackupFailed, BadInput.
    """
    if not to and not plain:
        raise NoRecipient(
            "no public key to encrypt the backup to",
            hint="age-keygen on another machine; set backup.recipient to what it prints, age1…; or --plain",
        )
    with _alone(folder, private=plain):
        name = f"decroche-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.{'tar' if plain else 'age'}"
        path = folder / name
        if path.exists():
            raise Refused(f"{path} is there already", hint="a second later it is another one")
        secret("pseudonyms", of=of)  # whoever is erased later is named by it, and found again in this backup
        packing, facts = Packing(), dict[str, Any]()
        with private_file(path) as draft, draft.open("wb") as file:
            out = _Counting(file)
            with closing(_pieces(of, folder, packing, facts, now, tell)) as pieces:
                if plain:
                    for piece in pieces:
                        out.write(piece)
                else:
                    seal(pieces, out, to)
            file.flush()
            os.fsync(file.fileno())
        taken = Taken(name, path, out.count, out.digest.hexdigest(), not plain, packing.parts, packing.gone, facts)
        shelf.label(taken.path, _label(taken))
        erasures.note(of.home, Erasure(now, "mark", who=name), folder)
        with db.operator() as conn:
            note(conn, by, "backup.run", f"backup:{name}", None, bytes=taken.bytes, sha256=taken.sha256)
    return taken


def _label(of: Taken) -> dict[str, Any]:
    """What is told of a backup beside it, in clear: no name, no number."""
    kept = ("made_at", "version", "postgresql", "counts", "audit")
    return {"name": of.name, "bytes": of.bytes, "sha256": of.sha256, "parts": of.parts, "gone": of.gone,
            **{key: of.facts[key] for key in kept}}  # fmt: skip


@contextmanager
def _alone(folder: Path, *, private: bool) -> Generator[None]:
    """One backup at a time in a folder; what a killed one left is removed."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if private and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            raise BadInput(f"{folder} is open to others: no plain backup there", hint=f"chmod 0700 {folder}")
        lock = os.open(folder / ".lock", os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise BadInput(f"{folder}: {reason(error)}", hint="set backup.folder to a folder you may write") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"another backup is being taken in {folder}", hint="decroche backup list") from None
        for draft in folder.glob(".decroche-*.part"):
            draft.unlink()
        yield
    finally:
        os.close(lock)


class _Counting:
    """A file that knows how much went through, and its SHA-256."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest, self.count = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        """All of it."""
        self._file.write(data)
        self.digest.update(data)
        self.count += len(data)
        return len(data)

    def flush(self) -> None:
        """Down to the system."""
        self._file.flush()


def _pieces(
    of: Settings, folder: Path, packing: Packing, facts: dict[str, Any], now: datetime, tell: Tell
) -> Generator[bytes]:
    spooled = list[Path]()
    yield from _growing(of.home, packing, spooled)
    with connect(admin_dsn_of(of)) as conn, conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        conn.execute(f"SET LOCAL ROLE {OPERATOR}")
        facts |= _facts(conn, of, now)
        row = conn.execute("SELECT pg_export_snapshot() AS id").fetchone()
        assert row is not None
        for number, piece in enumerate(dumped(of, row["id"]), 1):
            yield from packing.data(f"database/{number:06}", piece)
        for path in _home(of.home, folder.absolute()):
            yield from packing.file(f"home/{path.relative_to(of.home)}", path)
        if (named := os.environ.get("DECROCHE_CONFIG")) and not Path(named).absolute().is_relative_to(of.home):
            yield from packing.file("settings/decroche.toml", Path(named))
        yield from _recordings(conn, of, packing, spooled, facts["counts"]["recordings"], tell)
    yield from packing.end(facts)


def _growing(home: Path, packing: Packing, spooled: list[Path]) -> Iterator[bytes]:
    for path in sorted((home / "spool").rglob("*.json")):
        try:
            data = path.read_bytes()
        except FileNotFoundError:  # stored meanwhile: the snapshot has it
            continue
        yield from packing.data(f"home/{path.relative_to(home)}", data)
        with suppress(ValueError, KeyError, TypeError):  # a damaged one is kept as it is
            spooled.append(Path(json.loads(data)["cdr"]["recording"]))
    for name in GROWING:
        if (home / name).is_file():
            yield from packing.data(f"home/{name}", (home / name).read_bytes())


def _home(home: Path, backups: Path) -> Iterator[Path]:
    """The home's other files, in the order of their names; Asterisk's own CDRs among them."""
    for top in sorted(home.iterdir()):
        if top.name in LEFT_OUT or top.name.startswith(".") or top.name.endswith((".lock", ".sock", ".pid")):
            continue
        if backups.is_relative_to(top):
            continue
        if top.is_file() and not top.is_symlink():
            yield top
        elif top.is_dir() and not top.is_symlink():
            yield from sorted(path for path in top.rglob("*") if path.is_file() and not path.is_symlink())
    yield from sorted((home / "asterisk/log/cdr-custom").glob("*.csv"))


_COUNTS = """
SELECT (SELECT count(*) FROM store.tenants) AS tenants, (SELECT count(*) FROM store.calls) AS calls,
       (SELECT count(*) FROM store.calls WHERE recording IS NOT NULL) AS recordings,
       (SELECT count(*) FROM store.turns) AS turns, (SELECT count(*) FROM billing.invoices) AS invoices,
       (SELECT count(*) FROM compliance.decisions) AS decisions
"""


def counts(conn: Conn) -> dict[str, int]:
    """How many rows the tables that matter most hold (operator's session)."""
    row = conn.execute(_COUNTS).fetchone()
    assert row is not None
    return dict(row)


def _facts(conn: Conn, of: Settings, now: datetime) -> dict[str, Any]:
    last = end(conn)
    migrations = applied(conn)
    return {
        "made_at": now,
        "version": version("decroche"),
        "postgresql": str(conn.info.parameter_status("server_version")),
        "database": "own" if of.database.url else "embedded",
        "home": of.home,
        "migrations": migrations,
        "audit": {"seq": last.seq, "hash": last.hash.hex()},
        "counts": counts(conn),
    }


def _recordings(
    conn: Conn, of: Settings, packing: Packing, spooled: Iterable[Path], total: int, tell: Tell
) -> Iterator[bytes]:
    """Those that the snapshot names, and those of CDRs that wait in the spool."""
    done = 0
    with conn.cursor("recordings_named") as cursor:
        cursor.itersize = 1000
        for row in cursor.execute("SELECT recording FROM store.calls WHERE recording IS NOT NULL ORDER BY id"):
            yield from _recording(of, packing, Path(row["recording"]))
            done += 1
            tell(done, total)
    for path in spooled:
        yield from _recording(of, packing, path)


def _recording(of: Settings, packing: Packing, path: Path) -> Iterator[bytes]:
    """By its place under the home, wherever a link leads; one outside of it is no recording of ours."""
    try:
        inside = path.relative_to(of.home)
    except ValueError:
        inside = Path("recordings") / path.name
    yield from packing.file(f"home/{inside}", path)
