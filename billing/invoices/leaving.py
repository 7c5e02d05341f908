"""What a client or the operator may do to a subscription, checked against the contract before it is noted.

Notice (7.2), withdrawal within seven days with what was not performed credited (7.1), a yearly price change with its
30 days and the client's right to leave before it (5.5). The dates that follow are `subscription.calendar`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from billing.charges.controls import Notice, tell
from billing.charges.ledger import MICRO, spell
from billing.documents.invoice import cents
from billing.invoices import crediting
from billing.invoices.invoicing import COLUMNS, Issued
from billing.plans import plans
from billing.plans.plans import Subscription, calendar_of, facts_of, period_key
from billing.plans.subscription import Calendar, add_months, calendar
from store import tenants
from store.base.actor import Actor, service
from store.base.errors import NotFound, Refused
from store.db import Conn
from store.tenants import Tenant


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A withdrawal. `refund_micros`: of the first period's price; `credit_note`: its number, where it was invoiced."""

    calendar: Calendar
    refund_micros: int
    credit_note: str = ""


@dataclass(frozen=True, slots=True)
class Announced:
    """A price change of one subscription: from which day, and until when the client may leave before it."""

    subscription: Subscription
    applies_from: date
    price_micros: int
    leave_until: date


def open_subscription(conn: Conn, tenant_id: UUID, today: date, which: UUID | None = None) -> Subscription:
    """The tenant's subscription that nobody has ended yet, or the one named. Raises NotFound, Refused."""
    found = [s for s in plans.subscriptions(conn, tenant_id) if which is None or s.id == which]
    alive = [s for s in found if (end := calendar_of(conn, s, today).ends_on) is None or end >= today]
    if not found or not alive:
        raise NotFound("the tenant has no such subscription running", hint="decroche billing subscription --tenant …")
    if len(alive) > 1:
        raise Refused(f"{len(alive)} subscriptions run", hint="name one: --id (decroche billing subscription --json)")
    return alive[0]


def give_notice(conn: Conn, of: Subscription, on: date, by: Actor) -> Calendar:
    """The client gives notice: one month, to the end of the calendar month, never within the first year."""
    facts = facts_of(conn, of)
    if on < of.starts_on:
        raise Refused(f"{on} is before the subscription began, {of.starts_on}", hint="a later day")
    if facts.notice_on is not None or facts.withdrawn_on is not None:
        raise Refused(f"it was ended on {facts.notice_on or facts.withdrawn_on} already", hint="billing subscription")
    plans.note(conn, of, "notice", on, by)
    return _told(conn, of, "leaving", on)


