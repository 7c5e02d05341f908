"""An archive is opened: its parts go where a home has them, and the recordings that rows name are held against them."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from store.backups.archive import walked
from store.backups.sealing import Identity, is_sealed, opened
from store.base.console import to_json
from store.base.errors import BadInput, reason
from store.base.private import write_private
from store.db import Conn

_PIECE = 1 << 20


@contextmanager
def archive(path: Path, by: list[Identity]) -> Generator[BinaryIO]:
    """The archive of a backup, encrypted or in clear, to be read once. Raises BadInput, WrongKey, Damaged."""
    if is_sealed(path):
        if not by:
            raise BadInput(f"{path.name} is encrypted", hint="name its private key: --identity FILE")
        with opened(path, by) as stream:
            yield stream
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        raise BadInput(f"{path}: {reason(error)}", hint="decroche backup list") from error
    with stream:
        yield stream


class Landing:
    """Where the parts go: files into `home`, the database's dump into a file beside. No link is followed."""

    def __init__(self, home: Path, dump: Path) -> None:
        self.home, self.dump = home, dump

    def put(self, name: str, source: BinaryIO) -> Path:
        """Write a part; where."""
        area, _, rest = name.partition("/")
        if area == "database":
            return _written(self.dump, source, os.O_APPEND)
        path = self.home / ("decroche.toml" if area == "settings" else rest)
        _folders(self.home, path.parent)
        return _written(path, source, os.O_TRUNC)


def landed(stream: BinaryIO, at: Landing) -> dict[str, Any]:
    """Every part of an archive, where it belongs; the manifest. Raises Damaged."""

    def visit(name: str, source: BinaryIO) -> None:
        at.put(name, source)

    return walked(stream, visit)


def _folders(home: Path, folder: Path) -> None:
    path = home
    for name in folder.relative_to(home).parts:
        path = path / name
        path.mkdir(mode=0o700, exist_ok=True)


def _written(path: Path, source: BinaryIO, how: int) -> Path:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | how, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while piece := source.read(_PIECE):
            file.write(piece)
    return path


def spool_moved(home: Path, old: Path, new: Path) -> None:
    """The CDRs in the spool name their recordings under another home now."""
    for path in sorted((home / "spool").rglob("*.json")):
        with suppress(ValueError, KeyError, TypeError):  # a damaged one stays as it is
            spooled = json.loads(path.read_text(encoding="utf-8"))
            sound = Path(spooled["cdr"]["recording"])
            if sound.is_relative_to(old):
                spooled["cdr"]["recording"] = str(new / sound.relative_to(old))
                write_private(path, to_json(spooled))


# -- recordings that rows name, held against those that the archive has (operator's session of a scratch database)


def expect_recordings(conn: Conn) -> None:
    """Begin to note which recordings the archive has."""
    conn.execute("CREATE TEMP TABLE found_recordings (name text PRIMARY KEY, gone boolean NOT NULL)")


def found_recording(conn: Conn, name: str, *, gone: bool = False) -> None:
    """The archive has it, or says that it was gone."""
    conn.execute("INSERT INTO found_recordings VALUES (%s, %s) ON CONFLICT DO NOTHING", (name, gone))


def recordings_held(conn: Conn, home: str) -> tuple[int, int, list[str]]:
    """(rows whose recording is there, rows whose recording was gone, the first ids of calls without any)."""
    row = conn.execute(
        """WITH named AS (
             SELECT id, CASE WHEN starts_with(recording, %(home)s || '/')
                             THEN 'home' || substr(recording, length(%(home)s) + 1)
                             ELSE 'home/recordings/' || substring(recording FROM '[^/]*$') END AS name
               FROM store.calls WHERE recording IS NOT NULL)
           SELECT count(*) FILTER (WHERE NOT f.gone) AS there, count(*) FILTER (WHERE f.gone) AS gone,
                  (array_agg(n.id::text) FILTER (WHERE f.name IS NULL))[1:5] AS missing
             FROM named n LEFT JOIN found_recordings f USING (name)""",
        {"home": home},
    ).fetchone()
    assert row is not None
    return row["there"], row["gone"], row["missing"] or []
