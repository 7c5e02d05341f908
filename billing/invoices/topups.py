"""Top-ups of a prepaid balance, and the month's statement of it.

Money paid in advance for calls in France is invoiced when it is paid, with its VAT (CGI 289 I-1-c, 269-2-c: payments
on account of services): each top-up has a Factur-X invoice of its own. The balance is before tax, as tariffs are: a
top-up of 50.00 is invoiced 60.00. Calls then use the balance and are invoiced no more; the statement shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from fractions import Fraction
from typing import Any
from uuid import UUID

from billing.charges.accounts import move
from billing.charges.ledger import lock_account
from billing.documents.cii import money
from billing.documents.invoice import Line, cents
from billing.documents.vat import regime
from billing.invoices.invoicing import Issued, compose_for, customer, seller, store_document
from billing.invoices.payments import Method, pay_invoice
from billing.plans.subscription import add_months
from billing.rating.tariff import PARIS
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.db import Conn
from store.tenants import Tenant

NAME = "Rechargement de crédit de communications prépayé"


def invoice_top_up(
    conn: Conn,
    tenant: Tenant,
    net_cents: int,
    day: date,
    by: Actor,
    *,
    gross_cents: int | None = None,
    paid: bool = True,
) -> Issued:  # fmt: skip
    """The invoice of a top-up, before tax (operator). `gross_cents`: the amount received, where it is what is known.

    `paid` False: it is on the balance once the invoice is paid. Raises BadInput for a missing party.
    """
    if net_cents <= 0:
        raise BadInput("amount: nothing is left of it before tax", hint="a larger amount")
    price = f"{net_cents // 100}.{net_cents % 100:02d}"
    line = Line(NAME, "1", "C62", price, net_cents, source="top_up", key="top_up")
    document = compose_for(conn, tenant, [line], (day, day), day)
    if gross_cents is not None and document.vat[0].category == "S":
        tax = gross_cents - net_cents
        vat = (replace(document.vat[0], tax_cents=tax),)
        document = replace(document, vat=vat, vat_cents=tax, gross_cents=gross_cents)
    if paid:
        document = replace(document, due_on=day, paid_cents=document.gross_cents)
    return store_document(conn, tenant.id, document, day.replace(day=1), by, purpose="top_up")


def net_of(conn: Conn, tenant: Tenant, gross_cents: int) -> int:
    """What of an amount received is before tax: all of it where no VAT is charged, as of an operator."""
    found = regime(customer(conn, tenant), telecom=True, franchise=seller(conn)[1].franchise)
    return cents(Fraction(gross_cents * 100) / (100 + Fraction(str(found.percent))))


def top_up(
    conn: Conn, tenant: Tenant, net_cents: int, reference: str, day: date, by: Actor, *, gross_cents: int | None = None,
    method: Method = "transfer",
) -> tuple[Issued | None, bool]:  # fmt: skip
    """Money received: its invoice, and the balance up by it, once for each reference: (invoice, whether it counted)."""
    lock_account(conn, tenant.id)
    known = conn.execute(
        """SELECT i.gross_cents, i.number FROM billing.payments p JOIN billing.invoices i ON i.id = p.invoice_id
            WHERE p.method = %s AND p.reference = %s AND (p.method <> 'transfer' OR p.tenant_id = %s)""",
        (method, reference, tenant.id),
    ).fetchone()
    if known is not None:
        asked = compose_gross(conn, tenant, net_cents, gross_cents)
        if asked != known["gross_cents"]:
            raise Refused(
                f"{reference!r} has paid {money(known['gross_cents'])} on {known['number']}, not {money(asked)}",
                hint="another transfer has another reference",
            )
        return None, False
    issued = invoice_top_up(conn, tenant, net_cents, day, by, gross_cents=gross_cents)
    return issued, pay_invoice(conn, issued, method, issued.gross_cents, reference, day, by)


def compose_gross(conn: Conn, tenant: Tenant, net_cents: int, gross_cents: int | None) -> int:
    """What a top-up of so much before tax comes to, as its invoice rounds it."""
    if gross_cents is not None:
        return gross_cents
    found = regime(customer(conn, tenant), telecom=True, franchise=seller(conn)[1].franchise)
    return net_cents + cents(Fraction(str(found.percent)) * net_cents / 100)


def goodwill(conn: Conn, tenant_id: UUID, net_cents: int, reference: str, by: Actor) -> bool:
    """A gift on the balance, which nobody paid: no invoice, once for each reference."""
    counted = move(conn, tenant_id, "adjustment", net_cents * 10_000, reference, by)
    if counted:
        note(conn, by, "account.goodwill", f"tenant:{tenant_id}", tenant_id, net_cents=net_cents)
    return counted


@dataclass(frozen=True, slots=True)
class Statement:
    """A prepaid month. Micro-euros before tax: `closing` = `opening` + the movements − the calls."""

    month: date
    opening: int
    movements: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    closing: int


def statement(conn: Conn, tenant_id: UUID, month: date) -> Statement:
    """A month of a balance, by when it moved (a call at its end, whenever it was brought; money on the day it came).

    Raises NotFound for a tenant without an account."""
    if conn.execute("SELECT 1 FROM billing.accounts WHERE tenant_id = %s", (tenant_id,)).fetchone() is None:
        raise NotFound("the tenant has no balance yet", hint="decroche billing credit TENANT AMOUNT --reference …")
    key: dict[str, Any] = {
        "tenant": tenant_id,
        "begin": datetime.combine(month, time(), PARIS),
        "end": datetime.combine(add_months(month, 1), time(), PARIS),
    }
    movements = conn.execute(
        """SELECT moved_at, kind, reference, amount_micros FROM billing.movements
            WHERE tenant_id = %(tenant)s AND moved_at >= %(begin)s AND moved_at < %(end)s ORDER BY moved_at, id""",
        key,
    ).fetchall()
    calls = conn.execute(
        """SELECT coalesce(prefix, '') AS destination,
                  coalesce(sum(CASE WHEN billed_seconds <> 0 THEN CASE kind WHEN 'charge' THEN 1 ELSE -1 END END), 0)
                      AS calls,
                  sum(billed_seconds)::bigint AS seconds, sum(bundle_seconds)::bigint AS bundle_seconds,
                  coalesce(sum(amount_micros), 0)::bigint AS amount_micros
             FROM billing.charges
            WHERE tenant_id = %(tenant)s AND status = 'rated'
              AND CASE WHEN why = 'call'
                       THEN coalesce(answered_at + answered_seconds * interval '1 second', recorded_at)
                       ELSE recorded_at END BETWEEN %(begin)s AND %(end)s - interval '1 microsecond'
            GROUP BY 1 ORDER BY 1""",
        key,
    ).fetchall()
    opening = _balance_at(conn, tenant_id, key["begin"])
    closing = opening + sum(m["amount_micros"] for m in movements) - sum(c["amount_micros"] for c in calls)
    return Statement(month, opening, movements, calls, closing)


def statement_if_any(conn: Conn, tenant_id: UUID, month: date) -> Statement | None:
    """As `statement`; None for a tenant without an account."""
    try:
        return statement(conn, tenant_id, month)
    except NotFound:
        return None


def _balance_at(conn: Conn, tenant_id: UUID, at: datetime) -> int:
    """The balance at an instant: everything that moved it before."""
    row = conn.execute(
        """SELECT (SELECT coalesce(sum(amount_micros), 0)::bigint FROM billing.movements
                    WHERE tenant_id = %(tenant)s AND moved_at < %(at)s)
                - (SELECT coalesce(sum(amount_micros), 0)::bigint FROM billing.charges
                    WHERE tenant_id = %(tenant)s
                      AND CASE WHEN why = 'call'
                               THEN coalesce(answered_at + answered_seconds * interval '1 second', recorded_at)
                               ELSE recorded_at END < %(at)s) AS balance""",
        {"tenant": tenant_id, "at": at},
    ).fetchone()
    assert row is not None
    return row["balance"]
