"""A charge line: what it says, how it follows from a call and its price, and the line that undoes it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, cast
from uuid import UUID

from billing.charges.tariffs import InForce
from billing.rating.rating import Call, Charge, Segment, answered_seconds, engine, micros
from store.base.parties import Direction
from store.calls import Cdr, LegKind

MICRO = 1_000_000


NO_TARIFF = "no tariff is assigned to the tenant"


Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChargeRecord:
    """A charge line as stored. Amounts are micro-euros; None when there is no price (`unrated`)."""

    tenant_id: UUID
    call_id: UUID
    generation: int
    kind: Literal["charge", "reversal"]
    status: Literal["rated", "unanswered", "unrated"]
    direction: Direction
    far_party: str
    answered_at: datetime | None
    month: date
    answered_seconds: int
    billed_seconds: int
    bundle_seconds: int
    charged_seconds: int
    amount_micros: int | None
    fee: Decimal
    currency: str
    prefix: str | None
    reason: str | None
    segments: Sequence[Json]
    tariff: str | None
    tariff_version: int | None
    why: str
    leg: LegKind | None = None

    def plain(self) -> Json:
        """As commands print it: the keys of `billing rate`, and where the price comes from."""
        return {
            "status": self.status,
            "answered_seconds": self.answered_seconds,
            "billed_seconds": self.billed_seconds,
            "bundle_seconds": self.bundle_seconds,
            "charged_seconds": self.charged_seconds,
            "amount": None if self.amount_micros is None else spell(self.amount_micros),
            "currency": self.currency,
            "connection_fee": str(self.fee),
            "segments": list(self.segments),
            "prefix": self.prefix,
            "reason": self.reason,
            "tariff": self.tariff,
            "tariff_version": self.tariff_version,
        }


def reversal(of: ChargeRecord, why: str) -> ChargeRecord:
    """The line that undoes another."""
    return replace(
        of,
        kind="reversal",
        answered_seconds=-of.answered_seconds,
        billed_seconds=-of.billed_seconds,
        bundle_seconds=-of.bundle_seconds,
        charged_seconds=-of.charged_seconds,
        amount_micros=None if of.amount_micros is None else -of.amount_micros,
        fee=-of.fee,
        why=why,
    )


def month_of(at: datetime, zone: Any) -> date:
    """The first day of the calendar month of an instant, in a time zone."""
    return at.astimezone(zone).date().replace(day=1)


def spell(amount_micros: int) -> str:
    """Micro-euros as a decimal: 4 digits, 6 where they say more."""
    text = f"{abs(amount_micros) // MICRO}.{abs(amount_micros) % MICRO:06d}"
    return ("-" if amount_micros < 0 else "") + (text[:-2] if text.endswith("00") else text)


def to_micros(amount: Fraction) -> int:
    """An amount with at most 6 decimals in micro-euros, exactly."""
    scaled = amount * MICRO
    assert scaled.denominator == 1, "a stored tariff's amounts have at most 6 decimals"
    return int(scaled)


def priced_call(of: Cdr) -> Call:
    """What a call's price follows from."""
    return Call(str(of.id), of.direction, of.caller, of.callee, of.answered_at, of.ended_at, of.leg)


def price(call: Call, force: InForce | None, bundle: int) -> Charge:
    """The charge of a call by a tariff in force, with so many seconds left of the month's bundle."""
    if call.answered_at is None:
        return Charge(call.call_id, "unanswered", amount=Fraction(0))
    if force is None:
        seconds = answered_seconds(micros(call.answered_at), micros(call.ended_at))
        return Charge(call.call_id, "unrated", seconds, reason=NO_TARIFF)
    return engine(force.tariff).rate(call, bundle)


def record_of(known: ChargeRecord, charge: Charge, force: InForce | None, why: str) -> ChargeRecord:
    """A line like `known` that says what `charge` says."""
    return replace(
        known,
        status=cast("Literal['rated', 'unanswered', 'unrated']", charge.status),
        answered_seconds=charge.answered_seconds,
        billed_seconds=charge.billed_seconds,
        bundle_seconds=charge.bundle_seconds,
        charged_seconds=charge.charged_seconds,
        amount_micros=None if charge.amount is None else to_micros(charge.amount),
        fee=decimal_of(charge.connection_fee),
        prefix=charge.prefix,
        reason=charge.reason,
        segments=[segment_json(segment) for segment in charge.segments],
        tariff=force.name if force else None,
        tariff_version=force.version if force else None,
        why=why,
    )


def blank(cdr: Cdr, month: date, currency: str) -> ChargeRecord:
    """A call's first line, before its price is known."""
    return ChargeRecord(
        tenant_id=cdr.tenant_id,
        call_id=cdr.id,
        generation=1,
        kind="charge",
        status="unrated",
        direction=cdr.direction,
        far_party=cdr.parties.far,
        answered_at=cdr.answered_at,
        month=month,
        answered_seconds=0,
        billed_seconds=0,
        bundle_seconds=0,
        charged_seconds=0,
        amount_micros=None,
        fee=Decimal(0),
        currency=currency,
        prefix=None,
        reason=None,
        segments=[],
        tariff=None,
        tariff_version=None,
        why="call",
        leg=cdr.leg,
    )


def segment_json(segment: Segment) -> Json:
    """A segment as charges keep it."""
    price = "0" if segment.bundled else str(decimal_of(segment.price_per_minute))
    return {"seconds": segment.seconds, "from": "bundle" if segment.bundled else "charged", "price_per_minute": price}


def decimal_of(price: Fraction) -> Decimal:
    """A price from decimal text as that decimal, exactly."""
    return Decimal(price.numerator) / Decimal(price.denominator)
