"""People's own requests to be called back (C. conso R223-4): when they asked, about what, and the proof."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from compliance.ledgers.pseudonym import person
from store import audit
from store.base.actor import Actor
from store.base.errors import BadInput
from store.base.ids import new_id
from store.db import Conn


def add(
    conn: Conn, tenant_id: UUID, dialled: str, requested_at: datetime, evidence: str, now: datetime, goods: str = "",
    *, by: Actor,
) -> UUID:  # fmt: skip
    """Write a request down; `dialled` is E.164, `evidence` a message, a form, a call's id. Raises BadInput."""
    if requested_at > now:
        raise BadInput(f"requested_at: {requested_at.isoformat()} has not come yet")
    if not evidence.strip():
        raise BadInput("evidence: it is empty", hint="a call's id, a form, a message: the request must be provable")
    request_id = new_id()
    conn.execute(
        """INSERT INTO compliance.requests (id, tenant_id, number, requested_at, goods, evidence)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        (request_id, tenant_id, dialled, requested_at, goods, evidence.strip()),
    )
    audit.note(conn, by, "callback.add", person(dialled), tenant_id, request=str(request_id))
    return request_id


def of(conn: Conn, dialled: str) -> list[dict[str, Any]]:
    """The requests of a number, newest first."""
    return conn.execute(
        """SELECT id, number, requested_at, goods, evidence FROM compliance.requests
            WHERE number = %s ORDER BY requested_at DESC""",
        (dialled,),
    ).fetchall()
