"""Money put on a prepaid balance, by each way it comes: a transfer, a card asked now, a gift."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from typing import Literal

from billing.charges.accounts import Account, account
from billing.invoices import topups
from billing.stripe.collect import State, collect
from billing.stripe.stripe_edge import Stripe
from store import tenants
from store.base.actor import Actor
from store.base.errors import BadInput
from store.db import Conn, Database
from store.tenants import Tenant

Way = Literal["transfer", "card", "goodwill"]


@dataclass(frozen=True, slots=True)
class ToppedUp:
    """`counted`: the balance has it. `invoice`: its number, if any; `state`: of the payment, where a card was asked."""

    counted: bool
    invoice: str
    state: State | Literal[""]
    account: Account


def top_up(
    db: Database, slug: str, cents: int, reference: str, day: date, *, way: Way, gross: bool,
    through: Callable[[], AbstractContextManager[Stripe]], by: Actor, today: date,
) -> ToppedUp:  # fmt: skip
    """Put money on a tenant's balance, with its invoice unless it is a gift; `gross`: tax is in it.

    A transfer or a gift counts once for its reference. Raises NotFound, BadInput, StripeDown.
    """
    if way != "card" and not reference.strip():
        raise BadInput("--reference is missing", hint="the transfer's reference, so that it counts once")
    with db.operator() as conn:
        tenant = tenants.get(conn, slug)
    state: State | Literal[""] = ""
    # a card is asked only where it can be: an invoice that nobody could pay would be issued for nothing
    with through() if way == "card" else nullcontext() as stripe:
        with db.operator(tenant.id) as conn:
            number, counted = _kept(conn, tenant, cents, reference, day, way, gross, by)
        if stripe is not None:
            state = collect(db, stripe, number, by=by, today=today).state
            counted = state == "succeeded"
    with db.operator() as conn:
        return ToppedUp(counted, number, state, account(conn, tenant.id))


def _kept(
    conn: Conn, tenant: Tenant, cents: int, reference: str, day: date, way: Way, gross: bool, by: Actor
) -> tuple[str, bool]:
    """(number of its invoice, whether the balance has it)"""
    net = topups.net_of(conn, tenant, cents) if gross and way != "goodwill" else cents
    received = cents if gross else None
    if way == "goodwill":
        return "", topups.goodwill(conn, tenant.id, net, reference, by)
    if way == "card":
        return topups.invoice_top_up(conn, tenant, net, day, by, gross_cents=received, paid=False).number, False
    made, counted = topups.top_up(conn, tenant, net, reference, day, by, gross_cents=received)
    return made.number if made else "", counted