def withdraw(conn: Conn, of: Subscription, on: date, by: Actor) -> Withdrawn:
    """The client withdraws within seven days: what was not performed of its first period is credited, if invoiced.

    Raises Refused after the last day.
    """
    found = calendar_of(conn, of, of.starts_on)
    if not of.starts_on <= on <= found.withdraw_until:
        raise Refused(
            f"withdrawal was open from {of.starts_on} to {found.withdraw_until} (article 7.1), not on {on}",
            hint="notice: decroche billing subscription --notice",
        )
    if facts_of(conn, of).withdrawn_on is not None:
        raise Refused("it was withdrawn from already", hint="decroche billing subscription")
    plans.note(conn, of, "withdrawal", on, by)
    after = _told(conn, of, "withdrawal", on)
    invoiced = _invoice_of_first_period(conn, of)
    if invoiced is None or not after.refund_micros:
        return Withdrawn(after, after.refund_micros)
    issued, place = invoiced
    net = cents(Fraction(after.refund_micros, MICRO // 100))
    day = max(on, issued.issued_on)
    note = crediting.credit_amount(conn, issued.number, net, f"rétractation du {on:%d/%m/%Y}", day, by, place)
    return Withdrawn(after, after.refund_micros, note.number)


def leave_for_price(conn: Conn, of: Subscription, on: date, by: Actor) -> Calendar:
    """The client, in renewal, leaves before an announced price applies. Raises Refused when none is ahead of it."""
    before = calendar_of(conn, of, on)
    plans.note(conn, of, "leave", on, by)
    after = calendar_of(conn, of, on)
    if after.ends_on is None or after.ends_on == before.ends_on:
        raise Refused(f"no announced price change is ahead on {on}", hint="notice: decroche billing subscription")
    return _told(conn, of, "leaving", on)


def announce_price(
    conn: Conn, of: Subscription, price_micros: int, announced_on: date, wished_from: date, by: Actor
) -> Announced:
    """Announce a new monthly price: it applies 30 days later at the earliest, once a year, from a period's first day.

    The client is told through the outbox. Raises Refused while another one is ahead.
    """
    known = calendar_of(conn, of, announced_on).prices
    if known[-1][0] > announced_on:
        raise Refused(f"a price change from {known[-1][0]} is ahead already", hint="one a year (article 5.5)")
    if known[-1][1] == price_micros:
        raise Refused(f"the price is {spell(price_micros)} already", hint="decroche billing subscription")
    plans.note(conn, of, "price_change", announced_on, by, effective_on=wished_from, price_micros=price_micros)
    applies = calendar_of(conn, of, announced_on).prices[-1][0]
    body = {"plan": of.plan, "from": applies.isoformat(), "price": spell(price_micros), "before": spell(known[-1][1]),
            "leave_before": applies.isoformat()}  # fmt: skip
    tell(conn, of.tenant_id, Notice("price_change", f"{of.id} {applies}", "client", body))
    return Announced(of, applies, price_micros, date.fromordinal(applies.toordinal() - 1))


def close_ended(conn: Conn, tenant: Tenant, today: date) -> bool:
    """End the access of a tenant whose last subscription's last day of access is over (7.3); whether it did.

    Its numbers go to their fallback from then on; the operator is told that its data is to be deleted.
    """
    ends = [calendar_of(conn, s, today).last_access_on for s in plans.subscriptions(conn, tenant.id)]
    known = [end for end in ends if end is not None and end < today]
    if tenant.status == "closed" or not ends or len(known) < len(ends):
        return False
    tenants.close(conn, tenant.id, by=service("subscriptions"))
    body = {
        "last_access_on": str(max(known)),
        "to_do": f"decroche tenant leave {tenant.slug} --out FILE, then --delete",
    }
    tell(conn, tenant.id, Notice("ended", str(max(known)), "operator", body))
    return True


def with_options(conn: Conn, of: Subscription, plan_price_micros: int) -> int:
    """A plan's new price and what the subscription's options cost."""
    plan = plans.get_plan(conn, of.plan, of.plan_version)
    return plan_price_micros + sum(plan.options[option] for option in of.options)


def _told(conn: Conn, of: Subscription, kind: str, on: date) -> Calendar:
    found = calendar(facts_of(conn, of), add_months(max(on, of.starts_on), 2))
    body = {"plan": of.plan, "on": on.isoformat(), "ends_on": str(found.ends_on),
            "last_access_on": str(found.last_access_on), "data_deleted_from": str(found.delete_from)}  # fmt: skip
    tell(conn, of.tenant_id, Notice(kind, f"{of.id} {on}", "client", body))
    return found


def _invoice_of_first_period(conn: Conn, of: Subscription) -> tuple[Issued, int] | None:
    key = period_key(of, 0)
    with conn.cursor(row_factory=class_row(Issued)) as cursor:
        found: Sequence[Issued] = cursor.execute(
            f"SELECT {COLUMNS} FROM billing.live_invoices WHERE tenant_id = %s AND document -> 'lines' @> %s LIMIT 1",
            (of.tenant_id, Jsonb([{"source": "subscription", "key": key}])),
        ).fetchall()
    if not found:
        return None
    place = next(n for n, line in enumerate(found[0].invoice().lines, 1) if line.key == key)
    return found[0], place
