"""What the store forgets when it is asked: a policy's old rows, a person's words.

Compliance knows the terms and calls these functions; nobody else takes rows of the store away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

from store.db import Conn


@dataclass(frozen=True, slots=True)
class Sweep:
    """One policy at work: what is older than `before` goes, or is only counted. `home`: where the files are."""

    conn: Conn
    home: Path
    now: datetime
    before: datetime
    dry_run: bool

    def rows(self, change: LiteralString, table: LiteralString, where: LiteralString, **more: Any) -> int:
        """Do `change` to the rows of `table` for which `where` holds (it names %(before)s, %(now)s, and what `more`
        has); how many."""
        values = {"before": self.before, "now": self.now, **more}
        if not self.dry_run:
            return self.conn.execute(f"{change} WHERE {where}", values).rowcount
        row = self.conn.execute(f"SELECT count(*) AS n FROM {table} WHERE {where}", values).fetchone()
        return row["n"] if row else 0


Terms = Mapping[UUID, datetime]
"""Tenants with an instruction of their own: what is older than that instant goes."""

_OWN_TERM: LiteralString = """coalesce((SELECT o.before FROM unnest(%(tenants)s::uuid[], %(terms)s::timestamptz[])
                                          AS o (tenant, before) WHERE o.tenant = t.tenant_id), %(before)s)"""


def recordings(at: Sweep) -> int:
    """Sound files of calls, before the rows that name them: a sweep cut short is run again."""
    rows = at.conn.execute(
        "SELECT id, recording FROM store.calls WHERE recording IS NOT NULL AND ended_at < %s", (at.before,)
    ).fetchall()
    if not at.dry_run:
        for row in rows:
            Path(row["recording"]).unlink(missing_ok=True)
        ids = [row["id"] for row in rows]
        at.conn.execute("UPDATE store.calls SET recording = NULL WHERE id = ANY (%s)", (ids,))
    return len(rows)


def turns(at: Sweep, terms: Terms) -> int:
    """What was said in calls, of the tenants that have a term for it, and what was made of it, which quotes it."""
    old: LiteralString = """call_id IN (SELECT c.id FROM store.calls c
                         JOIN unnest(%(tenants)s::uuid[], %(terms)s::timestamptz[]) AS o (tenant, before)
                           ON o.tenant = c.tenant_id WHERE c.ended_at < o.before)"""
    told = {"tenants": list(terms), "terms": list(terms.values())}
    return at.rows("DELETE FROM store.analyses", "store.analyses", old, **told) + at.rows(
        "DELETE FROM store.turns", "store.turns", old, **told
    )


def analyses(at: Sweep) -> int:
    """What was understood of calls, and done in them."""
    old: LiteralString = "(SELECT c.id FROM store.calls c WHERE c.ended_at < %(before)s)"
    values = at.rows(
        "UPDATE store.calls SET variables = '{}', slots = '{}'",
        "store.calls",
        "(variables <> '{}' OR slots <> '{}') AND ended_at < %(before)s",
    )
    made = at.rows("DELETE FROM store.analyses", "store.analyses", f"call_id IN {old}")
    return values + made + at.rows("DELETE FROM store.actions", "store.actions", f"call_id IN {old}")


def events(at: Sweep) -> int:
    """That something happened, once nobody reads it any more."""
    return at.rows("DELETE FROM store.events", "store.events", "at < %(before)s")


def jobs(at: Sweep) -> int:
    """What could not be done, and nobody tried again."""
    return at.rows("DELETE FROM store.jobs", "store.jobs", "dead_at < %(before)s")


def messages(at: Sweep, terms: Terms) -> int:
    """Messages, by when they were left."""
    told = {"tenants": list(terms), "terms": list(terms.values())}
    return at.rows("DELETE FROM store.messages t", "store.messages t", f"t.created_at < {_OWN_TERM}", **told)


def bookings(at: Sweep, terms: Terms) -> int:
    """Appointments, by when they ended."""
    told = {"tenants": list(terms), "terms": list(terms.values())}
    return at.rows("DELETE FROM store.bookings t", "store.bookings t", f"t.ends_at < {_OWN_TERM}", **told)


def calls(conn: Conn, ids: Sequence[UUID]) -> None:
    """Who spoke in these calls and what was said; their times stay."""
    for statement in _CALLS:
        conn.execute(statement, (ids,))


_CALLS: tuple[LiteralString, ...] = (
    "DELETE FROM store.analyses WHERE call_id = ANY (%s)",
    "DELETE FROM store.turns WHERE call_id = ANY (%s)",
    "DELETE FROM store.actions WHERE call_id = ANY (%s)",
    """UPDATE store.calls SET caller = '', callee = '', variables = '{}', slots = '{}', asterisk_cdr = NULL
        WHERE id = ANY (%s)""",
)


def clients(at: Sweep, ids: Sequence[UUID]) -> int:
    """The names of these tenants."""
    at.rows("DELETE FROM store.tenant_keys", "store.tenant_keys", "tenant_id = ANY (%(ids)s)", ids=ids)
    return at.rows(
        "UPDATE store.tenants SET name = '—'", "store.tenants", "id = ANY (%(ids)s) AND name <> '—'", ids=ids
    )


def person(conn: Conn, tenant_id: UUID, expression: str, ids: Sequence[UUID], now: datetime, instead: str) -> None:
    """Whatever a tenant keeps of a person that no law keeps: `expression` finds the number, `ids` are their calls.

    `instead`: stands for the number in calls that cost nothing.
    """
    values = {"tenant": tenant_id, "calls": ids, "expression": expression, "now": now, "who": instead}
    for statement in _PERSON:
        conn.execute(statement, values)


_PERSON: tuple[LiteralString, ...] = (
    # what was made of a call quotes it: of somebody else's call that names the number, it goes whole
    """DELETE FROM store.analyses t WHERE tenant_id = %(tenant)s
          AND (call_id = ANY (%(calls)s) OR t::text ~ %(expression)s)""",
    "DELETE FROM store.turns WHERE tenant_id = %(tenant)s AND call_id = ANY (%(calls)s)",
    "DELETE FROM store.actions WHERE tenant_id = %(tenant)s AND call_id = ANY (%(calls)s)",
    "DELETE FROM store.recording_keys WHERE tenant_id = %(tenant)s AND call_id = ANY (%(calls)s)",
    # the number said or typed in a call of somebody else: only what names it goes
    "UPDATE store.turns t SET text = '[…]' WHERE tenant_id = %(tenant)s AND t::text ~ %(expression)s",
    "UPDATE store.actions t SET args = '{}', result = '{}' WHERE tenant_id = %(tenant)s AND t::text ~ %(expression)s",
    """UPDATE store.calls t SET variables = '{}', slots = '{}', asterisk_cdr = NULL
        WHERE tenant_id = %(tenant)s AND concat(variables, slots, asterisk_cdr) ~ %(expression)s""",
    """DELETE FROM store.messages t WHERE tenant_id = %(tenant)s
          AND (call_id = ANY (%(calls)s) OR t::text ~ %(expression)s)""",
    # a past appointment is forgotten; one to come is the tenant's diary and keeps its hour
    """DELETE FROM store.bookings t WHERE tenant_id = %(tenant)s AND ends_at < %(now)s
          AND (call_id = ANY (%(calls)s) OR t::text ~ %(expression)s)""",
    """UPDATE store.bookings t SET name = '—', phone = NULL, note = '' WHERE tenant_id = %(tenant)s
          AND (call_id = ANY (%(calls)s) OR t::text ~ %(expression)s)""",
    """UPDATE store.calls SET recording = NULL, variables = '{}', slots = '{}', asterisk_cdr = NULL
        WHERE tenant_id = %(tenant)s AND id = ANY (%(calls)s)""",
    # no charge, nothing to contest: not even the number stays
    """UPDATE store.calls c
          SET caller = CASE WHEN caller ~ %(expression)s THEN %(who)s ELSE caller END,
              callee = CASE WHEN callee ~ %(expression)s THEN %(who)s ELSE callee END
        WHERE tenant_id = %(tenant)s AND id = ANY (%(calls)s)
          AND NOT EXISTS (SELECT 1 FROM billing.charges b WHERE b.call_id = c.id)""",
)
