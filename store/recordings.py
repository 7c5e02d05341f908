"""Recordings of calls: sealed on the disk, opened through a row that row-level security lets through.

A recording has a key of its own (`store.recording_keys`), wrapped by its client's (`store.tenant_keys`), wrapped by the
operator's, the secret `recordings-key` outside the database. Where the database is away when a call ends, the file
carries its key under the operator's; `seal_old` brings it into the database, and seals what older versions left plain.
A recording is Ogg Opus, those of older versions WAV: the file's name says which.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import UUID

from store import opus
from store.audit import note
from store.base.actor import Actor
from store.base.errors import NotFound
from store.base.private import private_file
from store.base.sealed import Sealed, is_sealed, new_key, opened, sealed, unwrap, wrap
from store.base.secrets import read_secret, secret
from store.base.settings import Settings
from store.db import Conn, Database

log = logging.getLogger(__name__)

SECRET = "recordings-key"  # noqa: S105 - its name
_PIECE = 1 << 16


Kind = Literal["wav", "opus"]
"""What a file of sound ends with, too."""


def kind_of(path: Path) -> Kind:
    """What is in a file of that name: Opus in `….opus`, `….opus.sealed` and `….ogg`, WAV in all others."""
    return "opus" if {".opus", ".ogg"} & {each.lower() for each in path.suffixes[-2:]} else "wav"


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording as whoever may hear it reads it: `length` bytes, any part of them by (first, end excluded)."""

    path: Path
    length: int
    pieces: Callable[[int, int], Iterator[bytes]]

    @property
    def kind(self) -> Kind:
        """WAV, or Ogg Opus."""
        return kind_of(self.path)

    @property
    def media_type(self) -> str:
        """As the web calls it (RFC 7845, 9)."""
        return {"wav": "audio/wav", "opus": "audio/ogg"}[self.kind]

    def whole(self) -> Iterator[bytes]:
        """All of it, in pieces."""
        return self.pieces(0, self.length)


def keep(db: Database, of: Settings, path: Path, tenant_id: UUID, call_id: UUID, data: bytes) -> Path:
    """Write a recording sealed; its key first. Nothing of it is lost when the database is away."""
    key, carried = new_key(), b""
    try:
        with db.tenant(tenant_id) as conn:
            _store_key(conn, of, tenant_id, call_id, key)
    except Exception:  # whatever is wrong with the database, the caller was told that this call is recorded
        log.exception("the recording's key is kept in its file")
        carried = wrap(_operators(of), key, call_id.bytes)
    _write(path, data, key, call_id, carried)
    return path


def open_sound(conn: Conn, call_id: UUID, of: Settings) -> Sound:
    """The recording of a call that `conn` may see. Raises NotFound, SealBroken.

    What older versions wrote in clear is read as it is. A path that does not lie under the recordings is nobody's.
    """
    row = conn.execute("SELECT tenant_id, recording FROM store.calls WHERE id = %s", (call_id,)).fetchone()
    path = Path(row["recording"]).resolve() if row and row["recording"] else None
    if row is None or path is None or not path.is_relative_to((of.home / "recordings").resolve()) or not path.is_file():
        raise NotFound(f"no recording of the call {call_id}", hint="decroche calls show says whether it was recorded")
    if not is_sealed(path):
        return Sound(path, path.stat().st_size, lambda first, end: _plain(path, first, end))
    found = opened(path)
    key = _key_of(conn, of, row["tenant_id"], call_id, found)
    return Sound(path, found.length, lambda first, end: found.pieces(key, first, end))


def sound_in_file(conn: Conn, path: Path, of: Settings) -> Iterator[bytes]:
    """What is in a file of recordings, whichever call's of those `conn` may see it is. Raises NotFound, SealBroken."""
    if not is_sealed(path):
        yield from _plain(path, 0, path.stat().st_size)
        return
    found = opened(path)
    call_id = UUID(bytes=found.name)
    row = conn.execute("SELECT tenant_id FROM store.recording_keys WHERE call_id = %s", (call_id,)).fetchone()
    if row is None and not found.carried:
        raise NotFound(f"no key of the recording {path.name}", hint="it was erased with its recording")
    yield from found.pieces(_key_of(conn, of, row["tenant_id"] if row else None, call_id, found))


