"""`decroche billing account|controls|notices|collect|payment-method`: balances, limits, telling, and collecting."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import click

from billing.charges import controls as limits
from billing.charges import views
from billing.charges.accounts import account as account_of
from billing.charges.accounts import change_mode
from billing.charges.standing import standing
from billing.commands.common import MICROS, day_option, now, stripe_edge, today_in_paris
from billing.documents.cii import money
from store import tenants
from store.base.actor import typing_now
from store.base.console import emit, err, json_option
from store.base.settings import settings
from store.setup import open_database


@click.command()
@click.option("--tenant", "slug", required=True, help="The tenant.")
@click.option("--mode", type=click.Choice(["prepaid", "postpaid"]), help="Change how its calls are paid.")
@json_option
def account(slug: str, mode: Any, as_json: bool) -> None:
    """A tenant's balance before tax, and what its calls in progress hold of it.

    Prepaid: what is left of its top-ups. Postpaid: below zero, what was talked and is on no invoice yet.

    \b
    Example: decroche billing account --tenant dentiste --mode prepaid
    """
    with open_database() as db, db.operator() as conn:
        tenant = tenants.get(conn, slug)
        today = today_in_paris()
        found = change_mode(conn, tenant.id, mode, today, by=typing_now()) if mode else account_of(conn, tenant.id)
    row = views.account(found, slug)
    emit([row], ("tenant", "mode", "balance", "reserved", "currency"), as_json=as_json)


@click.command()
@click.option("--tenant", "slug", required=True, help="The tenant.")
@click.option("--cap", type=MICROS, help="Monthly cap that blocks outbound.")
@click.option("--no-cap", is_flag=True, help="No monthly cap.")
@click.option("--alert-at", type=MICROS, multiple=True, help="Tell the client at this amount; may be given again.")
@click.option("--calls-a-minute", type=click.IntRange(0), help="More outbound calls a minute suspend; 0: no limit.")
@click.option("--calls-at-once", type=click.IntRange(0), help="More outbound calls at once wait; 0: no limit.")
@click.option("--spend-an-hour", type=MICROS, help="More spent an hour suspends outbound.")
@click.option("--low-balance", type=MICROS, help="Prepaid: the client is told when less than this is left.")
@click.option("--email", help="Where the client is told by e-mail.")
@click.option("--webhook", help="Where the client's systems are told (http or https).")
@click.option("--phone", help="Where the client is told by SMS, +33…; '' for none.")
@click.option("--lift", "kind", type=click.Choice(["fraud", "unpaid", "operator"]), help="Lift a block.")
@json_option
def controls(
    slug: str,
    cap: int | None,
    no_cap: bool,
    alert_at: tuple[int, ...],
    calls_a_minute: int | None,
    calls_at_once: int | None,
    spend_an_hour: int | None,
    low_balance: int | None,
    email: str | None,
    webhook: str | None,
    phone: str | None,
    kind: str | None,
    as_json: bool,
) -> None:
    """A tenant's alerts, cap and fraud thresholds; set some, or lift a block.

    \b
    Example: decroche billing controls --tenant dentiste --cap 200 --alert-at 100 --alert-at 150
    """
    given = {
        "month_cap_micros": 0 if no_cap and cap is None else cap,
        "alert_micros": sorted(alert_at) or None,
        "calls_a_minute": calls_a_minute,
        "calls_at_once": calls_at_once,
        "email": email,
        "webhook": webhook,
        "phone": phone,
        "spend_an_hour_micros": spend_an_hour,
        "low_balance_micros": low_balance,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    with open_database() as db, db.operator() as conn:
        tenant = tenants.get(conn, slug)
        if kind:
            limits.lift(conn, tenant.id, kind, typing_now())
        if changes:
            limits.set_limits(conn, tenant.id, by=typing_now(), **changes)
        row = views.standing(standing(conn, tenant.id, now()), slug)
    emit([row], tuple(row), as_json=as_json)


@click.command()
@click.option("--tenant", "slug", help="Only this tenant's.")
@click.option("--send", is_flag=True, help="Tell what waits, by e-mail, web hook and SMS.")
@click.option("--told", "by_hand", type=click.UUID, help="This notice was told by hand, by a letter.")
@day_option("--on", "on", "The day it was received; today when not given.")
@click.option("--how", default="", help="With --told: by what, such as a letter's number.")
@json_option
def notices(slug: str | None, send: bool, by_hand: UUID | None, on: date, how: str, as_json: bool) -> None:
    """The outbox: what clients and the operator are to be told, and when they were.

    A formal notice has no effect, and nobody is suspended, before it was told: by e-mail, by web hook, or by hand.

    \b
    Example: decroche billing notices --send
    """
    from billing.office.outbox import listed, post_of
    from billing.office.telling import deliver, told_by_hand

    if send:
        with open_database() as db:
            told, failed = deliver(db, post_of(settings()))
        err.print(f"{told} told, {failed} failed")
    with open_database() as db, db.operator() as conn:
        if by_hand is not None:
            told_by_hand(conn, by_hand, on, how, by=typing_now(), today=today_in_paris())
        only = tenants.get(conn, slug).id if slug else None
        rows = listed(conn, only)
    emit(rows, ("tenant", "kind", "about", "told_on", "id"), as_json=as_json, empty="nothing to tell")


@click.command()
@click.argument("number")
@json_option
def collect(number: str, as_json: bool) -> None:
    """Ask Stripe for what is due on an invoice; the key is the secret stripe-key or the variable DECROCHE_STRIPE_KEY.

    \b
    Example: decroche billing collect 2026-000001
    """
    from billing.stripe.collect import collect as ask

    with stripe_edge() as stripe, open_database() as db:
        done = ask(db, stripe, number, by=typing_now(), today=today_in_paris())
    row = {"number": number, "attempt": done.attempt, "state": done.state, "reason": done.reason}
    emit(
        [row | {"amount": money(done.amount_cents)}],
        ("number", "attempt", "state", "amount", "reason"),
        as_json=as_json,
    )


@click.command("payment-method")
@click.argument("slug", metavar="TENANT")
@click.option("--kind", type=click.Choice(["card", "sepa_debit"]), default="card", help="Card or SEPA debit.")
@click.option("--use", "method", help="Collect from this payment method (pm_…), once its set-up is finished.")
@json_option
def payment_method(slug: str, kind: Any, method: str | None, as_json: bool) -> None:
    """Set up a card or a SEPA debit with Stripe: prints the secret the client's browser finishes it with.

    \b
    Example: decroche billing payment-method dentiste --kind sepa_debit
    """
    from billing.stripe.customers import set_up, use_method

    with stripe_edge() as stripe, open_database() as db:
        if method:
            with db.operator() as conn:
                use_method(conn, tenants.get(conn, slug).id, method, kind, by=typing_now())
            row: dict[str, Any] = {"tenant": slug, "kind": kind, "method": method}
        else:
            made, secret = set_up(db, stripe, slug, kind)
            row = {"tenant": slug, "kind": kind, "set_up": made, "client_secret": secret}
    emit([row], tuple(row), as_json=as_json)
