"""What the operator's pages show, over all clients: what is to be treated, clients, a call found by its number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from billing.invoices import disputes
from billing.invoices.disputes import Dispute
from billing.office import checkup
from portal.support import tickets
from portal.support.tickets import Ticket
from store import jobs
from store.base.errors import NotFound
from store.base.settings import Settings
from store.db import Conn
from store.jobs import Job

MOST = 50


@dataclass(frozen=True, slots=True)
class Blocked:
    """A client whose outbound calls are blocked."""

    tenant_id: UUID
    slug: str
    name: str
    kind: str
    reason: str
    blocked_at: datetime


@dataclass(frozen=True, slots=True)
class Untold:
    """A breach of which its client was not told yet."""

    id: UUID
    slug: str
    what: str
    people: int
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """A person's request for their rights that is open."""

    slug: str
    kind: str
    due_on: date


@dataclass(frozen=True, slots=True)
class Todo:
    """All that waits for somebody of the operator's."""

    blocked: Sequence[Blocked]
    suspended: Sequence[str]
    findings: Sequence[checkup.Finding]
    breaches: Sequence[Untold]
    requests: Sequence[Request]
    compromised: Sequence[str]
    disputes: Sequence[Dispute]
    dead: Sequence[Job]
    late: Sequence[Ticket]

    @property
    def count(self) -> int:
        """How many things."""
        return sum(map(len, (self.blocked, self.suspended, self.findings, self.breaches, self.requests,
                             self.compromised, self.disputes, self.dead, self.late)))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Client:
    """A client on one line. Calls of the last 24 hours; `lost`: calls in that nobody answered."""

    id: UUID
    slug: str
    name: str
    status: str
    numbers: int
    agents: int
    calls: int
    lost: int
    failed: int
    people: int
    blocks: Sequence[str]


@dataclass(frozen=True, slots=True)
class Found:
    """A call found over all clients."""

    id: UUID
    slug: str
    name: str
    started_at: datetime
    direction: str
    caller: str
    callee: str
    agent: str | None
    outcome: str
    seconds: int


def todo(conn: Conn, of: Settings, today: date, now: datetime) -> Todo:
    """What is to be treated, the gravest first."""
    with conn.cursor(row_factory=class_row(Blocked)) as cursor:
        blocked = cursor.execute(
            """SELECT b.tenant_id, t.slug, t.name, b.kind, b.reason, b.blocked_at
                 FROM billing.blocks b JOIN store.tenants t ON t.id = b.tenant_id
                WHERE b.lifted_at IS NULL ORDER BY b.kind = 'fraud' DESC, b.blocked_at"""
        ).fetchall()
    with conn.cursor(row_factory=class_row(Untold)) as cursor:
        breaches = cursor.execute(
            """SELECT b.id, t.slug, b.what, b.people, b.found_at
                 FROM compliance.breaches b JOIN store.tenants t ON t.id = b.tenant_id
                WHERE b.tenant_told_at IS NULL ORDER BY b.found_at"""
        ).fetchall()
    with conn.cursor(row_factory=class_row(Request)) as cursor:
        requests = cursor.execute(
            """SELECT t.slug, r.kind, r.due_on
                 FROM compliance.rights_requests r JOIN store.tenants t ON t.id = r.tenant_id
                WHERE r.closed_at IS NULL ORDER BY r.due_on, r.id"""
        ).fetchall()
    return Todo(
        blocked, _names(conn, "SELECT slug AS name FROM store.tenants WHERE status = 'suspended' ORDER BY slug"),
        [one for one in checkup.examine(conn, of, today) if one.state != "ok"], breaches, requests,
        _names(conn, "SELECT email AS name FROM portal.people WHERE compromised_at IS NOT NULL AND ended_at IS NULL"
                     " ORDER BY compromised_at"),
        disputes.listed(conn), jobs.listed(conn, state="dead", limit=MOST), tickets.due(conn, before=now),
    )  # fmt: skip


def _names(conn: Conn, sql: Any) -> list[str]:
    return [row["name"] for row in conn.execute(sql)]


