"""Controls: alerts near the thresholds, a cap that blocks outbound, fraud thresholds that suspend it.

The decisions are pure (`thresholds.py`); what they tell goes to the outbox in the transaction of the call
that crossed the threshold, once. Inbound calls are blocked by nothing here but a suspension for non-payment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from billing.charges.lines import month_of, spell
from billing.charges.locking import lock_account
from billing.charges.running import running
from billing.charges.tariffs import in_force
from billing.charges.thresholds import Limits as Limits
from billing.charges.thresholds import Notice as Notice
from billing.charges.thresholds import Spent as Spent
from billing.charges.thresholds import alerts as alerts
from billing.charges.thresholds import country_of as country_of
from billing.charges.thresholds import crowded as crowded
from billing.charges.thresholds import fraud as fraud
from billing.rating.tariff import PARIS
from store import limits as limits_of_calls
from store import live, tenants
from store.audit import note
from store.base.actor import Actor, service
from store.base.errors import BadInput, Refused
from store.base.ids import new_id
from store.db import Conn, Database

TELL = "billing.tell"
"""The job of telling one notice; whoever writes a notice writes it too (a trigger of `billing.notices`)."""
TELL_TRIES = 20
"""Some three days; the trigger's own figure."""


class OutboundBlocked(Refused):
    """Outbound calls of this tenant are blocked."""

    code = "outbound_blocked"


class OutboundWaits(OutboundBlocked):
    """Other calls of this tenant must end first."""


def limits_of(conn: Conn, tenant_id: UUID) -> Limits:
    """The tenant's limits, defaults where nothing was set."""
    row = conn.execute("SELECT limits FROM billing.controls WHERE tenant_id = %s", (tenant_id,)).fetchone()
    return Limits(**row["limits"]) if row else Limits()


def set_limits(conn: Conn, tenant_id: UUID, *, by: Actor, **changes: Any) -> Limits:
    """Change some limits (operator). Raises BadInput for a negative one."""
    for name, value in changes.items():
        if isinstance(value, int) and value < 0:
            raise BadInput(f"{name}: {value} is negative", hint="0 switches a limit off")
    _check_addresses(changes)
    limits = replace(limits_of(conn, tenant_id), **changes)
    conn.execute(
        """INSERT INTO billing.controls (tenant_id, limits) VALUES (%s, %s)
           ON CONFLICT (tenant_id) DO UPDATE SET limits = excluded.limits""",
        (tenant_id, Jsonb(asdict(limits))),
    )
    note(conn, by, "controls.set", f"tenant:{tenant_id}", tenant_id, changed=sorted(changes))
    return limits


_ADDRESSES = {
    "email": (re.compile(r"[^@\s]+@[^@\s]+"), "an e-mail address such as compta@client.example"),
    "webhook": (
        re.compile(r"https?://[^\s/@{}]+(?:/\S*)?"),
        "an address such as https://host/path, without a user or a password",
    ),
    "phone": (re.compile(r"\+[1-9][0-9]{5,14}"), "a number such as +33612345678"),
}


def _check_addresses(changes: Mapping[str, Any]) -> None:
    for name, (pattern, what) in _ADDRESSES.items():
        if changes.get(name) and not pattern.fullmatch(changes[name]):
            raise BadInput(f"{name}: {changes[name]!r} is not {what}", hint="'' switches it off")


def allow_dialling(
    db: Database, tenant_id: UUID, callee: str, now: datetime, taking: live.LiveCall | None = None,
    *, free: bool = False,
) -> None:  # fmt: skip
    """Raises OutboundBlocked when this call must not be placed; what looks like fraud suspends outbound first.

    `taking`: the call, in progress from now on where it is allowed; orders of one tenant take turns, so that two at
    once are not both the last one allowed. It opens its own transactions: a suspension stays although the call is
    refused. `free`: a leg at the operator's expense, which neither the cap nor an unpaid invoice holds back.
    """
    with db.tenant(tenant_id) as conn:
        why = dialling(conn, tenant_id, callee, now, taking, free=free)
        if why:
            block(conn, tenant_id, "fraud", why, by=service("fraud"))
    if why:
        raise OutboundBlocked(f"outbound is blocked (fraud): {why}", hint="ask the operator")


def dialling(
    conn: Conn, tenant_id: UUID, callee: str, now: datetime, taking: live.LiveCall | None = None, *,
    patient: bool = False, free: bool = False,
) -> str:  # fmt: skip
    """Why this call looks like fraud, and outbound must be suspended (`block`, in a transaction that commits); "" where
    it may be placed, and `taking` is in progress from now on.

    `patient`: whoever asks can wait for the minute to have room, which is then no fraud. `free`: as above. Raises
    OutboundBlocked, and OutboundWaits where other calls must end first. The account is locked to the transaction's end.
    """
    lock_account(conn, tenant_id)
    limits = limits_of(conn, tenant_id)
    spent = _spent(conn, tenant_id, now)
    _check_open(conn, tenant_id, limits, spent, free=free)
    if patient and limits.calls_a_minute and spent.calls_last_minute + 1 >= limits.calls_a_minute:
        raise OutboundWaits(f"outbound waits: {spent.calls_last_minute} calls in a minute", hint="wait a minute")
    country = country_of(callee)
    seen = () if country in limits.known_countries else _countries(conn, tenant_id)
    if why := fraud(limits, spent, country, seen):
        return why
    if wait := crowded(limits, spent):
        raise OutboundWaits(f"outbound waits: {wait}", hint="wait for calls to end, or raise the limit")
    if taking is not None:
        if full := limits_of_calls.refusal(conn, tenant_id):
            raise OutboundWaits(f"outbound waits: {full}", hint="wait for calls to end, or: decroche tenant limit")
        live.begin(conn, taking)
    return ""


