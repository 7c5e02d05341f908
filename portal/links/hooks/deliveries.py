"""Deliveries: what was sent to an endpoint, what came of it; a test, and the same once more. Kept for thirty days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from portal.links.hooks import endpoints
from portal.links.hooks.kinds import TEST
from portal.links.hooks.retrying import Verdict
from portal.reading.filters import After
from store import jobs
from store.audit import note
from store.base.actor import Actor
from store.base.errors import NotFound, Refused
from store.base.ids import new_id
from store.db import Conn

SEND = "hook.send"
"""The job that sends one, about its id."""
State = Literal["waiting", "delivered", "failed"]
MOST_REPLAYED = 1000
SNIPPET = 200
_COLUMNS = """id, tenant_id, endpoint_id, kind, subject, at, state, tries, since, tried_at, next_at, status, snippet,
              why, made_at"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message for one endpoint. `at`: when it happened; `since`: when it was made, or asked for again; `status`: as
    HTTP has it, None where nobody answered; `snippet`: how the answer began; `why`: what went wrong, in a word."""

    id: UUID
    tenant_id: UUID
    endpoint_id: UUID
    kind: str
    subject: str
    at: datetime
    state: State
    tries: int
    since: datetime
    tried_at: datetime | None
    next_at: datetime | None
    status: int | None
    snippet: str
    why: str
    made_at: datetime


def listed(
    conn: Conn, *, tenant_id: UUID | None = None, endpoint_id: UUID | None = None, state: State | None = None,
    after: After | None = None, limit: int = 50,
) -> list[Delivery]:  # fmt: skip
    """Deliveries that `conn` may see, the newest first; `after`: where the page before ended."""
    values = {
        "tenant": tenant_id, "endpoint": endpoint_id, "state": state, "limit": limit,
        "at": after.at if after else None, "id": after.id if after else None,
    }  # fmt: skip
    with conn.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM links.deliveries
                 WHERE (%(tenant)s::uuid IS NULL OR tenant_id = %(tenant)s)
                   AND (%(endpoint)s::uuid IS NULL OR endpoint_id = %(endpoint)s)
                   AND (%(state)s::text IS NULL OR state = %(state)s)
                   AND (%(at)s::timestamptz IS NULL OR (made_at, id) < (%(at)s, %(id)s::uuid))
                 ORDER BY made_at DESC, id DESC LIMIT %(limit)s""",
            values,
        ).fetchall()


def get(conn: Conn, delivery_id: UUID) -> Delivery:
    """One of them. Raises NotFound."""
    with conn.cursor(row_factory=class_row(Delivery)) as cursor:
        found = cursor.execute(f"SELECT {_COLUMNS} FROM links.deliveries WHERE id = %s", (delivery_id,)).fetchone()
    if found is None:
        raise NotFound(f"no delivery {delivery_id}", hint="decroche hook deliveries")
    return found


def begin_test(conn: Conn, endpoint_id: UUID, *, by: Actor, now: datetime, by_job: bool = True) -> Delivery:
    """A message that tells nothing, tried once, also where the endpoint is disabled. Raises NotFound.

    `by_job`: the worker sends it; else who asks does, by `sending.send_now`.
    """
    endpoint, delivery_id = endpoints.get(conn, endpoint_id), new_id()
    conn.execute(
        """INSERT INTO links.deliveries (tenant_id, id, endpoint_id, kind, subject, at, since, next_at, made_at)
           VALUES (%(tenant)s, %(id)s, %(endpoint)s, %(kind)s, %(id)s::text, %(now)s, %(now)s, %(now)s, %(now)s)""",
        {"tenant": endpoint.tenant_id, "id": delivery_id, "endpoint": endpoint_id, "kind": TEST, "now": now},
    )
    if by_job:
        jobs.add(conn, SEND, delivery_id)
    note(conn, by, "hook.test", f"hook:{endpoint_id}", endpoint.tenant_id)
    return get(conn, delivery_id)


def replay(conn: Conn, delivery_id: UUID, *, by: Actor, now: datetime) -> Delivery:
    """The same message once more, under the same id, with all its tries; one that waits is sent at once.

    Raises NotFound; Refused where its endpoint is disabled.
    """
    found = get(conn, delivery_id)
    _enabled(conn, found.endpoint_id)
    _again(conn, found, now)
    note(conn, by, "hook.replay", f"hook:{found.endpoint_id}", found.tenant_id, delivery=str(delivery_id))
    return get(conn, delivery_id)


def replay_failed(conn: Conn, endpoint_id: UUID, *, by: Actor, now: datetime) -> int:
    """All that an endpoint did not take, once more, tests aside; how many. Raises NotFound, Refused."""
    endpoint = _enabled(conn, endpoint_id)
    found = [one for one in listed(conn, endpoint_id=endpoint_id, state="failed", limit=MOST_REPLAYED)
             if one.kind != TEST]  # fmt: skip
    for one in reversed(found):
        _again(conn, one, now)
    note(conn, by, "hook.replay", f"hook:{endpoint_id}", endpoint.tenant_id, count=len(found))
    return len(found)


def _enabled(conn: Conn, endpoint_id: UUID) -> endpoints.Endpoint:
    endpoint = endpoints.get(conn, endpoint_id)
    if endpoint.disabled_at is not None:
        raise Refused("the endpoint is disabled", hint="enable it first", code="hook_disabled")
    return endpoint


def _again(conn: Conn, found: Delivery, now: datetime) -> None:
    conn.execute(
        """UPDATE links.deliveries SET state = 'waiting', tries = 0, since = %s, next_at = %s, why = ''
            WHERE id = %s""",
        (now, now, found.id),
    )
    jobs.add(conn, SEND, found.id)


# -- what the worker notes


def was_tried(
    conn: Conn, delivery_id: UUID, verdict: Verdict, now: datetime, *, status: int | None, snippet: str, why: str
) -> None:
    """It was sent, and this came of it."""
    conn.execute(
        """UPDATE links.deliveries SET state = %s, tries = tries + 1, tried_at = %s, next_at = %s, status = %s,
                  snippet = %s, why = %s WHERE id = %s""",
        (verdict.state, now, verdict.next_at, status, snippet[:SNIPPET], why[:SNIPPET], delivery_id),
    )


def was_left(conn: Conn, delivery_id: UUID, verdict: Verdict, why: str) -> None:
    """It was not even sent: its endpoint is disabled, or rests."""
    conn.execute(
        "UPDATE links.deliveries SET state = %s, next_at = %s, why = %s WHERE id = %s",
        (verdict.state, verdict.next_at, why, delivery_id),
    )
