"""The register of rights requests: passed on and answered within twelve working days (contract, 8.2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from compliance.law.days import last_working_day
from compliance.law.rulebook import PARIS, rulebook
from store import audit
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound
from store.base.ids import new_id
from store.db import Conn

KINDS = ("access", "erasure", "rectification", "objection", "restriction", "portability")
WORKING_DAYS = 12


def register(
    conn: Conn, tenant_id: UUID, kind: str, person: str, received_at: datetime, *, by: Actor
) -> dict[str, Any]:
    """Write a request down; {id, kind, person, received_at, due_on}. Raises BadInput."""
    if kind not in KINDS:
        raise BadInput(f"kind: {kind!r} is none of {', '.join(KINDS)}")
    if not person.strip():
        raise BadInput("person: it is empty", hint="a name, a number or an address to answer to")
    due = last_working_day(received_at.astimezone(PARIS).date(), WORKING_DAYS, rulebook().latest("W2"))
    row = {"id": new_id(), "kind": kind, "person": person.strip(), "received_at": received_at, "due_on": due}
    conn.execute(
        """INSERT INTO compliance.rights_requests (id, tenant_id, kind, person, received_at, due_on)
           VALUES (%(id)s, %(tenant)s, %(kind)s, %(person)s, %(received_at)s, %(due_on)s)""",
        row | {"tenant": tenant_id},
    )
    audit.note(conn, by, "privacy.request", f"request:{row['id']}", tenant_id, kind=kind)
    return row


def close(conn: Conn, tenant_id: UUID, request_id: UUID, outcome: str, at: datetime, *, by: Actor) -> None:
    """The request was answered. Raises NotFound for none that is open, BadInput for no outcome."""
    if not outcome.strip():
        raise BadInput("outcome: it is empty", hint="say what was answered")
    done = conn.execute(
        "UPDATE compliance.rights_requests SET closed_at = %s, outcome = %s WHERE id = %s AND closed_at IS NULL",
        (at, outcome, request_id),
    )
    if not done.rowcount:
        raise NotFound(f"no open request {request_id}", hint="decroche privacy request list")
    audit.note(conn, by, "privacy.request.close", f"request:{request_id}", tenant_id)


def listed(conn: Conn, now: datetime) -> list[dict[str, Any]]:
    """Every request, the open ones first by deadline, with its state: open, late or closed."""
    rows = conn.execute(
        """SELECT id, kind, person, received_at, due_on, closed_at, outcome FROM compliance.rights_requests
            ORDER BY closed_at IS NOT NULL, due_on, id"""
    ).fetchall()
    today = now.astimezone(PARIS).date()
    for row in rows:
        row["state"] = "closed" if row["closed_at"] else "late" if row["due_on"] < today else "open"
    return rows
