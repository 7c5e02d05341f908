"""Keys of clients' systems: made, listed, ended by the operator or the account's holder; told once, kept as SHA-256."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from portal.people.roles import scopes_named
from portal.people.tokens import digest, new_token
from store.audit import note
from store.base.actor import Actor
from store.base.errors import NotFound
from store.base.ids import new_id
from store.db import Conn
from store.tenants import Tenant

MARK = "dk_"
"""How a key begins, so that scanners of sources find one that was left there."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key, without what it is. `expires_at` None: until it is ended."""

    id: UUID
    tenant: str
    name: str
    scopes: Sequence[str]
    made_by: str
    made_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    ended_at: datetime | None


def add(
    conn: Conn,
    tenant: Tenant,
    scopes: Iterable[str],
    *,
    name: str = "",
    days: int | None = None,
    by: Actor,
    now: datetime,
) -> tuple[UUID, str]:
    """(id, key): a new key of a client, told once. Raises BadInput for a scope that is none."""
    held, key, key_id = scopes_named(scopes), MARK + new_token(), new_id()
    conn.execute(
        """INSERT INTO portal.api_keys (tenant_id, id, key_hash, name, scopes, made_by, made_at, expires_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            tenant.id,
            key_id,
            digest(key),
            name.strip(),
            held,
            str(by),
            now,
            now + timedelta(days=days) if days else None,
        ),
    )
    note(conn, by, "key.add", f"key:{key_id}", tenant.id, scopes=held)
    return key_id, key


def listed(conn: Conn, tenant_id: UUID | None = None) -> list[Key]:
    """Keys, the newest first; one client's, or all."""
    with conn.cursor(row_factory=class_row(Key)) as cursor:
        return cursor.execute(
            """SELECT k.id, t.slug AS tenant, k.name, k.scopes, k.made_by, k.made_at, k.expires_at, k.used_at,
                      k.ended_at
                 FROM portal.api_keys k JOIN store.tenants t ON t.id = k.tenant_id
                WHERE %(tenant)s::uuid IS NULL OR k.tenant_id = %(tenant)s ORDER BY k.made_at DESC, k.id""",
            {"tenant": tenant_id},
        ).fetchall()


def end(conn: Conn, key_id: UUID, *, by: Actor, now: datetime) -> None:
    """The key opens nothing from now on. Raises NotFound."""
    row = conn.execute(
        "UPDATE portal.api_keys SET ended_at = coalesce(ended_at, %s) WHERE id = %s RETURNING tenant_id", (now, key_id)
    ).fetchone()
    if row is None:
        raise NotFound(f"no key {key_id}", hint="decroche key list")
    note(conn, by, "key.end", f"key:{key_id}", row["tenant_id"])
