"""A backup is restored into a scratch PostgreSQL and looked at: what it holds is what it says, and proves itself."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from billing.invoices import verifying as invoices
from compliance.law.rulebook import PARIS
from compliance.ledgers import proof
from store import audit
from store import backup as dumps
from store.backups import opening, taking
from store.backups.archive import walked
from store.backups.opening import Landing
from store.backups.sealing import Identity
from store.base.errors import DecrocheError
from store.base.settings import Settings
from store.db import OPERATOR, Conn, connect
from store.embedded import EmbeddedServer
from store.migrate import applied
from store.recordings import sound_in_file
from store.setup import admin_dsn_of

Tell = Callable[[str], None]
_MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `detail`: what was found, or what is wrong."""

    what: str
    ok: bool
    detail: str


def verify(
    path: Path, by: list[Identity], of: Settings, *, within: Path | None = None, tell: Tell = lambda part: None
) -> list[Check]:
    """Restore `path` into a scratch server (in `within`; None: the system's temporary folder) and look at all of it.

    What cannot be opened or read whole is one check that failed; WrongKey and BadInput are raised: they are not the
    backup's fault.
    """
    with scratch(of, within) as home, ExitStack() as held:
        looked = _Looked(home, held, tell)
        try:
            with opening.archive(path, by) as stream:
                manifest = walked(stream, looked.part, looked.gone)
            looked.database()
        except DecrocheError as error:
            if error.exit_status == 2:
                raise
            return [Check("archive", False, str(error))]
        return [Check("archive", True, f"{manifest['parts']} parts, {manifest['bytes']} bytes, each as it was written"),
                *looked.checks(manifest)]  # fmt: skip


@contextmanager
def scratch(of: Settings, within: Path | None) -> Generator[Settings]:
    """Settings of a home that lasts as long as this, with an embedded server of its own."""
    folder = Path(tempfile.mkdtemp(prefix="decroche-verify-", dir=within))
    bare = of.database.model_copy(update={"url": "", "admin_url": "", "portal_url": ""})
    home = of.model_copy(update={"home": folder / "home", "database": bare})
    home.folder()
    try:
        yield home
    finally:
        EmbeddedServer(home).stop()
        shutil.rmtree(folder, ignore_errors=True)


class _Looked:
    """What is looked at as the archive passes, and once the database stands."""

    def __init__(self, home: Settings, held: ExitStack, tell: Tell) -> None:
        self._home, self._held, self._tell = home, held, tell
        self._landing = Landing(home.home, home.home / "restored.dump")
        self._conn: Conn | None = None
        self._wrong: list[str] = []
        self._count = 0

    def part(self, name: str, source: BinaryIO) -> None:
        """A recording is heard through and let go; everything else is kept until the end."""
        if not name.startswith("home/recordings/"):
            self._tell(name.split("/", maxsplit=1)[0])
            self._landing.put(name, source)
            return
        conn = self.database()
        self._count += 1
        self._tell(f"recordings: {self._count}")
        path = self._landing.put("home/recording.part", source)
        try:
            for _ in sound_in_file(conn, path, self._home):
                pass
        except DecrocheError as error:
            self._wrong.append(f"{name}: {error}")
        finally:
            path.unlink()
        opening.found_recording(conn, name)

    def gone(self, name: str) -> None:
        """A recording that had been deleted when the backup came to it."""
        opening.found_recording(self.database(), name, gone=True)

    def database(self) -> Conn:
        """The restored database, as its operator; restored when it is first asked for."""
        if self._conn is None:
            self._tell("database")
            EmbeddedServer(self._home).start(durable=False)
            dumps.restore(self._home, self._landing.dump)
            self._landing.dump.unlink()
            self._conn = self._held.enter_context(connect(admin_dsn_of(self._home)))
            opening.expect_recordings(self._conn)
            self._conn.execute(f"GRANT ALL ON found_recordings TO {OPERATOR}")
            self._conn.execute(f"SET ROLE {OPERATOR}")
        return self._conn

    def checks(self, manifest: dict[str, Any]) -> list[Check]:
        """Everything below, in this order."""
        conn = self.database()
        with conn.transaction():
            looks = (self._migrations, self._counts, self._audit, self._decisions, self._invoices, self._recordings)
            return [look(conn, manifest) for look in looks]

    def _migrations(self, conn: Conn, manifest: dict[str, Any]) -> Check:
        now = applied(conn)
        changed = [name for name, sha256 in manifest["migrations"].items() if now.get(name) != sha256]
        if changed:
            return Check("migrations", False, f"{changed[0]} is not the one that was applied")
        later = len(now) - len(manifest["migrations"])
        return Check("migrations", True, f"{len(manifest['migrations'])}, and {later} applied on it")

    def _counts(self, conn: Conn, manifest: dict[str, Any]) -> Check:
        there = taking.counts(conn)
        wrong = [
            f"{name}: {there[name]} of {count}" for name, count in manifest["counts"].items() if there[name] != count
        ]
        return Check(
            "counts", not wrong, "; ".join(wrong) or ", ".join(f"{count} {name}" for name, count in there.items())
        )

    def _audit(self, conn: Conn, manifest: dict[str, Any]) -> Check:
        self._tell("audit chain")
        end, faults = audit.verify(conn, audit.read_anchors(self._home.home))
        told = manifest["audit"]
        if faults:
            return Check("audit chain", False, _some([fault.what for fault in faults]))
        if (end.seq, end.hash.hex()) != (told["seq"], told["hash"]):
            return Check("audit chain", False, f"it ends at {end.seq}, the backup at {told['seq']}")
        return Check("audit chain", True, f"unbroken, {end.seq} entries, to where the backup ends")

    def _decisions(self, conn: Conn, manifest: dict[str, Any]) -> Check:
        anchors, wrong, count = proof.read_anchors(self._home.home), list[str](), 0
        for tenant in proof.chains(conn):
            read, _, faults = proof.verify(conn, tenant, anchors.get(tenant, []))
            count += read
            wrong += [f"{tenant}: {fault.what}" for fault in faults]
        return Check("decisions", not wrong, _some(wrong) or f"{count}, each chain unbroken")

    def _invoices(self, conn: Conn, manifest: dict[str, Any]) -> Check:
        self._tell("invoices")
        found = list(invoices.verify(conn, datetime.now(UTC).astimezone(PARIS).date()))
        wrong = [f"{one.number}: {one.fault}" for one in found if one.fault]
        return Check("invoices", not wrong, _some(wrong) or f"{len(found)}, each with its hash")

    def _recordings(self, conn: Conn, manifest: dict[str, Any]) -> Check:
        there, gone, missing = opening.recordings_held(conn, manifest["home"])
        wrong = [*self._wrong, *(f"the call {call} has no recording in it" for call in missing)]
        told = f"{there} named, each there, unbroken and opened with its key"
        if gone:
            told += f"; {gone} had been deleted while the backup was taken"
        return Check("recordings", not wrong, _some(wrong) or told)


def _some(wrong: list[str]) -> str:
    more = len(wrong) - _MOST_TOLD
    return "; ".join(wrong[:_MOST_TOLD]) + (f"; and {more} more" if more > 0 else "")