def _check_open(conn: Conn, tenant_id: UUID, limits: Limits, spent: Spent, *, free: bool) -> None:
    row = conn.execute(
        """SELECT kind, reason FROM billing.blocks
            WHERE tenant_id = %s AND lifted_at IS NULL AND NOT (%s AND kind = 'unpaid') LIMIT 1""",
        (tenant_id, free),
    ).fetchone()
    if row is not None:
        raise OutboundBlocked(f"outbound is blocked ({row['kind']}): {row['reason']}", hint="ask the operator")
    if not free and limits.month_cap_micros and spent.month_micros >= limits.month_cap_micros:
        cap = spell(limits.month_cap_micros)
        raise OutboundBlocked(f"the month's cap of {cap} is reached", hint="raise the cap, or wait for the next month")


def block(conn: Conn, tenant_id: UUID, kind: Literal["fraud", "unpaid", "operator"], reason: str, *, by: Actor) -> bool:
    """Block outbound and tell the operator; False when it was blocked for that kind already.

    Who has not paid is suspended whole (article 5.4): no agent answers, its numbers go to their fallback, else to a
    recorded apology. That is the operator's to write; what is held stays, and can be exported.
    """
    block_id = new_id()
    if kind == "unpaid":
        tenants.suspend(conn, tenant_id, by=by)
    done = conn.execute(
        """INSERT INTO billing.blocks (tenant_id, id, kind, reason) VALUES (%s, %s, %s, %s)
           ON CONFLICT (tenant_id, kind) WHERE lifted_at IS NULL DO NOTHING""",
        (tenant_id, block_id, kind, reason),
    )
    if done.rowcount:
        tell(conn, tenant_id, Notice("blocked", str(block_id), "operator", {"kind": kind, "reason": reason}))
        note(conn, by, "controls.block", f"block:{block_id}", tenant_id, kind=kind)
    return bool(done.rowcount)


def lift(conn: Conn, tenant_id: UUID, kind: str, by: Actor) -> bool:
    """Lift a block (operator); False when there was none. Who was suspended for not paying is active again."""
    if kind == "unpaid":
        tenants.resume(conn, tenant_id, by=by)
    done = conn.execute(
        """UPDATE billing.blocks SET lifted_at = now(), lifted_by = %s
            WHERE tenant_id = %s AND kind = %s AND lifted_at IS NULL""",
        (str(by), tenant_id, kind),
    )
    if done.rowcount:
        note(conn, by, "controls.lift", f"tenant:{tenant_id}", tenant_id, kind=kind)
    return bool(done.rowcount)


def watch(conn: Conn, tenant_id: UUID, before: Spent, after: Spent, month: date) -> None:
    """Tell of the thresholds that a charge has just crossed; in the charge's transaction."""
    for notice in alerts(limits_of(conn, tenant_id), before, after, month):
        tell(conn, tenant_id, notice)


def tell(conn: Conn, tenant_id: UUID, notice: Notice) -> bool:
    """Put a notice in the outbox, once for its kind and occasion."""
    done = conn.execute(
        """INSERT INTO billing.notices (tenant_id, id, kind, about, audience, body) VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (tenant_id, kind, about) DO NOTHING""",
        (tenant_id, new_id(), notice.kind, notice.about, notice.audience, Jsonb(notice.body)),
    )
    return bool(done.rowcount)


def _spent(conn: Conn, tenant_id: UUID, now: datetime) -> Spent:
    force = in_force(conn, now)
    month = month_of(now, force.tariff.timezone if force else PARIS)
    row = conn.execute(
        """SELECT (SELECT coalesce(sum(amount_micros), 0)::bigint FROM billing.usage
                    WHERE tenant_id = %(tenant)s AND month = %(month)s) AS month_micros,
                  (SELECT count(*) FROM store.calls WHERE tenant_id = %(tenant)s AND direction = 'outbound'
                      AND started_at > %(minute)s)
                + (SELECT count(*) FROM store.live_calls WHERE tenant_id = %(tenant)s AND direction = 'outbound'
                      AND since > %(minute)s) AS calls,
                  (SELECT coalesce(sum(c.amount_micros), 0)::bigint FROM billing.current_charges c
                    WHERE c.tenant_id = %(tenant)s AND c.direction = 'outbound'
                      AND c.answered_at > %(hour)s) AS hour""",
        {"tenant": tenant_id, "month": month, "minute": now - timedelta(minutes=1), "hour": now - timedelta(hours=1)},
    ).fetchone()
    assert row is not None
    return Spent(0, 0, row["month_micros"], row["calls"], row["hour"], running(conn, tenant_id, now))


def _countries(conn: Conn, tenant_id: UUID) -> list[str]:
    """Countries called before."""
    rows = conn.execute(
        "SELECT DISTINCT callee FROM store.calls WHERE tenant_id = %s AND direction = 'outbound'", (tenant_id,)
    ).fetchall()
    return sorted({country_of(row["callee"]) for row in rows})
