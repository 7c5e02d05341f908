"""All that is one client's, table by table, whatever tables there are; and what of the store's goes when it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

from psycopg import sql

from store.base.errors import Refused
from store.db import Conn, Database

KEYS = frozenset({"store.recording_keys", "store.tenant_keys", "links.endpoint_keys", "portal.answers"})
"""Keys, wrapped by the operator's, and answers that may hold one: of no use to anybody else."""

SECRET_COLUMNS = ("key_hash", "token_hash")


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a client's rows. `service`: the service's role may read it, and then sees that client's alone."""

    name: str
    service: bool


def tables(conn: Conn) -> list[Table]:
    """Every table of ours with a tenant's rows, but the keys'."""
    rows = conn.execute(
        """SELECT format('%s.%s', n.nspname, c.relname) AS name,
                  has_table_privilege('decroche_service', c.oid, 'SELECT') AS service
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relowner = 'decroche_owner'::regrole
              AND EXISTS (SELECT 1 FROM pg_attribute a
                           WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
            ORDER BY 1"""
    ).fetchall()
    return [Table(**row) for row in rows if row["name"] not in KEYS]


def rows(db: Database, tenant_id: UUID, table: Table) -> Iterator[dict[str, Any]]:
    """A client's rows of a table, as plain JSON, in a stream: read under row-level security where that can be.

    Hashes of keys and sessions are left out.
    """
    query = sql.SQL("SELECT to_jsonb(t) - %(secret)s::text[] AS row FROM {} t WHERE t.tenant_id = %(tenant)s").format(
        sql.Identifier(*table.name.split("."))
    )
    session = db.tenant(tenant_id) if table.service else db.operator(tenant_id)
    with session as conn, conn.cursor("leaving") as cursor:
        cursor.itersize = 500
        for row in cursor.execute(query, {"tenant": tenant_id, "secret": list(SECRET_COLUMNS)}):
            yield row["row"]


def counted(conn: Conn, tenant_id: UUID) -> dict[str, int]:
    """Table → how many rows of that client it has (operator's session); empty ones are left out."""
    found: dict[str, int] = {}
    for table in tables(conn):
        query = sql.SQL("SELECT count(*) AS n FROM {} t WHERE t.tenant_id = %s").format(
            sql.Identifier(*table.name.split("."))
        )
        row = conn.execute(query, (tenant_id,)).fetchone()
        if row and row["n"]:
            found[table.name] = row["n"]
    return found


def refuse_busy(conn: Conn, tenant_id: UUID, home: Path) -> None:
    """Raises Refused while a call of the client's goes on, or one waits in the spool to be stored."""
    row = conn.execute("SELECT count(*) AS n FROM store.live_calls WHERE tenant_id = %s", (tenant_id,)).fetchone()
    if row and row["n"]:
        raise Refused(f"{row['n']} calls of the client go on", hint="wait until they are over: decroche status")
    for path in (home / "spool").rglob("*.json"):
        if str(tenant_id) in path.read_text(encoding="utf-8", errors="replace"):
            raise Refused(f"a call of the client waits in {path} to be stored", hint="decroche up stores it")


def recordings(conn: Conn, tenant_id: UUID) -> list[Path]:
    """Where the client's recordings lie, as its calls name them."""
    found = conn.execute(
        "SELECT recording FROM store.calls WHERE tenant_id = %s AND recording IS NOT NULL ORDER BY id", (tenant_id,)
    )
    return [Path(row["recording"]) for row in found]


def forget(conn: Conn, tenant_id: UUID) -> None:
    """What was said, understood, left and booked goes, with the keys of recordings; of calls, who called where nothing
    was charged. Numbers and times of calls that cost something stay until their bill can be contested no more."""
    for statement in _GONE:
        conn.execute(statement, {"tenant": tenant_id})


_GONE: tuple[LiteralString, ...] = (
    "DELETE FROM store.analyses WHERE tenant_id = %(tenant)s",
    "DELETE FROM store.turns WHERE tenant_id = %(tenant)s",
    "DELETE FROM store.actions WHERE tenant_id = %(tenant)s",
    "DELETE FROM store.messages WHERE tenant_id = %(tenant)s",
    "DELETE FROM store.bookings WHERE tenant_id = %(tenant)s",
    "DELETE FROM store.events WHERE tenant_id = %(tenant)s",
    "DELETE FROM store.recording_keys WHERE tenant_id = %(tenant)s",
    "DELETE FROM store.tenant_keys WHERE tenant_id = %(tenant)s",
    """UPDATE store.calls SET recording = NULL, variables = '{}', slots = '{}', asterisk_cdr = NULL
        WHERE tenant_id = %(tenant)s""",
    """UPDATE store.calls c SET caller = '', callee = '' WHERE tenant_id = %(tenant)s
          AND NOT EXISTS (SELECT 1 FROM billing.charges b WHERE b.call_id = c.id)""",
)
