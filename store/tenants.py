"""Tenants: the operator's clients ("Comptes")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg
from psycopg.rows import class_row

from store.base.errors import BadInput, NotFound
from store.base.ids import new_id
from store.db import Conn

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


def add(conn: Conn, slug: str, name: str, *, country: str = "FR", timezone: str = "Europe/Paris") -> Tenant:
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
    return row


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
