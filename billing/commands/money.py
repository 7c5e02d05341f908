"""`decroche billing pay|refund|credit|statement`: money received, given back, and put on a balance."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import click

from billing.charges.accounts import account
from billing.charges.ledger import spell
from billing.commands.common import DAY, MONEY, stripe_edge, today_in_paris
from billing.documents.cii import money
from billing.invoices import debit, invoicing, topups
from billing.invoices.payments import balance_due, pay_invoice, pay_penalty
from billing.stripe import refunds
from store import tenants
from store.base.actor import typing_now
from store.base.console import emit, err, json_option
from store.base.errors import BadInput
from store.db import Conn, open_database


@click.command()
@click.argument("number")
@click.option("--amount", type=MONEY, help="What was received; all that is due when not given.")
@click.option("--penalty", type=MONEY, help="Received beside it: late interest and the 40 € indemnity.")
@click.option("--reference", required=True, help="The transfer's reference: the same one counts once.")
@click.option("--date", "received_on", type=DAY, help="When it was received; today when not given.")
@json_option
def pay(
    number: str,
    amount: Decimal | None,
    penalty: Decimal | None,
    reference: str,
    received_on: date | None,
    as_json: bool,
) -> None:
    """Record a bank transfer received for an invoice; a suspension for non-payment is lifted at once.

    NUMBER may be a debit note's (ND-…): then it is its interest and indemnity that were received.

    \b
    Example: decroche billing pay 2026-000001 --amount 65.74 --reference "VIR 4711"
    """
    day = received_on or today_in_paris()
    with open_database() as db, db.operator() as conn:
        found, penalty, cents = _what_is_paid(conn, number, amount, penalty)
        due = balance_due(conn, found)
        only_penalty = penalty is not None and cents is None and (due <= 0 or number != found.number)
        cents = due if cents is None else cents
        counted = not only_penalty and pay_invoice(
            conn, found, "transfer", cents, reference, day, typing_now(), today=today_in_paris()
        )
        beside = penalty is not None and pay_penalty(conn, found, int(penalty * 100), reference, day, typing_now())
        due = balance_due(conn, found) if number == found.number else debit.left_to_pay(conn, found)
    row = {
        "number": number,
        "paid": money(cents) if counted else "0.00",
        "penalty": f"{penalty:.2f}" if beside else "0.00",
        "due": money(due),
        "counted": counted or beside,
    }
    emit([row], ("number", "paid", "penalty", "due", "counted"), as_json=as_json)


def _what_is_paid(
    conn: Conn, number: str, amount: Decimal | None, penalty: Decimal | None
) -> tuple[invoicing.Issued, Decimal | None, int | None]:
    """The invoice, what is received for its lateness, and cents for itself where an amount was named."""
    if not number.startswith(debit.PREFIX):
        return invoicing.get(conn, number), penalty, None if amount is None else int(amount * 100)
    if penalty is not None:
        raise BadInput("--penalty: a debit note is all penalty", hint="give what was received as --amount")
    of = invoicing.get(conn, debit.get(conn, number).document["invoice"])
    left = Decimal(debit.left_to_pay(conn, of)) / 100
    return of, max(left, Decimal(0)) if amount is None else amount, None


@click.command()
@click.argument("number")
@click.option("--amount", type=MONEY, help="What to give back, tax included; all that was overpaid when not given.")
@click.option("--reference", required=True, help="Names the refund: the same one counts once.")
@click.option("--by", "way", type=click.Choice(["stripe", "transfer"]), default="stripe", help="How it is sent.")
@click.option("--date", "sent_on", type=DAY, help="When a transfer was sent; today when not given.")
@json_option
def refund(number: str, amount: Decimal | None, reference: str, way: str, sent_on: date | None, as_json: bool) -> None:
    """Give back what was overpaid on an invoice, such as after a credit note or a withdrawal.

    Through Stripe it goes back to the card or the account it came from; a transfer sent by hand is recorded.

    \b
    Example: decroche billing refund 2026-000001 --reference "retractation dentiste"
    """
    with open_database() as db:
        with db.operator() as conn:
            found = invoicing.get(conn, number)
            cents = refunds.to_refund(conn, found, reference) if amount is None else int(amount * 100)
        if way == "stripe":
            with stripe_edge() as stripe:
                asked = (db, stripe, number, cents, reference)
                refund_id = refunds.refund(*asked, by=typing_now(), today=today_in_paris())
        else:
            refund_id = reference
            with db.operator() as conn:
                day = sent_on or today_in_paris()
                refunds.refund_transfer(conn, number, cents, reference, day, typing_now(), today=today_in_paris())
        with db.operator() as conn:
            due = balance_due(conn, found)
    row = {"number": number, "refunded": money(cents), "by": way, "refund": refund_id, "due": money(due)}
    emit([row], ("number", "refunded", "by", "refund", "due"), as_json=as_json)


@click.command()
@click.argument("slug", metavar="TENANT")
@click.argument("amount", type=MONEY)
@click.option("--reference", default="", help="What it is for (a transfer's reference): the same one counts once.")
@click.option("--received", is_flag=True, help="AMOUNT is what was received, tax included; else it is before tax.")
@click.option("--card", is_flag=True, help="Collect it through Stripe now, from the tenant's card or debit.")
@click.option("--goodwill", is_flag=True, help="A gift nobody paid: no invoice.")
@click.option("--date", "day", type=DAY, help="The day it was received; today when not given.")
@json_option
def credit(
    slug: str, amount: Decimal, reference: str, received: bool, card: bool, goodwill: bool, day: date | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Put money on a tenant's prepaid balance, before tax; what was paid has its invoice at once, with VAT.

    \b
    Example: decroche billing credit dentiste 50.00 --reference "VIR 4712"
    """
    if not card and not reference.strip():
        raise BadInput("--reference is missing", hint="the transfer's reference, so that it counts once")
    on, cents = day or today_in_paris(), int(amount * 100)
    number, state = "", ""
    with open_database() as db:
        with db.operator() as conn:
            tenant = tenants.get(conn, slug)
        with db.operator(tenant.id) as conn:
            net = cents if goodwill or not received else topups.net_of(conn, tenant, cents)
            gross = cents if received else None
            if goodwill:
                counted = topups.goodwill(conn, tenant.id, net, reference, typing_now())
            elif card:
                issued = topups.invoice_top_up(conn, tenant, net, on, typing_now(), gross_cents=gross, paid=False)
                number, counted = issued.number, False
            else:
                made, counted = topups.top_up(conn, tenant, net, reference, on, typing_now(), gross_cents=gross)
                number = made.number if made else ""
        if card:
            from billing.stripe.collect import collect

            with stripe_edge() as stripe:
                state = collect(db, stripe, number, by=typing_now(), today=today_in_paris()).state
            counted = state == "succeeded"
            if not counted:
                err.print(f"invoice {number} is {state}: the balance has it once it is paid", markup=False)
        with db.operator() as conn:
            found = account(conn, tenant.id)
    row = {"tenant": slug, "counted": counted, "invoice": number, "balance": spell(found.balance_micros),
           "mode": found.mode}  # fmt: skip
    emit([row], ("tenant", "counted", "invoice", "balance", "mode"), as_json=as_json)
