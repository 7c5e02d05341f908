"""Money of unknown payers: entered as it came on the operator's suspense account, then assigned or given back.

It is never refused for want of a document and never dropped: what a transfer came to is what was assigned, given back
and is left of it. The bank's own reference makes it count once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from billing.documents.cii import money
from billing.invoices.balances import balance_due
from billing.invoices.invoicing import Issued, get
from billing.invoices.invoicing import listed as invoices_of
from billing.invoices.payments import pay_invoice
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.db import Conn
from store.tenants import Tenant


@dataclass(frozen=True, slots=True)
class Unknown:
    """A transfer of an unknown payer, in cents. `payer`: as the bank names it. `left_cents`: of nobody yet."""

    id: UUID
    reference: str
    payer: str
    amount_cents: int
    received_on: date
    left_cents: int


@dataclass(frozen=True, slots=True)
class Use:
    """What became of a part of it. `document`: the invoice it paid, or the transfer that gave it back."""

    tenant_id: UUID | None
    document: str
    amount_cents: int
    used_on: date
    kind: Literal["assigned", "returned"]


_COLUMNS = """m.id, m.reference, m.payer, m.amount_cents, m.received_on,
              (m.amount_cents - coalesce((SELECT sum(u.amount_cents) FROM billing.unknown_money_uses u
                                           WHERE u.money_id = m.id), 0))::bigint AS left_cents"""


def enter(conn: Conn, cents: int, reference: str, payer: str, day: date, *, by: Actor) -> tuple[Unknown, bool]:
    """Enter money that came (operator): (it, whether it was entered now). The bank's reference counts once.

    Raises BadInput for nothing, Refused where that reference came with another amount.
    """
    if cents <= 0 or not reference.strip():
        raise BadInput("an amount above zero and the bank's reference", hint='unknown add 58.80 --reference "VIR 12"')
    known = _find(conn, reference.strip())
    if known is not None:
        if known.amount_cents != cents:
            raise Refused(
                f"{reference!r} came with {money(known.amount_cents)}, not {money(cents)}",
                hint="another transfer has another reference",
            )
        return known, False
    conn.execute(
        """INSERT INTO billing.unknown_money (id, reference, payer, amount_cents, received_on, noted_by)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        (new_id(), reference.strip(), payer.strip(), cents, day, str(by)),
    )
    found = of_reference(conn, reference.strip())
    note(conn, by, "unknown_money.add", f"unknown_money:{found.id}", cents=cents)
    return found, True


def of_reference(conn: Conn, reference: str) -> Unknown:
    """The transfer of that reference. Raises NotFound."""
    found = _find(conn, reference)
    if found is None:
        raise NotFound(
            f"no money of an unknown payer with reference {reference!r}", hint="decroche billing unknown list"
        )
    return found


def _find(conn: Conn, reference: str) -> Unknown | None:
    with conn.cursor(row_factory=class_row(Unknown)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM billing.unknown_money m WHERE m.reference = %s FOR UPDATE OF m", (reference,)
        ).fetchone()


def waiting(conn: Conn, *, used: bool = False) -> list[Unknown]:
    """What is of nobody yet, the oldest first; with `used` everything that ever came (operator)."""
    with conn.cursor(row_factory=class_row(Unknown)) as cursor:
        found = cursor.execute(
            f"SELECT {_COLUMNS} FROM billing.unknown_money m ORDER BY m.received_on, m.noted_at"
        ).fetchall()
    return [one for one in found if used or one.left_cents]


def uses(conn: Conn, of: Unknown) -> list[Use]:
    """What became of a transfer, in order."""
    with conn.cursor(row_factory=class_row(Use)) as cursor:
        return cursor.execute(
            """SELECT client AS tenant_id, document, amount_cents, used_on, kind FROM billing.unknown_money_uses
                WHERE money_id = %s ORDER BY noted_at""",
            (of.id,),
        ).fetchall()


