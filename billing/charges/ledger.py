"""The ledger: a call's CDR, its charge, the month's counters and the balance, in one transaction.

Everything is done once for each call id: a second time changes nothing and answers the same charge. Charges
are never edited: `replace_charge` writes a reversal and a new line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, LiteralString, cast
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from billing.charges.tariffs import InForce, in_force
from billing.rating.rating import Call, Charge, Segment, answered_seconds, engine, micros
from billing.rating.tariff import PARIS
from store.calls import Action, Cdr, LegKind, Turn, insert_cdr
from store.db import Conn

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
    direction: Literal["inbound", "outbound"]
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


FIELDS = """
    tenant_id, call_id, generation, kind, status, direction, far_party, answered_at, month, answered_seconds,
    billed_seconds, bundle_seconds, charged_seconds, amount_micros, fee, currency, prefix, reason, segments,
    tariff, tariff_version, why, leg
"""
_INSERT = f"""
INSERT INTO billing.charges ({FIELDS}) VALUES (
    %(tenant_id)s, %(call_id)s, %(generation)s, %(kind)s, %(status)s, %(direction)s, %(far_party)s,
    %(answered_at)s, %(month)s, %(answered_seconds)s, %(billed_seconds)s, %(bundle_seconds)s,
    %(charged_seconds)s, %(amount_micros)s, %(fee)s, %(currency)s, %(prefix)s, %(reason)s, %(segments)s,
    %(tariff)s, %(tariff_version)s, %(why)s, %(leg)s)
"""


def record_call(conn: Conn, cdr: Cdr, turns: Sequence[Turn] = (), actions: Sequence[Action] = ()) -> ChargeRecord:
    """Store a call that ended and what it costs; `conn` is the transaction of `db.tenant(cdr.tenant_id)`.

    Without a tariff or a rate the charge is `unrated`, never 0. A call recorded before is left as it was.
    """
    if not insert_cdr(conn, cdr, turns, actions):
        known = charge_of(conn, cdr.id)
        if known is not None:
            return known
    return charge_call(conn, cdr)


def charge_call(conn: Conn, cdr: Cdr) -> ChargeRecord:
    """Charge a stored call: its line, the month's counters, the balance. For a call without any charge yet."""
    force = in_force(conn, cdr.answered_at or cdr.started_at)
    zone = force.tariff.timezone if force else PARIS
    month = month_of(cdr.answered_at or cdr.started_at, zone)
    account = lock_account(conn, cdr.tenant_id)
    used = lock_month(conn, cdr.tenant_id, month)
    release(conn, cdr.tenant_id, cdr.id)
    used += bundle_held(conn, cdr.tenant_id, month)
    left = max(0, engine(force.tariff).bundle_seconds - used) if force else 0
    charge = price(priced_call(cdr), force, left)
    blank = _blank(cdr, month, force.tariff.currency if force else account["currency"])
    record = record_of(blank, charge, force, "call")
    _write(conn, record)
    _watch(conn, record, engine(force.tariff).bundle_seconds if force else 0)
    return record


def _watch(conn: Conn, record: ChargeRecord, included: int) -> None:
    """Tell of the thresholds this charge crossed."""
    if not record.billed_seconds:
        return
    from billing.charges.controls import Spent, watch  # it imports this module

    row = conn.execute(
        "SELECT bundle_seconds, amount_micros FROM billing.usage WHERE tenant_id = %s AND month = %s",
        (record.tenant_id, record.month),
    ).fetchone()
    assert row is not None
    after = Spent(row["bundle_seconds"], included, row["amount_micros"])
    before = Spent(
        row["bundle_seconds"] - record.bundle_seconds, included, row["amount_micros"] - (record.amount_micros or 0)
    )
    watch(conn, record.tenant_id, before, after, record.month)


def charge_of(conn: Conn, call_id: UUID) -> ChargeRecord | None:
    """The charge that counts for a call today; None when it was never charged."""
    with conn.cursor(row_factory=class_row(ChargeRecord)) as cursor:
        return cursor.execute(f"SELECT {FIELDS} FROM billing.current_charges WHERE call_id = %s", (call_id,)).fetchone()


