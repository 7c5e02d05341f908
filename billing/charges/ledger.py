"""The ledger: a call's CDR, its charge, the month's counters and the balance, in one transaction.

Everything is done once for each call id: a second time changes nothing and answers the same charge. Charges
are never edited: `replace_charge` writes a reversal and a new line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from billing.charges.controls import Spent, watch
from billing.charges.lines import MICRO as MICRO
from billing.charges.lines import NO_TARIFF as NO_TARIFF
from billing.charges.lines import ChargeRecord as ChargeRecord
from billing.charges.lines import blank, priced_call
from billing.charges.lines import decimal_of as decimal_of
from billing.charges.lines import month_of as month_of
from billing.charges.lines import price as price
from billing.charges.lines import record_of as record_of
from billing.charges.lines import reversal as reversal
from billing.charges.lines import segment_json as segment_json
from billing.charges.lines import spell as spell
from billing.charges.lines import to_micros as to_micros
from billing.charges.locking import bundle_held as bundle_held
from billing.charges.locking import lock_account as lock_account
from billing.charges.locking import lock_month as lock_month
from billing.charges.tariffs import in_force
from billing.rating.rating import engine
from billing.rating.tariff import PARIS
from store.calls import Action, Cdr, Turn, insert_cdr
from store.db import Conn

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
    fresh = blank(cdr, month, force.tariff.currency if force else account["currency"])
    record = record_of(fresh, charge, force, "call")
    _write(conn, record)
    _watch(conn, record, engine(force.tariff).bundle_seconds if force else 0)
    return record


def _watch(conn: Conn, record: ChargeRecord, included: int) -> None:
    """Tell of the thresholds this charge crossed."""
    if not record.billed_seconds:
        return
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
