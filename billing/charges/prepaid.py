"""Prepaid calls: reserve before ringing, extend before it runs out, settle the difference once.

What is held is never less than what the call can come to: the dearest price of its rate, whatever the clock
says when it is answered. Calls of one tenant take turns on the account's row, so they cannot overdraw it
together. Settling is `ledger.record_call`, the same for postpaid: a price does not depend on how it is paid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from billing.charges.lines import MICRO, month_of
from billing.charges.locking import bundle_held, lock_account, lock_month
from billing.charges.tariffs import InForce, in_force
from billing.rating.rating import CompiledTariff, Priced, engine
from billing.rating.tariff import PARIS
from store.base.errors import Refused
from store.base.parties import Direction
from store.calls import LegKind
from store.db import Conn

STEP_SECONDS = 60
"""How much talk is reserved at a time, where the first increment is not longer."""


class BalanceTooLow(Refused):
    """The prepaid balance does not cover the call's first increment."""

    code = "balance_too_low"


class NoPrice(Refused):
    """A prepaid call without a rate cannot be covered."""

    code = "no_price"


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a call in progress holds. `seconds`: answered seconds it may last; None: it has no such limit."""

    call_id: UUID
    seconds: int | None
    amount_micros: int = 0
    bundle_seconds: int = 0
    warned: bool = False


@dataclass(frozen=True, slots=True)
class Extension:
    """How long the call may last now. `warn`: tell the caller, this once; `last`: end it politely in time."""

    seconds: int | None
    warn: bool = False
    last: bool = False


def hold_micros(tool: CompiledTariff, priced: Priced, seconds: int, bundle: int) -> int:
    """The most a call of up to so many answered seconds can cost when the bundle gives `bundle` of them."""
    charged = max(0, priced.billed(seconds) - bundle)
    if not charged:
        return 0
    dearest = max(p.price_per_minute for p in (priced.terms, *priced.terms.windows))
    exact = priced.terms.connection_fee + charged * dearest / 60
    return tool.rounded(int(exact * tool.unit)) * MICRO // 10**tool.tariff.decimals


def affordable_seconds(tool: CompiledTariff, priced: Priced, micros: int, bundle: int, most: int) -> int:
    """The longest call, at most `most` answered seconds, that so much covers; 0 when none."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if hold_micros(tool, priced, middle, bundle) <= micros:
            low = middle
        else:
            high = middle - 1
    return low


