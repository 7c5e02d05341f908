"""Phone numbers: the operator's stock, whose each one is, which agent answers it, and where it falls back to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.base.numbering import e164
from store.db import Conn

_COLUMNS = "e164, tenant_id, agent, verified_npv, fallback, added_at, assigned_at, ported_on"


@dataclass(frozen=True, slots=True)
class Number:
    """`verified_npv`: a verified polyvalent number (CPCE L44), which automated calls may show.

    `fallback`: E.164, where a call goes when no agent can take it. `ported_on`: the day it comes to us from another
    operator; None where it was always ours.
    """

    e164: str
    tenant_id: UUID | None
    agent: str | None
    verified_npv: bool
    fallback: str | None
    added_at: datetime
    assigned_at: datetime | None
    ported_on: date | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers a number. `version` is None when the agent has no live version (or there is no agent)."""

    e164: str
    tenant_id: UUID
    tenant_status: str
    agent: str | None
    version: int | None
    fallback: str | None


def route(conn: Conn, dialled: str) -> Route | None:
    """Who answers `dialled` (E.164), from any session (`db.service()`); None for a number nobody has."""
    with conn.cursor(row_factory=class_row(Route)) as cursor:
        return cursor.execute(
            "SELECT e164, tenant_id, tenant_status, agent, version, fallback FROM store.route(%s)", (dialled,)
        ).fetchone()


def add(conn: Conn, text: str, *, by: Actor, verified_npv: bool = False, fallback: str | None = None) -> Number:
    """Take a number into the operator's stock. Raises BadInput, also when it is there already."""
    number = e164(text)
    spare = e164(fallback, field="fallback") if fallback else None
    try:
        with conn.transaction(), conn.cursor(row_factory=class_row(Number)) as cursor:
            row = cursor.execute(
                f"INSERT INTO store.numbers (e164, verified_npv, fallback) VALUES (%s, %s, %s) RETURNING {_COLUMNS}",
                (number, verified_npv, spare),
            ).fetchone()
    except psycopg.errors.UniqueViolation as error:
        raise BadInput(f"number: {number} is in the stock already", hint="decroche number list") from error
    assert row is not None
    note(conn, by, "number.add", f"number:{number}", npv=verified_npv)
    return row


def assign(
    conn: Conn, text: str, tenant_id: UUID, *, by: Actor, agent: str | None = None, fallback: str | None = None
) -> Number:
    """Give a number of the stock to a tenant and one of its agents (operator).

    Doing it again changes agent and fallback. Raises NotFound; Refused when another tenant has it.
    """
    number = e164(text)
    spare = e164(fallback, field="fallback") if fallback else None
    try:
        with conn.transaction(), conn.cursor(row_factory=class_row(Number)) as cursor:
            row = cursor.execute(
                f"""UPDATE store.numbers
                       SET tenant_id = %(tenant)s, agent = coalesce(%(agent)s, agent),
                           fallback = coalesce(%(fallback)s, fallback), assigned_at = coalesce(assigned_at, now())
                     WHERE e164 = %(number)s AND (tenant_id IS NULL OR tenant_id = %(tenant)s)
                    RETURNING {_COLUMNS}""",
                {"tenant": tenant_id, "agent": agent, "fallback": spare, "number": number},
            ).fetchone()
    except psycopg.errors.ForeignKeyViolation as error:
        what = f"agent {agent} of this tenant" if agent else f"tenant {tenant_id}"
        raise NotFound(f"no {what}", hint="decroche agent list; decroche tenant list") from error
    if row is not None:
        note(conn, by, "number.assign", f"number:{number}", tenant_id, agent=row.agent, fallback=row.fallback)
        return row
    if conn.execute("SELECT 1 FROM store.numbers WHERE e164 = %s", (number,)).fetchone():
        raise Refused(f"{number} belongs to another tenant", hint=f"decroche number release {number}")
    raise NotFound(f"no number {number}", hint=f"decroche number add {number}")


def release(conn: Conn, text: str, *, by: Actor) -> Number:
    """Take a number back into the stock (operator). Raises NotFound."""
    number = e164(text)
    with conn.cursor(row_factory=class_row(Number)) as cursor:
        row = cursor.execute(
            "UPDATE store.numbers SET tenant_id = NULL, agent = NULL, fallback = NULL, assigned_at = NULL"
            f" WHERE e164 = %s RETURNING {_COLUMNS}",
            (number,),
        ).fetchone()
    if row is None:
        raise NotFound(f"no number {number}", hint="decroche number list")
    note(conn, by, "number.release", f"number:{number}")
    return row


def listed(conn: Conn, tenant_id: UUID | None = None) -> list[Number]:
    """The numbers `conn` may see, of one tenant if named, by number."""
    with conn.cursor(row_factory=class_row(Number)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM store.numbers"
            " WHERE %(tenant)s::uuid IS NULL OR tenant_id = %(tenant)s ORDER BY e164",
            {"tenant": tenant_id},
        ).fetchall()
