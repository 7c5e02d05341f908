"""A tenant's account: prepaid or postpaid, and the movements of its balance that are not calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from billing.charges.lines import spell
from billing.charges.locking import lock_account
from store.audit import note
from store.base.actor import Actor
from store.base.errors import Refused
from store.base.ids import new_id
from store.db import Conn

Mode = Literal["postpaid", "prepaid"]


@dataclass(frozen=True, slots=True)
class Account:
    """Amounts are micro-euros (10⁻⁶ of `currency`). `reserved_micros`: held for calls in progress."""

    tenant_id: UUID
    mode: Mode
    currency: str
    balance_micros: int
    reserved_micros: int

    @property
    def available_micros(self) -> int:
        """What a new call may still reserve."""
        return self.balance_micros - self.reserved_micros


def account(conn: Conn, tenant_id: UUID) -> Account:
    """The tenant's account; a postpaid one is made when missing. It stays locked to the transaction's end."""
    return Account(**lock_account(conn, tenant_id))


def set_mode(conn: Conn, tenant_id: UUID, mode: Mode) -> Account:
    """Prepaid or postpaid. Raises Refused while calls in progress hold something."""
    found = account(conn, tenant_id)
    if found.mode != mode and found.reserved_micros:
        raise Refused("calls in progress hold a part of the balance", hint="try again when they have ended")
    with conn.cursor(row_factory=class_row(Account)) as cursor:
        row = cursor.execute(
            """UPDATE billing.accounts SET mode = %s WHERE tenant_id = %s
               RETURNING tenant_id, mode, currency, balance_micros, reserved_micros""",
            (mode, tenant_id),
        ).fetchone()
    assert row is not None
    return row


def change_mode(conn: Conn, tenant_id: UUID, mode: Mode, today: date, *, by: Actor) -> Account:
    """As `set_mode`, between months: Refused once calls of this month cost something, as they are paid one
    way only, and while the balance is not 0: no cent of it is lost."""
    month = today.replace(day=1)
    row = conn.execute(
        "SELECT mode, amount_micros FROM billing.usage WHERE tenant_id = %s AND month = %s", (tenant_id, month)
    ).fetchone()
    if row is not None and row["mode"] != mode:
        if row["amount_micros"]:
            raise Refused(
                f"calls of {month:%Y-%m} are {row['mode']} and cost something already",
                hint="change it on the first of a month, before the first call",
            )
        conn.execute("UPDATE billing.usage SET mode = %s WHERE tenant_id = %s AND month = %s", (mode, tenant_id, month))
    held = account(conn, tenant_id)
    if held.mode != mode and held.balance_micros:
        raise Refused(
            f"the {held.mode} balance is {spell(held.balance_micros)}, which would be lost",
            hint="credit the top-ups and refund what is left of them"
            if held.mode == "prepaid"
            else "invoice the months that are not invoiced: decroche billing invoice run",
        )
    changed = set_mode(conn, tenant_id, mode)
    note(conn, by, "account.mode", f"tenant:{tenant_id}", tenant_id, mode=mode)
    return changed


def month_mode(conn: Conn, tenant_id: UUID, month: date) -> Mode:
    """How a month's calls are paid; as the account is, while it has none."""
    row = conn.execute(
        "SELECT mode FROM billing.usage WHERE tenant_id = %s AND month = %s", (tenant_id, month)
    ).fetchone()
    return account(conn, tenant_id).mode if row is None else row["mode"]


def move(
    conn: Conn,
    tenant_id: UUID,
    kind: Literal["top_up", "refund", "adjustment", "invoice"],
    amount_micros: int,
    reference: str,
    by: Actor,
    on: date | None = None,
) -> bool:
    """Move the balance by an amount (a refund's is negative), once for each kind and reference.

    `on`: the day the money came, where it is entered later: a statement goes by it.
    """
    lock_account(conn, tenant_id)
    done = conn.execute(
        """INSERT INTO billing.movements (tenant_id, id, kind, amount_micros, reference, moved_by, moved_at)
           VALUES (%(tenant)s, %(id)s, %(kind)s, %(amount)s, %(reference)s, %(by)s,
                   CASE WHEN %(on)s::date < (now() AT TIME ZONE 'Europe/Paris')::date
                        THEN (%(on)s::date + time '12:00') AT TIME ZONE 'Europe/Paris' ELSE now() END)
           ON CONFLICT (tenant_id, kind, reference) DO NOTHING""",
        {"tenant": tenant_id, "id": new_id(), "kind": kind, "amount": amount_micros, "reference": reference,
         "by": str(by), "on": on},
    )  # fmt: skip
    if not done.rowcount:
        return False
    conn.execute(
        "UPDATE billing.accounts SET balance_micros = balance_micros + %s WHERE tenant_id = %s",
        (amount_micros, tenant_id),
    )
    return True
