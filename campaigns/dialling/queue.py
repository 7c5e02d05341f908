"""The targets of a campaign as rows: claimed, begun, put off, ended. Every function works in a tenant's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from billing.charges.running import running
from campaigns.campaigns import Campaign
from campaigns.planning.breaker import Ended
from store.db import Conn

_LOOKED_BACK = 200
"""Ended calls that the breaker looks at."""


def dialled(conn: Conn) -> list[tuple[UUID, str, str]]:
    """Campaigns that run, as tenant's id and short name, campaign; in turns of chance, so that none is always last
    (operator's session)."""
    rows = conn.execute(
        """SELECT c.tenant_id, t.slug, c.name FROM campaigns.campaigns c JOIN store.tenants t ON t.id = c.tenant_id
            WHERE c.state = 'running' AND t.status = 'active' ORDER BY random()"""
    ).fetchall()
    return [(row["tenant_id"], row["slug"], row["name"]) for row in rows]


def claim(conn: Conn, tenant_id: UUID, name: str, now: datetime) -> dict[str, Any] | None:
    """The next who is due, locked; what another transaction has in hand is passed over."""
    return conn.execute(
        """SELECT id, e164, party, postcode, variables FROM campaigns.targets
            WHERE tenant_id = %s AND campaign = %s AND state = 'waiting' AND due_at <= %s
            ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED""",
        (tenant_id, name, now),
    ).fetchone()


def begin(
    conn: Conn, tenant_id: UUID, call_id: UUID, target_id: UUID, name: str, by: tuple[str, int], decision_id: UUID,
    now: datetime,
) -> None:  # fmt: skip
    """The target is admitted under this call. `by`: the node that carries it, and the agent's version."""
    node, version = by
    conn.execute(
        """INSERT INTO campaigns.tries
                  (tenant_id, call_id, campaign, target_id, decision_id, node, admitted_at, agent_version)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        (tenant_id, call_id, name, target_id, decision_id, node, now, version),
    )
    conn.execute(
        """UPDATE campaigns.targets
              SET state = 'admitted', call_id = %s, node = %s, tries = tries + 1, why = '{}', changed_at = %s
            WHERE tenant_id = %s AND id = %s""",
        (call_id, node, now, tenant_id, target_id),
    )


def put_off(
    conn: Conn, tenant_id: UUID, target_id: UUID, why: Sequence[str], due: datetime | None, outcome: str, now: datetime
) -> None:
    """Not now: until `due`; or for good (None), and `outcome` then says it."""
    conn.execute(
        """UPDATE campaigns.targets
              SET state = CASE WHEN %(due)s::timestamptz IS NULL THEN 'done' ELSE 'waiting' END,
                  due_at = coalesce(%(due)s, due_at), why = %(why)s, changed_at = %(now)s,
                  outcome = CASE WHEN %(due)s::timestamptz IS NULL THEN %(outcome)s ELSE outcome END
            WHERE tenant_id = %(tenant)s AND id = %(id)s""",
        {"due": due, "why": list(why), "outcome": outcome, "now": now, "tenant": tenant_id, "id": target_id},
    )


def give_up(conn: Conn, tenant_id: UUID, name: str, outcome: str, now: datetime) -> int:
    """Whoever still waits is done with, for this reason; how many. What an earlier try came to stays in `tries`."""
    return conn.execute(
        """UPDATE campaigns.targets SET state = 'done', outcome = %s, changed_at = %s
            WHERE tenant_id = %s AND campaign = %s AND state = 'waiting'""",
        (outcome, now, tenant_id, name),
    ).rowcount


def never_again(conn: Conn, tenant_id: UUID, number: str, outcome: str, now: datetime) -> int:
    """The person said so: no campaign and no callback of the tenant calls this number (E.164); how many were waiting.

    Before the turn about the number is taken: admission takes a target first, then the number.
    """
    waiting = conn.execute(
        """UPDATE campaigns.targets SET state = 'done', outcome = %s, changed_at = %s
            WHERE tenant_id = %s AND e164 = %s AND state = 'waiting'""",
        (outcome, now, tenant_id, number),
    ).rowcount
    agreed = conn.execute(
        """UPDATE campaigns.callbacks SET state = 'cancelled', outcome = %s, changed_at = %s
            WHERE tenant_id = %s AND e164 = %s AND state = 'agreed'""",
        (outcome, now, tenant_id, number),
    ).rowcount
    return waiting + agreed


def in_progress(conn: Conn, tenant_id: UUID, name: str, now: datetime) -> tuple[int, list[datetime]]:
    """How many of its calls are in progress, and when those of the last minute began, on every node."""
    row = conn.execute(
        """SELECT (SELECT count(*) FROM campaigns.targets
                    WHERE tenant_id = %(tenant)s AND campaign = %(name)s AND state = 'admitted') AS going,
                  ARRAY(SELECT admitted_at FROM campaigns.tries
                         WHERE tenant_id = %(tenant)s AND campaign = %(name)s AND admitted_at > %(since)s) AS begun""",
        {"tenant": tenant_id, "name": name, "since": now - timedelta(minutes=1)},
    ).fetchone()
    assert row is not None
    return row["going"], row["begun"]


def left(conn: Conn, tenant_id: UUID, name: str) -> tuple[int, int, datetime | None]:
    """How many wait or are being called; of how many nobody knows the end; when the next of those who wait is due."""
    row = conn.execute(
        """SELECT count(*) FILTER (WHERE state <> 'unknown') AS n, count(*) FILTER (WHERE state = 'unknown') AS unknown,
                  min(due_at) FILTER (WHERE state = 'waiting') AS due
             FROM campaigns.targets WHERE tenant_id = %s AND campaign = %s AND state <> 'done'""",
        (tenant_id, name),
    ).fetchone()
    return (row["n"], row["unknown"], row["due"]) if row else (0, 0, None)


def ended_lately(conn: Conn, tenant_id: UUID, campaign: Campaign) -> list[Ended]:
    """Its last calls that ended since it last began to run, oldest first: what the breaker looks at."""
    rows = conn.execute(
        """SELECT ended_at, outcome, talked_ms, hung_up FROM campaigns.tries
            WHERE tenant_id = %s AND campaign = %s AND ended_at >= %s ORDER BY ended_at DESC LIMIT %s""",
        (tenant_id, campaign.name, campaign.running_since, _LOOKED_BACK),
    ).fetchall()
    return [
        Ended(row["ended_at"], row["outcome"], row["talked_ms"] > 0, row["talked_ms"], row["hung_up"])
        for row in reversed(rows)
    ]


def spent(conn: Conn, tenant_id: UUID, name: str, now: datetime) -> tuple[int, int]:
    """Micro-euros: what its ended calls cost, and what those in progress may come to."""
    row = conn.execute(
        """SELECT coalesce(sum(cost_micros), 0)::bigint AS cost,
                  coalesce(array_agg(call_id) FILTER (WHERE outcome = ''), '{}') AS going
             FROM campaigns.tries WHERE tenant_id = %s AND campaign = %s""",
        (tenant_id, name),
    ).fetchone()
    assert row is not None
    return row["cost"], running(conn, tenant_id, now, row["going"]).at_most if row["going"] else 0