def reserve(
    conn: Conn, tenant_id: UUID, call_id: UUID, direction: Direction, far_party: str,
    now: datetime, leg: LegKind | None = None,
) -> Reservation:  # fmt: skip
    """Hold the start of a call before it rings, inbound too. A postpaid tenant's call holds nothing.

    `leg`: why it leaves another call, where it is such a leg; one that the tariff lets go free holds nothing.
    Once for each call id. Raises BalanceTooLow, or NoPrice where nothing says what the call would cost.
    """
    account = lock_account(conn, tenant_id)
    if account["mode"] == "postpaid":
        return Reservation(call_id, None)
    known = _held(conn, call_id)
    if known is not None:
        return known
    force = in_force(conn, now)
    tool, priced, included = _priced(force, leg or direction, far_party)
    if leg and tool.is_free(leg, far_party):
        return Reservation(call_id, None)
    month = month_of(now, force.tariff.timezone if force else PARIS)
    free = _bundle_free(conn, tenant_id, month, tool) if included else 0
    available = account["balance_micros"] - account["reserved_micros"]
    wanted = max(STEP_SECONDS, priced.initial)
    seconds = affordable_seconds(tool, priced, available, free, wanted)
    if seconds < priced.initial:
        raise BalanceTooLow(
            f"the balance left, {available / MICRO:.2f} {account['currency']}, does not cover a call to {far_party}",
            hint="decroche billing credit TENANT AMOUNT --reference …",
        )
    bundle = min(free, priced.billed(seconds))
    held = Reservation(call_id, seconds, hold_micros(tool, priced, seconds, bundle), bundle)
    conn.execute(
        """INSERT INTO billing.reservations
               (tenant_id, call_id, direction, far_party, month, seconds, bundle_seconds, amount_micros, leg)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (tenant_id, call_id, direction, far_party, month, seconds, bundle, held.amount_micros, leg),
    )
    _add_reserved(conn, tenant_id, held.amount_micros)
    return held


def extend(conn: Conn, tenant_id: UUID, call_id: UUID, now: datetime, step: int = STEP_SECONDS) -> Extension:
    """Hold more of a call before what it has runs out.

    When the balance does not cover a whole step it gives what it covers, for the last time.
    """
    account = lock_account(conn, tenant_id)
    held = _held(conn, call_id)
    if held is None or held.seconds is None:
        return Extension(None)
    row = conn.execute("SELECT * FROM billing.reservations WHERE call_id = %s", (call_id,)).fetchone()
    assert row is not None
    force = in_force(conn, now)
    tool, priced, included = _priced(force, row["leg"] or row["direction"], row["far_party"])
    free = held.bundle_seconds + (_bundle_free(conn, tenant_id, row["month"], tool) if included else 0)
    available = account["balance_micros"] - account["reserved_micros"] + held.amount_micros
    wanted = held.seconds + step
    seconds = max(held.seconds, affordable_seconds(tool, priced, available, free, wanted))
    last = seconds < wanted
    bundle = max(held.bundle_seconds, min(free, priced.billed(seconds)))
    amount = (
        max(held.amount_micros, hold_micros(tool, priced, seconds, bundle))
        if seconds > held.seconds
        else held.amount_micros
    )
    more = replace(held, seconds=seconds, amount_micros=amount, bundle_seconds=bundle)
    conn.execute(
        """UPDATE billing.reservations SET seconds = %s, bundle_seconds = %s, amount_micros = %s, warned = warned OR %s
            WHERE call_id = %s""",
        (seconds, bundle, more.amount_micros, last, call_id),
    )
    _add_reserved(conn, tenant_id, more.amount_micros - held.amount_micros)
    return Extension(seconds, warn=last and not held.warned, last=last)


def forgotten(conn: Conn, before: datetime) -> list[tuple[UUID, UUID]]:
    """Tenant and call of what was held before then for calls not in progress: their process died (operator)."""
    rows = conn.execute(
        """SELECT r.tenant_id, r.call_id FROM billing.reservations r
            WHERE r.reserved_at < %s
              AND NOT EXISTS (SELECT 1 FROM store.live_calls l WHERE l.call_id = r.call_id)""",
        (before,),
    ).fetchall()
    return [(row["tenant_id"], row["call_id"]) for row in rows]


def _bundle_free(conn: Conn, tenant_id: UUID, month: date, tool: CompiledTariff) -> int:
    used = lock_month(conn, tenant_id, month)
    return max(0, tool.bundle_seconds - used - bundle_held(conn, tenant_id, month))


def _priced(force: InForce | None, direction: str, far_party: str) -> tuple[CompiledTariff, Priced, bool]:
    if force is None:
        raise NoPrice("no tariff is assigned to the tenant", hint="decroche billing tariff assign NAME --tenant T")
    tool = engine(force.tariff)
    priced, included = tool.find(direction, far_party)
    if priced is None:
        raise NoPrice(f"no rate for {direction} and {far_party}", hint="add a rate for its prefix to the tariff")
    return tool, priced, included


def _held(conn: Conn, call_id: UUID) -> Reservation | None:
    with conn.cursor(row_factory=class_row(Reservation)) as cursor:
        return cursor.execute(
            "SELECT call_id, seconds::integer, amount_micros, bundle_seconds, warned FROM billing.reservations"
            " WHERE call_id = %s",
            (call_id,),
        ).fetchone()


def _add_reserved(conn: Conn, tenant_id: UUID, micros: int) -> None:
    parameters: dict[str, Any] = {"micros": micros, "tenant": tenant_id}
    conn.execute(
        "UPDATE billing.accounts SET reserved_micros = reserved_micros + %(micros)s WHERE tenant_id = %(tenant)s",
        parameters,
    )