def replace_charge(conn: Conn, old: ChargeRecord, new: ChargeRecord) -> None:
    """Reverse a line and write another in its place; the counters and the balance follow both."""
    _write(conn, reversal(old, new.why))
    _write(conn, replace(new, generation=old.generation + 1))


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


def lock_account(conn: Conn, tenant_id: UUID) -> Mapping[str, Any]:
    """The tenant's account, locked to the end of the transaction; a postpaid one is made when missing."""
    locked: LiteralString = "SELECT * FROM billing.accounts WHERE tenant_id = %s FOR UPDATE"
    row = conn.execute(locked, (tenant_id,)).fetchone()
    if row is None:
        conn.execute("INSERT INTO billing.accounts (tenant_id) VALUES (%s) ON CONFLICT DO NOTHING", (tenant_id,))
        row = conn.execute(locked, (tenant_id,)).fetchone()
    assert row is not None
    return row


def lock_month(conn: Conn, tenant_id: UUID, month: date) -> int:
    """Seconds of the bundle used so far in a month, which is locked to the end of the transaction."""
    locked: LiteralString = "SELECT bundle_seconds FROM billing.usage WHERE tenant_id = %s AND month = %s FOR UPDATE"
    row = conn.execute(locked, (tenant_id, month)).fetchone()
    if row is None:
        conn.execute(
            "INSERT INTO billing.usage (tenant_id, month) VALUES (%s, %s) ON CONFLICT DO NOTHING", (tenant_id, month)
        )
        row = conn.execute(locked, (tenant_id, month)).fetchone()
    assert row is not None
    return row["bundle_seconds"]


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


def bundle_held(conn: Conn, tenant_id: UUID, month: date) -> int:
    """Seconds of a month's bundle that prepaid calls in progress count on."""
    row = conn.execute(
        "SELECT coalesce(sum(bundle_seconds), 0)::bigint AS held FROM billing.reservations"
        " WHERE tenant_id = %s AND month = %s",
        (tenant_id, month),
    ).fetchone()
    assert row is not None
    return row["held"]


def release(conn: Conn, tenant_id: UUID, call_id: UUID) -> int:
    """Give back what a prepaid call holds, once; the micro-euros given back. The account is locked already."""
    row = conn.execute(
        "DELETE FROM billing.reservations WHERE call_id = %s RETURNING amount_micros", (call_id,)
    ).fetchone()
    if row is None:
        return 0
    conn.execute(
        "UPDATE billing.accounts SET reserved_micros = reserved_micros - %s WHERE tenant_id = %s",
        (row["amount_micros"], tenant_id),
    )
    return row["amount_micros"]


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


def _blank(cdr: Cdr, month: date, currency: str) -> ChargeRecord:
    """A call's first line, before its price is known."""
    return ChargeRecord(
        tenant_id=cdr.tenant_id,
        call_id=cdr.id,
        generation=1,
        kind="charge",
        status="unrated",
        direction=cdr.direction,
        far_party=cdr.callee if cdr.direction == "outbound" else cdr.caller,
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


def _write(conn: Conn, record: ChargeRecord) -> None:
    """Add a line and what follows from it; the month and the account are locked already."""
    values = {name: getattr(record, name) for name in ChargeRecord.__slots__}
    values["segments"] = Jsonb(list(record.segments))
    conn.execute(_INSERT, values)
    sign = 1 if record.kind == "charge" else -1
    conn.execute(
        """UPDATE billing.usage
              SET calls = calls + %s, unrated_calls = unrated_calls + %s, bundle_seconds = bundle_seconds + %s,
                  charged_seconds = charged_seconds + %s, amount_micros = amount_micros + %s
            WHERE tenant_id = %s AND month = %s""",
        (
            sign,
            sign if record.status == "unrated" else 0,
            record.bundle_seconds,
            record.charged_seconds,
            record.amount_micros or 0,
            record.tenant_id,
            record.month,
        ),
    )
    if record.amount_micros:
        conn.execute(
            "UPDATE billing.accounts SET balance_micros = balance_micros - %s WHERE tenant_id = %s",
            (record.amount_micros, record.tenant_id),
        )