_CLIENTS = """
SELECT t.id, t.slug, t.name, t.status,
       (SELECT count(*) FROM store.numbers n WHERE n.tenant_id = t.id)::integer AS numbers,
       (SELECT count(*) FROM store.agent_versions v WHERE v.tenant_id = t.id AND v.status = 'live')::integer AS agents,
       c.calls, c.lost, c.failed,
       (SELECT count(*) FROM portal.members m WHERE m.tenant_id = t.id AND m.ended_at IS NULL)::integer AS people,
       ARRAY(SELECT b.kind FROM billing.blocks b WHERE b.tenant_id = t.id AND b.lifted_at IS NULL ORDER BY 1) AS blocks
  FROM store.tenants t
 CROSS JOIN LATERAL (
       SELECT count(*)::integer AS calls,
              count(*) FILTER (WHERE answered_at IS NULL AND direction = 'inbound')::integer AS lost,
              count(*) FILTER (WHERE outcome IN ('failed', 'lost', 'engine_failed'))::integer AS failed
         FROM store.calls k
        WHERE k.tenant_id = t.id AND k.leg_of IS NULL AND k.started_at > %(now)s - interval '24 hours') c
 WHERE %(slug)s::text IS NULL OR t.slug = %(slug)s
 ORDER BY t.status = 'active', t.slug
"""


def clients(conn: Conn, now: datetime, slug: str | None = None) -> list[Client]:
    """Every client, those that are not active first; or the one of that name."""
    with conn.cursor(row_factory=class_row(Client)) as cursor:
        return cursor.execute(_CLIENTS, {"now": now, "slug": slug}).fetchall()


def client(conn: Conn, slug: str, now: datetime) -> Client:
    """One of them. Raises NotFound."""
    found = clients(conn, now, slug)
    if not found:
        raise NotFound(f"no tenant {slug}", hint="decroche tenant list")
    return found[0]


# A client at a time, by the index that each client's calls have: a thousand clients are two thousand short looks.
_BY_NUMBER = """
SELECT c.id, t.slug, t.name, c.started_at, c.direction, c.caller, c.callee, c.agent, c.outcome,
       coalesce(extract(epoch FROM c.ended_at - c.answered_at), 0)::integer AS seconds
  FROM store.tenants t
 CROSS JOIN LATERAL (
       (SELECT * FROM store.calls k WHERE k.tenant_id = t.id AND k.caller = %(number)s
         ORDER BY k.started_at DESC LIMIT %(most)s)
       UNION
       (SELECT * FROM store.calls k WHERE k.tenant_id = t.id AND k.callee = %(number)s
         ORDER BY k.started_at DESC LIMIT %(most)s)) c
 ORDER BY c.started_at DESC, c.id DESC LIMIT %(most)s
"""


def calls_of_number(conn: Conn, e164: str, most: int = MOST) -> list[Found]:
    """The last calls from or to a number, over all clients, newest first."""
    with conn.cursor(row_factory=class_row(Found)) as cursor:
        return cursor.execute(_BY_NUMBER, {"number": e164, "most": most}).fetchall()


def last_calls(conn: Conn, tenant_id: UUID, most: int = 20) -> list[Found]:
    """A client's last calls."""
    with conn.cursor(row_factory=class_row(Found)) as cursor:
        return cursor.execute(
            """SELECT c.id, t.slug, t.name, c.started_at, c.direction, c.caller, c.callee, c.agent, c.outcome,
                      coalesce(extract(epoch FROM c.ended_at - c.answered_at), 0)::integer AS seconds
                 FROM store.calls c JOIN store.tenants t ON t.id = c.tenant_id
                WHERE c.tenant_id = %s AND c.leg_of IS NULL ORDER BY c.started_at DESC, c.id DESC LIMIT %s""",
            (tenant_id, most),
        ).fetchall()


def role_of(conn: Conn, person_id: UUID) -> str:
    """The operator's role of a person; "" where they have none."""
    row = conn.execute(
        "SELECT operator_role FROM portal.people WHERE id = %s AND ended_at IS NULL", (person_id,)
    ).fetchone()
    return (row["operator_role"] or "") if row else ""