def seal_old(db: Database, of: Settings, *, by: Actor) -> Iterator[tuple[UUID, str]]:
    """Seal each recording that lies in clear, and bring home each key that a file carries: (call, what was done)."""
    with db.operator() as conn:
        rows = conn.execute(
            "SELECT id, tenant_id, recording FROM store.calls WHERE recording IS NOT NULL ORDER BY started_at, id"
        ).fetchall()
    for row in rows:
        path = Path(row["recording"])
        if not path.is_file():
            yield row["id"], "missing"
            continue
        if is_sealed(path) and not opened(path).carried:
            continue
        with db.operator() as conn:
            done = "sealed" if not is_sealed(path) else "key brought home"
            data = b"".join(open_sound(conn, row["id"], of).whole())
            key = new_key()
            conn.execute("DELETE FROM store.recording_keys WHERE call_id = %s", (row["id"],))
            _store_key(conn, of, row["tenant_id"], row["id"], key)
            note(conn, by, "recording.seal", f"call:{row['id']}", row["tenant_id"])
            # the file last: a fault before it leaves the old one, and its row, as they were
            _write(path, data, key, row["id"], b"")
        yield row["id"], done


def moved(conn: Conn, old: Path, new: Path) -> int:
    """The recordings lie under another home now, as a restore has it (operator's session); how many rows say so.

    One that lay outside of the old home lies among the others.
    """
    return conn.execute(
        """UPDATE store.calls
              SET recording = CASE WHEN starts_with(recording, %(old)s || '/')
                                   THEN %(new)s || substr(recording, length(%(old)s) + 1)
                                   ELSE %(new)s || '/recordings/' || substring(recording FROM '[^/]*$') END
            WHERE recording IS NOT NULL AND NOT starts_with(recording, %(new)s || '/')""",
        {"old": str(old), "new": str(new)},
    ).rowcount


def export(conn: Conn, call_id: UUID, of: Settings, out: Path, *, by: Actor) -> int:
    """Write a recording in clear where it is wanted, which the log says; its bytes.

    It is what the file's name says it is (`kind_of`), whatever it lies as. Raises NotFound, SealBroken, SoundUnfit.
    """
    sound = open_sound(conn, call_id, of)
    row = conn.execute("SELECT tenant_id FROM store.calls WHERE id = %s", (call_id,)).fetchone()
    data = b"".join(sound.whole())
    if (wanted := kind_of(out)) != sound.kind:
        data = opus.encoded(data) if wanted == "opus" else opus.decoded(data)
    with private_file(out) as draft:
        draft.write_bytes(data)
    note(conn, by, "recording.export", f"call:{call_id}", row["tenant_id"] if row else None)
    return len(data)


def _operators(of: Settings, *, make: bool = True) -> bytes:
    """The operator's key: of the secret's 256 bits. A missing one is made for a new recording, never to read one."""
    return hashlib.sha256((secret if make else read_secret)(SECRET, of=of).encode()).digest()


def _tenants(conn: Conn, of: Settings, tenant_id: UUID) -> bytes:
    """The client's key, made when it has none. Raises SealBroken under another operator's key."""
    find = "SELECT key FROM store.tenant_keys WHERE tenant_id = %s"
    row = conn.execute(find, (tenant_id,)).fetchone()
    if row is None:
        conn.execute(
            "INSERT INTO store.tenant_keys (tenant_id, key) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (tenant_id, wrap(_operators(of), new_key(), tenant_id.bytes)),
        )
        row = conn.execute(find, (tenant_id,)).fetchone()
    assert row is not None
    return unwrap(_operators(of, make=False), row["key"], tenant_id.bytes)


def _store_key(conn: Conn, of: Settings, tenant_id: UUID, call_id: UUID, key: bytes) -> None:
    conn.execute(
        "INSERT INTO store.recording_keys (tenant_id, call_id, key) VALUES (%s, %s, %s)",
        (tenant_id, call_id, wrap(_tenants(conn, of, tenant_id), key, call_id.bytes)),
    )


def _key_of(conn: Conn, of: Settings, tenant_id: UUID | None, call_id: UUID, found: Sealed) -> bytes:
    if found.carried:
        return unwrap(_operators(of, make=False), found.carried, call_id.bytes)
    row = conn.execute(
        """SELECT r.key, t.key AS outer FROM store.recording_keys r JOIN store.tenant_keys t USING (tenant_id)
            WHERE r.call_id = %s AND r.tenant_id = %s""",
        (call_id, tenant_id),
    ).fetchone()
    if row is None:
        raise NotFound(f"no key of the recording of {call_id}", hint="it was erased with its recording")
    whole = unwrap(_operators(of, make=False), row["outer"], tenant_id.bytes if tenant_id else b"")
    return unwrap(whole, row["key"], call_id.bytes)


def _write(path: Path, data: bytes, key: bytes, call_id: UUID, carried: bytes) -> None:
    with private_file(path) as draft, draft.open("wb") as file:
        for piece in sealed(data, key, call_id.bytes, carried):
            file.write(piece)


def _plain(path: Path, first: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(first)
        while first < end and (piece := file.read(min(_PIECE, end - first))):
            first += len(piece)
            yield piece
