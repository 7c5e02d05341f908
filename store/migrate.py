"""Migrations: plain SQL files `NNNN_name.sql`, each applied once, in order, in a transaction of its own.

The first two digits are a range that belongs to one folder: 01 store, 02 billing, 03 compliance, 04
campaigns, 07 portal. Ranges are ordered among themselves by number, but may grow independently; inside a range a
file is only ever added at the end. An applied file never changes: its SHA-256 is kept and compared.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString, cast

import psycopg

from store.base.errors import BadInput
from store.db import Conn

FOLDER = Path(__file__).parent / "migrations"
_NAME = re.compile(r"\d{4}_[a-z0-9_]+")
_LOCK = 0x0DEC_0C4E  # "decroche": two processes that migrate take turns


class MigrationFailed(BadInput):
    """A migration cannot be applied."""

    code = "migration_failed"


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its name without `.sql`, and its text."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def range(self) -> str:
        """The first two digits: whose it is."""
        return self.name[:2]


def load(folder: Path = FOLDER) -> list[Migration]:
    """The folder's migrations in order. Raises MigrationFailed for a bad name or a number used twice."""
    found: dict[str, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        if not _NAME.fullmatch(path.stem):
            raise MigrationFailed(f"{path}: not a migration's name", hint="NNNN_name.sql, small letters")
        number = path.stem[:4]
        if number in found:
            raise MigrationFailed(f"{path}: number {number} is taken by {found[number].name}", hint="renumber it")
        found[number] = Migration(path.stem, path.read_text(encoding="utf-8"))
    return list(found.values())


def pending(known: Sequence[Migration], applied: dict[str, str]) -> list[Migration]:
    """What is still to be applied. `applied`: name → SHA-256. Raises MigrationFailed on any disagreement."""
    by_name = {migration.name: migration for migration in known}
    for name, sha256 in sorted(applied.items()):
        if name not in by_name:
            raise MigrationFailed(
                f"the database has migration {name}, this program has not",
                hint="the database is newer than the program: install that version, or restore a backup",
            )
        if by_name[name].sha256 != sha256:
            raise MigrationFailed(
                f"migration {name} was changed after it had been applied",
                hint="put the file back as it was, and write a new migration",
            )
    waiting = [migration for migration in known if migration.name not in applied]
    for migration in waiting:
        last = max((name for name in applied if name[:2] == migration.range), default="")
        if migration.name < last:
            raise MigrationFailed(
                f"migration {migration.name} comes before {last}, which is applied",
                hint="give it the next number of its range",
            )
    return waiting


def apply(conn: Conn, migrations: Iterable[Migration] | None = None) -> list[str]:
    """Apply what is pending; names of those applied now. `conn`: autocommit, a member of decroche_owner.

    Two at once take turns. A file that fails leaves the database as it was before that file.
    """
    known = list(migrations) if migrations is not None else load()
    with migrating(conn):
        _make_ledger(conn)
        waiting = pending(known, applied(conn))
        for migration in waiting:
            _apply_one(conn, migration)
        return [migration.name for migration in waiting]


@contextmanager
def migrating(conn: Conn) -> Generator[None]:
    """One process at a time changes this database's roles and schema; the same one may enter again."""
    conn.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    try:
        yield
    finally:
        if not conn.closed:
            conn.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def applied(conn: Conn) -> dict[str, str]:
    """Name → SHA-256 of what the database has."""
    if conn.execute("SELECT to_regclass('app.migrations') AS ledger").fetchone() == {"ledger": None}:
        return {}
    rows = conn.execute("SELECT name, sha256 FROM app.migrations ORDER BY name").fetchall()
    return {row["name"]: row["sha256"] for row in rows}


def _make_ledger(conn: Conn) -> None:
    with conn.transaction():
        conn.execute("SET LOCAL ROLE decroche_owner")
        if conn.execute("SELECT to_regclass('app.migrations') AS ledger").fetchone() != {"ledger": None}:
            return
        conn.execute("CREATE SCHEMA IF NOT EXISTS app")
        conn.execute(
            """CREATE TABLE app.migrations (
                 name text PRIMARY KEY,
                 sha256 text NOT NULL,
                 applied_at timestamptz NOT NULL DEFAULT now(),
                 took_ms integer NOT NULL)"""
        )


def _apply_one(conn: Conn, migration: Migration) -> None:
    began = time.monotonic()
    try:
        with conn.transaction():
            conn.execute("SET LOCAL ROLE decroche_owner")
            conn.execute("SET LOCAL search_path = pg_catalog")
            conn.execute(cast(LiteralString, migration.text))  # a file of ours, not input
            conn.execute("SELECT app.check_tables()")
            took = round((time.monotonic() - began) * 1000)
            conn.execute(
                "INSERT INTO app.migrations (name, sha256, took_ms) VALUES (%s, %s, %s)",
                (migration.name, migration.sha256, took),
            )
    except psycopg.Error as error:
        raise MigrationFailed(
            f"migration {migration.name}: {str(error).strip()}",
            hint="nothing of it was kept; mend the file",
        ) from error
