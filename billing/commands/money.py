"""`decroche billing pay|refund|credit`: money received, given back, and put on a balance."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from billing.charges import views as views_of_charges
from billing.commands.common import CENTS, day_option, stripe_edge, today_in_paris
from billing.documents.cii import money
from billing.invoices import invoicing, setting_off, views
from billing.invoices.balances import balance_due
from billing.invoices.receiving import receive
from billing.invoices.series import not_ahead
from store.base.actor import typing_now
from store.base.console import emit, err, json_option
from store.setup import open_database


@click.command()
@click.argument("number")
@click.option("--amount", type=CENTS, help="What was received; all that is due when not given.")
@click.option("--penalty", type=CENTS, help="Received beside it: late interest and the 40 € indemnity.")
@click.option("--reference", required=True, help="The transfer's or cheque's own: the same one counts once.")
@click.option(
    "--by", "way", type=click.Choice(["transfer", "cheque", "sepa_debit", "card"]), default="transfer",
    help="How it came, where Stripe did not tell of it.",
)  # fmt: skip
@day_option("--date", "received_on", "When it was received; today when not given.")
@json_option
def pay(
    number: str,
    amount: int | None,
    penalty: int | None,
    reference: str,
    way: Any,
    received_on: date,
    as_json: bool,
) -> None:
    """Record a bank transfer received for an invoice; a suspension for non-payment is lifted at once.

    NUMBER may be a debit note's (ND-…): then it is its interest and indemnity that were received. Where nobody knows
    whose it is: decroche billing unknown add.

    \b
    Example: decroche billing pay 2026-000001 --amount 65.74 --reference "VIR 4711"
    """
    not_ahead(received_on, today_in_paris())
    with open_database() as db, db.operator() as conn:
        done = receive(
            conn, number, amount, penalty, reference, received_on, by=typing_now(), today=today_in_paris(), way=way
        )  # fmt: skip
    emit([views.received(done)], ("number", "paid", "penalty", "due", "counted"), as_json=as_json)


@click.command()
@click.argument("number")
@click.option("--amount", type=CENTS, help="What to give back, tax included; all that was overpaid when not given.")
@click.option("--reference", required=True, help="Names the refund: the same one counts once.")
@click.option("--by", "way", type=click.Choice(["stripe", "transfer"]), default="stripe", help="How it is sent.")
@day_option("--date", "sent_on", "When a transfer was sent; today when not given.")
@json_option
def refund(number: str, amount: int | None, reference: str, way: str, sent_on: date, as_json: bool) -> None:
    """Give back what was overpaid on an invoice, such as after a credit note or a withdrawal.

    Through Stripe it goes back to the card or the account it came from; a transfer sent by hand is recorded.

    \b
    Example: decroche billing refund 2026-000001 --reference "retractation dentiste"
    """
    from billing.stripe.refunds import give_back

    with open_database() as db:
        done = give_back(
            db, number, amount, reference, by=typing_now(), today=today_in_paris(),
            through=stripe_edge if way == "stripe" else None, sent_on=sent_on,
        )  # fmt: skip
    row = {
        "number": number,
        "refunded": money(done.cents),
        "by": way,
        "reference": reference.strip(),
        "refund": done.refund,
        "due": money(done.due_cents),
    }
    emit([row], ("number", "refunded", "by", "reference", "refund", "due"), as_json=as_json)


@click.command("set-off")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--amount", type=CENTS, help="How much; as much as there is and is due when not given.")
@day_option("--date", "day", "The day; today when not given.")
@json_option
def set_off(source: str, target: str, amount: int | None, day: date, as_json: bool) -> None:
    """Use what was paid too much on one invoice (FROM) for another of the same client (TO).

    \b
    Example: decroche billing set-off 2026-000027 2026-000042
    """
    not_ahead(day, today_in_paris())
    with open_database() as db, db.operator() as conn:
        one, other = invoicing.get(conn, source), invoicing.get(conn, target)
        done = setting_off.set_off(conn, one, other, amount, day, by=typing_now(), today=today_in_paris())
        left = balance_due(conn, other)
    row = {"from": source, "to": target, "amount": money(done), "due": money(left)}
    emit([row], ("from", "to", "amount", "due"), as_json=as_json)


@click.command()
@click.argument("number")
@click.option("--reference", required=True, help="The transfer's reference, as it was entered.")
@click.option("--reason", required=True, help="Why the entry was wrong.")
@day_option("--date", "day", "The day; today when not given.")
@json_option
def reverse(number: str, reference: str, reason: str, day: date, as_json: bool) -> None:
    """Undo a transfer that was entered by mistake: an entry of the other sign, and the invoice is due again.

    \b
    Example: decroche billing reverse 2026-000012 --reference "VIR C5" --reason "d'un autre client"
    """
    not_ahead(day, today_in_paris())
    with open_database() as db, db.operator() as conn:
        of = invoicing.get(conn, number)
        done = setting_off.reverse(conn, of, reference, reason, day, by=typing_now(), today=today_in_paris())
        left = balance_due(conn, of)
    row = {"number": number, "reversed": money(done), "due": money(left)}
    emit([row], ("number", "reversed", "due"), as_json=as_json)


@click.command()
@click.argument("slug", metavar="TENANT")
@click.argument("amount", type=CENTS)
@click.option("--reference", default="", help="What it is for (a transfer's reference): the same one counts once.")
@click.option("--received", is_flag=True, help="AMOUNT is what was received, tax included; else it is before tax.")
@click.option("--card", is_flag=True, help="Collect it through Stripe now, from the tenant's card or debit.")
@click.option("--goodwill", is_flag=True, help="A gift nobody paid: no invoice.")
@day_option("--date", "day", "The day it was received; today when not given.")
@json_option
def credit(
    slug: str, amount: int, reference: str, received: bool, card: bool, goodwill: bool, day: date,
    as_json: bool,
) -> None:  # fmt: skip
    """Put money on a tenant's prepaid balance, before tax; what was paid has its invoice at once, with VAT.

    \b
    Example: decroche billing credit dentiste 50.00 --reference "VIR 4712"
    """
    from billing.stripe.topping_up import top_up

    not_ahead(day, today_in_paris())
    with open_database() as db:
        done = top_up(
            db, slug, amount, reference, day, way="goodwill" if goodwill else "card" if card else "transfer",
            gross=received, through=stripe_edge, by=typing_now(), today=today_in_paris(),
        )  # fmt: skip
    if done.state and not done.counted:
        err.print(f"invoice {done.invoice} is {done.state}: the balance has it once it is paid", markup=False)
    balance = views_of_charges.account(done.account, slug)
    row = {"tenant": slug, "counted": done.counted, "invoice": done.invoice, "balance": balance["balance"],
           "mode": balance["mode"]}  # fmt: skip
    emit([row], ("tenant", "counted", "invoice", "balance", "mode"), as_json=as_json)
