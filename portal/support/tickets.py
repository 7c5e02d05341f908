"""Tickets as they are kept and read.

In a transaction of the web's, row-level security lets a person see the tickets that their other rights let them see,
and no note of the operator's; in the operator's, all are seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, LiteralString, get_args
from uuid import UUID

from psycopg.rows import class_row

from portal.support.standing import Severity, Standing, State
from portal.support.wording import Kind
from store.base.errors import NotFound
from store.db import Conn

RIGHTS: Mapping[Kind, str] = {"call": "calls", "invoice": "invoices", "number": "calls"}
"""The right that opens tickets about such a thing, beside `tickets`; the database's policies ask the same."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True)
class About:
    """What a ticket is about: a call by its id, an invoice by its number, a telephone number as E.164."""

    kind: Kind
    id: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """`number`: what people call it; `answer_due`: by when the operator answers, of an open one."""

    tenant_id: UUID
    id: UUID
    number: int
    tenant: str
    tenant_name: str
    subject: str
    severity: Severity
    about_kind: Kind | None
    about_id: str | None
    state: State
    answer_due: datetime | None
    left_seconds: int | None
    opened_by: str
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None

    @property
    def standing(self) -> Standing:
        """Where it stands, for the pure core."""
        left = None if self.left_seconds is None else timedelta(seconds=self.left_seconds)
        return Standing(self.state, self.answer_due, left)


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody wrote. `internal`: the operator's own note, which no client reads."""

    id: UUID
    ticket_id: UUID
    side: Literal["client", "operator"]
    internal: bool
    author: str
    text: str
    at: datetime


_TICKETS: LiteralString = """
SELECT t.tenant_id, t.id, t.number, c.slug AS tenant, c.name AS tenant_name, t.subject, t.severity, t.about_kind,
       t.about_id, t.state, t.answer_due, t.left_seconds, t.opened_by, t.opened_at, t.changed_at, t.closed_at
  FROM support.tickets t JOIN store.tenants c ON c.id = t.tenant_id
"""


def listed(
    conn: Conn, *, tenant_id: UUID | None = None, state: str = "", before: int | None = None, limit: int = 100,
) -> list[Ticket]:  # fmt: skip
    """Tickets that `conn` may see, the newest first; of one client, in one state, numbered below `before`."""
    with conn.cursor(row_factory=class_row(Ticket)) as cursor:
        return cursor.execute(
            _TICKETS
            + """ WHERE (%(tenant)s::uuid IS NULL OR t.tenant_id = %(tenant)s)
                             AND (%(state)s = '' OR t.state = %(state)s)
                             AND (%(before)s::bigint IS NULL OR t.number < %(before)s)
                           ORDER BY t.number DESC LIMIT %(limit)s""",
            {"tenant": tenant_id, "state": state, "before": before, "limit": limit},
        ).fetchall()


def due(conn: Conn, *, tenant_id: UUID | None = None, before: datetime | None = None) -> list[Ticket]:
    """Open tickets by when their answer is due, those first that have waited longest; those due before an instant."""
    with conn.cursor(row_factory=class_row(Ticket)) as cursor:
        return cursor.execute(
            _TICKETS
            + """ WHERE t.state = 'open' AND (%(tenant)s::uuid IS NULL OR t.tenant_id = %(tenant)s)
                             AND (%(before)s::timestamptz IS NULL OR t.answer_due < %(before)s)
                           ORDER BY t.answer_due, t.number""",
            {"tenant": tenant_id, "before": before},
        ).fetchall()


def get(conn: Conn, number: int, *, lock: bool = False) -> Ticket:
    """The ticket of that number. Raises NotFound, for one that `conn` may not see too."""
    if not 0 < number < 2**63:
        raise NotFound(f"no ticket {number}", hint="decroche ticket list")
    if lock:
        conn.execute("SELECT 1 FROM support.tickets WHERE number = %s FOR UPDATE", (number,))
    with conn.cursor(row_factory=class_row(Ticket)) as cursor:
        found = cursor.execute(_TICKETS + " WHERE t.number = %s", (number,)).fetchone()
    if found is None:
        raise NotFound(f"no ticket {number}", hint="decroche ticket list")
    return found


def posts(conn: Conn, of: Ticket) -> list[Post]:
    """What was written in it, in order, as far as `conn` may see it."""
    with conn.cursor(row_factory=class_row(Post)) as cursor:
        return cursor.execute(
            """SELECT id, ticket_id, side, internal, author, text, at FROM support.posts
                WHERE tenant_id = %s AND ticket_id = %s ORDER BY at, id""",
            (of.tenant_id, of.id),
        ).fetchall()
