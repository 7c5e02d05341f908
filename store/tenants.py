"""Tenants: the operator's clients ("Comptes")."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg
from psycopg.rows import class_row

from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, DecrocheError, NotFound
from store.base.ids import new_id
from store.db import Conn

T = TypeVar("T")

SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")

_COLUMNS = "id, slug, name, country, timezone, created_at, status"


@dataclass(frozen=True, slots=True)
class Tenant:
    """`country` is ISO 3166-1, `timezone` an IANA name, `created_at` UTC."""

    id: UUID
    slug: str
    name: str
    country: str
    timezone: str
    created_at: datetime
    status: Literal["active", "suspended", "closed"]


def add(conn: Conn, slug: str, name: str, *, by: Actor, country: str = "FR", timezone: str = "Europe/Paris") -> Tenant:
    """A new tenant (operator). Raises BadInput naming the field that is wrong."""
    check_slug("slug", slug)
    if not name.strip():
        raise BadInput("name: it is empty", hint="give the client's name")
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise BadInput(f"country: {country!r} is not a country's code", hint="two capital letters, such as FR")
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(f"timezone: {timezone!r} is unknown", hint="an IANA name, such as Europe/Paris") from error
    with conn.cursor(row_factory=class_row(Tenant)) as cursor:
        try:
            with conn.transaction():
                row = cursor.execute(
                    "INSERT INTO store.tenants (id, slug, name, country, timezone) VALUES (%s, %s, %s, %s, %s)"
                    f" RETURNING {_COLUMNS}",
                    (new_id(), slug, name.strip(), country, timezone),
                ).fetchone()
        except psycopg.errors.UniqueViolation as error:
            raise BadInput(f"slug: there is a tenant {slug} already", hint="decroche tenant list") from error
    assert row is not None
    note(conn, by, "tenant.add", f"tenant:{slug}", row.id)
    return row


def suspend(conn: Conn, tenant_id: UUID, *, by: Actor) -> bool:
    """Stop an active tenant's calls: its numbers go to their fallback (contract, 5.4). Whether it was active."""
    return _become(conn, tenant_id, "suspended", "active", "tenant.suspend", by)


def resume(conn: Conn, tenant_id: UUID, *, by: Actor) -> bool:
    """Let a suspended tenant's calls go on. Whether it was suspended."""
    return _become(conn, tenant_id, "active", "suspended", "tenant.resume", by)


def close(conn: Conn, tenant_id: UUID, *, by: Actor) -> bool:
    """End a tenant's service: what it holds stays until retention. Whether it was open."""
    return _become(conn, tenant_id, "closed", "", "tenant.close", by)


def reopen(conn: Conn, tenant_id: UUID, *, by: Actor) -> bool:
    """Serve a closed tenant again. Whether it was closed."""
    return _become(conn, tenant_id, "active", "closed", "tenant.reopen", by)


def _become(conn: Conn, tenant_id: UUID, status: str, only_if: str, action: str, by: Actor) -> bool:
    row = conn.execute(
        """UPDATE store.tenants SET status = %(status)s
            WHERE id = %(id)s AND status <> %(status)s AND (%(only_if)s = '' OR status = %(only_if)s)
           RETURNING slug""",
        {"id": tenant_id, "status": status, "only_if": only_if},
    ).fetchone()
    if row is None:
        return False
    note(conn, by, action, f"tenant:{row['slug']}", tenant_id)
    return True


def chosen(conn: Conn, slug: str | None) -> list[Tenant]:
    """The tenant of that name, or all that `conn` may see. Raises NotFound."""
    return [get(conn, slug)] if slug else listed(conn)


def each(chosen: Iterable[Tenant], do: Callable[[Tenant], T]) -> Iterator[tuple[Tenant, T | DecrocheError]]:
    """Do the same for each tenant: what came of it, or the error that one met, which keeps no other waiting."""
    for tenant in chosen:
        try:
            yield tenant, do(tenant)
        except DecrocheError as error:
            yield tenant, error


def get(conn: Conn, slug: str) -> Tenant:
    """The tenant called `slug`, among those `conn` may see. Raises NotFound."""
    with conn.cursor(row_factory=class_row(Tenant)) as cursor:
        row = cursor.execute(f"SELECT {_COLUMNS} FROM store.tenants WHERE slug = %s", (slug,)).fetchone()
    if row is None:
        raise NotFound(f"no tenant {slug}", hint="decroche tenant list")
    return row


def listed(conn: Conn) -> list[Tenant]:
    """Every tenant that `conn` may see, by slug."""
    with conn.cursor(row_factory=class_row(Tenant)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM store.tenants ORDER BY slug").fetchall()


def slugs(conn: Conn) -> dict[UUID, str]:
    """The short name of every tenant that `conn` may see."""
    return {tenant.id: tenant.slug for tenant in listed(conn)}


def tenant_id(conn: Conn, slug: str) -> UUID:
    """The id of the tenant called `slug`; any session may ask (`db.service()`). Raises NotFound."""
    row = conn.execute("SELECT store.tenant_of(%s) AS id", (slug,)).fetchone()
    if row is None or row["id"] is None:
        raise NotFound(f"no tenant {slug}", hint="decroche tenant list")
    return row["id"]


def check_slug(field: str, value: str) -> str:
    """`value`, if it may name a tenant or an agent. Raises BadInput naming `field`."""
    if not SLUG.fullmatch(value):
        raise BadInput(f"{field}: {value!r} cannot be a name here", hint="a-z, 0-9 and -, at most 63 characters")
    return value
