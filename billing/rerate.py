"""Rating again: a reversal and a new line for each call whose price changes; invoiced charges are left alone.

A month's bundle goes to its calls by `answered_at`, then call id, while calls are recorded when they end.
`rerate` is what brings the one to the other, besides a new tariff for past calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from psycopg.rows import class_row

from billing.ledger import (
    FIELDS,
    ChargeRecord,
    charge_call,
    lock_account,
    lock_month,
    price,
    record_of,
    replace_charge,
)
from billing.rating import engine
from billing.tariffs import InForce, Timetable, timetable
from store.calls import get
from store.db import Conn


@dataclass(slots=True)
class Rerated:
    """What rating again did. `invoiced`: calls whose price would change, but only a credit note can."""

    changed: list[tuple[ChargeRecord, ChargeRecord]] = field(default_factory=list[tuple[ChargeRecord, ChargeRecord]])
    added: list[ChargeRecord] = field(default_factory=list[ChargeRecord])
    invoiced: list[UUID] = field(default_factory=list[UUID])
    same: int = 0


def rerate(
    conn: Conn,
    tenant_id: UUID,
    since: datetime,
    until: datetime | None = None,
    *,
    by: InForce | None = None,
    why: str = "rerate",
) -> Rerated:
    """Rate a tenant's calls answered from `since` to before `until` again, as if they had come in order.

    `by`: the tariff to use; without it, the one in force when each call was answered. `conn` is an
    operator's transaction with the tenant set; other calls of the tenant wait until it ends.
    """
    lock_account(conn, tenant_id)
    done = Rerated()
    for call_id in _uncharged(conn, tenant_id, since, until):
        done.added.append(charge_call(conn, get(conn, call_id).cdr))
    tariffs = timetable(conn, tenant_id)
    for month in _months(conn, tenant_id, since, until):
        lock_month(conn, tenant_id, month)
        _rerate_month(conn, tenant_id, month, (since, until), by, tariffs, why, done)
    return done


def _rerate_month(
    conn: Conn,
    tenant_id: UUID,
    month: date,
    span: tuple[datetime, datetime | None],
    by: InForce | None,
    tariffs: Timetable,
    why: str,
    done: Rerated,
) -> None:
    used = 0
    changes: list[tuple[ChargeRecord, ChargeRecord]] = []
    for old, ended_at, caller, callee, invoiced in _charges(conn, tenant_id, month):
        assert old.answered_at is not None
        new = old
        if span[0] <= old.answered_at and (span[1] is None or old.answered_at < span[1]):
            force = by or tariffs.at(old.answered_at)
            left = 0 if force is None else max(0, engine(force.tariff).bundle_seconds - used)
            charge = price(str(old.call_id), old.direction, caller, callee, old.answered_at, ended_at, force, left)
            new = record_of(old, charge, force, why)
        if _differs(old, new):
            if invoiced:
                if new.amount_micros != old.amount_micros:
                    done.invoiced.append(old.call_id)
                new = old
            else:
                changes.append((old, new))
        else:
            done.same += 1
        used += new.bundle_seconds
    for old, new in changes:
        replace_charge(conn, old, new)
    done.changed += changes


def _differs(old: ChargeRecord, new: ChargeRecord) -> bool:
    """Whether anything but its number and cause changed."""
    return replace(new, generation=old.generation, why=old.why) != old


def _charges(conn: Conn, tenant_id: UUID, month: date) -> Sequence[tuple[ChargeRecord, datetime, str, str, bool]]:
    """The month's answered calls in the order of the bundle, with what rating needs of each."""
    with conn.cursor(row_factory=class_row(ChargeRecord)) as cursor:
        charges = cursor.execute(
            f"""SELECT {FIELDS} FROM billing.current_charges
                 WHERE tenant_id = %s AND month = %s AND answered_at IS NOT NULL
                 ORDER BY answered_at, call_id""",
            (tenant_id, month),
        ).fetchall()
    facts = {
        row["id"]: row
        for row in conn.execute(
            """SELECT k.id, k.ended_at, k.caller, k.callee, i.id IS NOT NULL AS invoiced
                 FROM billing.current_charges c JOIN store.calls k ON k.id = c.call_id
                 LEFT JOIN (billing.invoice_charges l JOIN billing.live_invoices i ON i.id = l.invoice_id)
                        ON l.call_id = c.call_id AND l.generation = c.generation
                WHERE c.tenant_id = %s AND c.month = %s""",
            (tenant_id, month),
        )
    }
    found: list[tuple[ChargeRecord, datetime, str, str, bool]] = []
    for charge in charges:
        row = facts[charge.call_id]
        found.append((charge, row["ended_at"], row["caller"], row["callee"], row["invoiced"]))
    return found


def _months(conn: Conn, tenant_id: UUID, since: datetime, until: datetime | None) -> list[date]:
    rows = conn.execute(
        """SELECT DISTINCT month FROM billing.current_charges
            WHERE tenant_id = %(tenant)s AND answered_at >= %(since)s
              AND (%(until)s::timestamptz IS NULL OR answered_at < %(until)s) ORDER BY month""",
        {"tenant": tenant_id, "since": since, "until": until},
    ).fetchall()
    return [row["month"] for row in rows]


def _uncharged(conn: Conn, tenant_id: UUID, since: datetime, until: datetime | None) -> list[UUID]:
    rows = conn.execute(
        """SELECT k.id FROM store.calls k
            WHERE k.tenant_id = %(tenant)s AND coalesce(k.answered_at, k.started_at) >= %(since)s
              AND (%(until)s::timestamptz IS NULL OR coalesce(k.answered_at, k.started_at) < %(until)s)
              AND NOT EXISTS (SELECT 1 FROM billing.charges c WHERE c.call_id = k.id)
            ORDER BY k.answered_at, k.id""",
        {"tenant": tenant_id, "since": since, "until": until},
    ).fetchall()
    return [row["id"] for row in rows]