def assign(
    conn: Conn, reference: str, numbers: Sequence[str], cents: int | None, day: date, *, by: Actor, today: date
) -> list[Use]:
    """It was for these invoices: each is paid what it is due, in their order; with `cents` so much of it is used.

    What is over stays on the last one, on the client's account, as of any transfer. Raises NotFound, BadInput, Refused.
    """
    of = of_reference(conn, reference)
    amount = of.left_cents if cents is None else cents
    if not 0 < amount <= of.left_cents:
        raise Refused(f"{reference!r} has {money(of.left_cents)} left, {money(amount)} was asked", hint="ask for less")
    found = [get(conn, number) for number in numbers]
    if not found or any(one.kind != "invoice" for one in found):
        raise BadInput("name one invoice or more", hint="decroche billing invoice list")
    if day < of.received_on:
        raise BadInput(f"date: the money came on {of.received_on}", hint="that day, or a later one")
    done: list[Use] = []
    for place, invoice in enumerate(found):
        last = place == len(found) - 1
        part = amount if last else min(amount, max(0, balance_due(conn, invoice)))
        if part:
            done.append(_pay(conn, of, invoice, part, day, by, today))
            amount -= part
    return done


def assign_to(
    conn: Conn, reference: str, tenant: Tenant, cents: int | None, day: date, *, by: Actor, today: date
) -> list[Use]:  # fmt: skip
    """It was this client's: its oldest debts are paid, and what is over is on its account. Raises as `assign`."""
    found = [of for of in invoices_of(conn, tenant.id) if of.kind == "invoice" and of.purpose != "top_up"]
    if not found:
        raise Refused(
            f"tenant {tenant.slug} has no invoice that money could stand on",
            hint=f"give it back, or: decroche billing credit {tenant.slug} AMOUNT --received --reference …",
        )
    due = sorted((of for of in found if balance_due(conn, of) > 0), key=lambda of: (of.due_on, of.number))
    numbers = [of.number for of in due] or [found[-1].number]
    return assign(conn, reference, numbers, cents, day, by=by, today=today)


def _pay(conn: Conn, of: Unknown, invoice: Issued, cents: int, day: date, by: Actor, today: date) -> Use:
    # paid on the day it came: who paid in time owes no interest because nobody knew who it was
    came = max(of.received_on, invoice.issued_on)
    if not pay_invoice(conn, invoice, "transfer", cents, of.reference, came, by, today=max(day, today)):
        raise Refused(f"{of.reference!r} has paid invoice {invoice.number} already", hint="name another invoice")
    return _use(conn, of, Use(invoice.tenant_id, invoice.number, cents, day, "assigned"), by)


def give_back(
    conn: Conn, reference: str, cents: int | None, transfer: str, day: date, *, by: Actor
) -> Use:  # fmt: skip
    """It was nobody's: sent back by a transfer on a day, all that is left of it or a part. Raises NotFound, Refused."""
    of = of_reference(conn, reference)
    amount = of.left_cents if cents is None else cents
    if not 0 < amount <= of.left_cents:
        raise Refused(f"{reference!r} has {money(of.left_cents)} left, {money(amount)} was asked", hint="ask for less")
    if not transfer.strip() or day < of.received_on:
        raise BadInput(f"the transfer back needs its words and a day from {of.received_on} on", hint="--by-transfer …")
    return _use(conn, of, Use(None, transfer.strip(), amount, day, "returned"), by)


def _use(conn: Conn, of: Unknown, use: Use, by: Actor) -> Use:
    conn.execute(
        """INSERT INTO billing.unknown_money_uses
               (id, money_id, kind, client, document, amount_cents, used_on, noted_by)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        (new_id(), of.id, use.kind, use.tenant_id, use.document, use.amount_cents, use.used_on, str(by)),
    )
    kept = {"kind": use.kind, "cents": use.amount_cents, "document": use.document}
    note(conn, by, "unknown_money.use", f"unknown_money:{of.id}", use.tenant_id, **kept)
    return use


def assigned_between(conn: Conn, begins: date, ends: date) -> list[tuple[str, Use]]:
    """What was assigned to clients between two days, with the transfer's reference (operator), for the books."""
    rows = conn.execute(
        """SELECT m.reference, u.client AS tenant_id, u.document, u.amount_cents, u.used_on, u.kind
             FROM billing.unknown_money_uses u JOIN billing.unknown_money m ON m.id = u.money_id
            WHERE u.kind = 'assigned' AND u.used_on BETWEEN %s AND %s ORDER BY u.used_on, u.noted_at""",
        (begins, ends),
    ).fetchall()
    return [(row.pop("reference"), Use(**row)) for row in rows]
