"""A transfer received: what of it pays an invoice, and what its lateness."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from billing.invoices import debit, invoicing
from billing.invoices.balances import balance_due
from billing.invoices.payments import Method, pay_invoice, pay_penalty
from store.base.actor import Actor
from store.base.errors import BadInput
from store.db import Conn


@dataclass(frozen=True, slots=True)
class Received:
    """`paid_cents` on the invoice, `penalty_cents` on its lateness; both 0 where the reference was known.

    `due_cents`: what is left to pay of the document that was named.
    """

    number: str
    paid_cents: int
    penalty_cents: int
    due_cents: int
    counted: bool


def receive(
    conn: Conn, number: str, cents: int | None, penalty_cents: int | None, reference: str, day: date, *,
    by: Actor, today: date, way: Method = "transfer",
) -> Received:  # fmt: skip
    """Record money for an invoice or a debit note (ND-…), once for its reference.

    `cents` None: all that is due. Raises NotFound, BadInput, Refused.
    """
    if not reference.strip():
        raise BadInput("--reference: it is empty", hint='the transfer\'s own, such as "VIR 4711"')
    of, penalty, named = _meant(conn, number, cents, penalty_cents)
    if day < of.issued_on:
        raise BadInput(
            f"date: {day} is before invoice {of.number} of {of.issued_on}",
            hint="money that came before it: decroche billing unknown add, then assign",
        )
    due = balance_due(conn, of)
    only_penalty = penalty is not None and named is None and (due <= 0 or number != of.number)
    named = max(0, due) if named is None else named
    counted = not only_penalty and pay_invoice(conn, of, way, named, reference, day, by, today=today)
    beside = penalty is not None and pay_penalty(conn, of, penalty, reference, day, by)
    left = balance_due(conn, of) if number == of.number else debit.left_to_pay(conn, of)
    return Received(number, named if counted else 0, (penalty or 0) if beside else 0, left, counted or beside)


def _meant(
    conn: Conn, number: str, cents: int | None, penalty: int | None
) -> tuple[invoicing.Issued, int | None, int | None]:
    """The invoice, what is received for its lateness, and for itself where an amount was named."""
    if not number.startswith(debit.PREFIX):
        return invoicing.get(conn, number), penalty, cents
    if penalty is not None:
        raise BadInput("--penalty: a debit note is all penalty", hint="give what was received as --amount")
    of = invoicing.get(conn, debit.get(conn, number).document["invoice"])
    return of, max(debit.left_to_pay(conn, of), 0) if cents is None else cents, None
