"""What a campaign's call came to, in the transaction of its CDR; and what a process that died left without an end."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from billing.charges.ledger import charge_of
from campaigns.campaigns import get
from campaigns.dialling.versus import won
from campaigns.planning.outcomes import Seen, outcome, picked_up
from campaigns.planning.retries import DEFAULTS, next_try
from store import calls, messages
from store.db import Conn, Database

log = logging.getLogger(__name__)

_ENDED = ("stopped", "finished")


def ended(conn: Conn, record: calls.Cdr, said: Collection[str], cost_micros: int, now: datetime) -> str | None:
    """Write a try's end from its CDR (the tenant's session); None for a call that is none, or has ended already.

    `said`: names of the actions that were done. Its target waits again by the campaign's rules, or is done.
    """
    row = _open_try(conn, record.tenant_id, record.id)
    if row is None:
        return None
    seen = Seen(record.outcome, record.answered_at is not None, said)
    word = outcome(seen)
    talked = record.ended_at - record.answered_at if record.answered_at else timedelta()
    hung_up = record.answered_at is not None and record.hangup_side == "caller"
    if word == "unknown" and row["outcome"] == "unknown":
        return word
    conn.execute(
        """UPDATE campaigns.tries
              SET ended_at = %s, outcome = %s, talked_ms = %s, hung_up = %s, cost_micros = %s, picked_up = %s,
                  won = %s
            WHERE tenant_id = %s AND call_id = %s""",
        (
            now, word, talked // timedelta(milliseconds=1), hung_up, cost_micros, picked_up(seen), won(said),
            record.tenant_id, record.id,
        ),
    )  # fmt: skip
    _settle(conn, row, record.id, word, now)
    return word


def _open_try(conn: Conn, tenant_id: UUID, call_id: UUID) -> dict[str, Any] | None:
    return conn.execute(
        """SELECT * FROM campaigns.tries WHERE tenant_id = %s AND call_id = %s AND outcome IN ('', 'unknown')
              FOR UPDATE""",
        (tenant_id, call_id),
    ).fetchone()


def _settle(conn: Conn, row: dict[str, Any], call_id: UUID, word: str, now: datetime) -> None:
    """What the try's end means for its target or callback."""
    if row["callback_id"] is not None:
        _settle_callback(conn, row, call_id, word, now)
        return
    campaign = get(conn, row["tenant_id"], row["campaign"])
    tries = conn.execute(
        "SELECT outcome FROM campaigns.tries WHERE tenant_id = %s AND target_id = %s ORDER BY admitted_at, call_id",
        (row["tenant_id"], row["target_id"]),
    ).fetchall()
    zone = ZoneInfo(campaign.timezone)
    again = next_try([each["outcome"] for each in tries], now, zone, campaign.policy)
    due = campaign.calendar.next_open(again) if again and campaign.state not in _ENDED else None
    state = "unknown" if word == "unknown" else "waiting" if due else "done"
    conn.execute(
        """UPDATE campaigns.targets
              SET state = %s, outcome = %s, due_at = coalesce(%s, due_at), call_id = NULL, changed_at = %s
            WHERE tenant_id = %s AND id = %s AND (call_id = %s OR state = 'unknown')""",
        (state, word, due, now, row["tenant_id"], row["target_id"], call_id),
    )


def _settle_callback(conn: Conn, row: dict[str, Any], call_id: UUID, word: str, now: datetime) -> None:
    """Kept where they were reached; tried again while its slot lasts; else missed, and told."""
    found = conn.execute(
        "SELECT * FROM campaigns.callbacks WHERE tenant_id = %s AND id = %s AND call_id = %s FOR UPDATE",
        (row["tenant_id"], row["callback_id"], call_id),
    ).fetchone()
    if found is None:
        return
    again = next_try([word], now, ZoneInfo("UTC"), {**DEFAULTS, "no_answer": DEFAULTS["busy"]})
    reached = word not in DEFAULTS and word not in ("unknown", "declined", "unallocated", "fax")
    state = "kept" if reached else "agreed" if again and again < found["to_at"] else "missed"
    conn.execute(
        """UPDATE campaigns.callbacks
              SET state = %s, outcome = %s, due_at = coalesce(%s, due_at), call_id = NULL, changed_at = %s
            WHERE tenant_id = %s AND id = %s""",
        (state, word, again if state == "agreed" else None, now, row["tenant_id"], row["callback_id"]),
    )
    if state == "missed":
        tell_missed(conn, found, word)


def tell_missed(conn: Conn, callback: dict[str, Any], why: str) -> None:
    """The client is told of a callback that was not kept: it is never placed late."""
    zone = ZoneInfo("Europe/Paris")
    span = f"{callback['from_at'].astimezone(zone):%d/%m/%Y %H:%M} - {callback['to_at'].astimezone(zone):%H:%M}"
    messages.leave(
        conn, callback["tenant_id"], callback["agent"], f"Rappel convenu manqué ({span}) : {why}",
        phone=callback["e164"], call_id=callback["evidence_call"],
    )  # fmt: skip


def settle_left(
    db: Database, node: str, alive: Collection[UUID], now: datetime, longest: timedelta, limit: int = 1000
) -> int:
    """Calls that this `node` admitted before it died, or any node longer ago than a call lasts: each becomes what its
    CDR says, else `unknown`, which nobody calls again by itself. How many. `alive`: calls of this very process.

    A call with a lease is left: whoever looks after it writes its CDR.
    """
    with db.operator() as conn:
        rows = conn.execute(
            """SELECT t.tenant_id, t.call_id FROM campaigns.tries t
                WHERE t.outcome = '' AND (t.node = %s OR t.admitted_at < %s) AND t.call_id <> ALL (%s)
                  AND NOT EXISTS (SELECT 1 FROM store.live_calls l WHERE l.call_id = t.call_id)
                ORDER BY t.admitted_at LIMIT %s""",
            (node, now - longest, list(alive), limit),
        ).fetchall()
    for row in rows:
        with db.tenant(row["tenant_id"]) as conn:
            _settle_one(conn, row["tenant_id"], row["call_id"], now)
    return len(rows)


def _settle_one(conn: Conn, tenant_id: UUID, call_id: UUID, now: datetime) -> None:
    known = conn.execute("SELECT 1 FROM store.calls WHERE id = %s", (call_id,)).fetchone()
    if known is not None:
        found, charge = calls.get(conn, call_id), charge_of(conn, call_id)
        cost = (charge.amount_micros if charge else None) or 0
        ended(conn, found.cdr, [action.name for action in found.actions], cost, now)
        return
    row = _open_try(conn, tenant_id, call_id)
    if row is None or row["outcome"]:
        return
    log.warning("call %s was admitted and nobody knows what became of it", call_id)
    conn.execute(
        "UPDATE campaigns.tries SET ended_at = %s, outcome = 'unknown' WHERE tenant_id = %s AND call_id = %s",
        (now, tenant_id, call_id),
    )
    _settle(conn, row, call_id, "unknown", now)
