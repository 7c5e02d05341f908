"""Subscriptions, with the proof that their terms were accepted, and what a month owes for them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from fractions import Fraction
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from billing.charges import tariffs
from billing.charges.ledger import MICRO
from billing.documents.invoice import Line, cents
from billing.plans.offered import BadPlan as BadPlan
from billing.plans.offered import Plan as Plan
from billing.plans.offered import add_plan as add_plan
from billing.plans.offered import get_plan as get_plan
from billing.plans.offered import list_plans as list_plans
from billing.plans.offered import parse_plan as parse_plan
from billing.plans.offered import read_plan as read_plan
from billing.plans.subscription import Calendar, Period, PriceChange, SubscriptionFacts, add_months, calendar
from billing.rating.tariff import PARIS
from store import audit, tenants
from store.base.actor import Actor, service
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.db import Conn


@dataclass(frozen=True, slots=True)
class Subscription:
    """A tenant's subscription. `accepted_*` and `terms_*` are the proof of acceptance."""

    tenant_id: UUID
    id: UUID
    plan: str
    plan_version: int
    options: Sequence[str]
    starts_on: date
    accepted_by: str
    accepted_at: datetime
    accepted_from: str
    terms_version: str
    terms_sha256: str


_COLUMNS = """tenant_id, id, plan, plan_version, options, starts_on, accepted_by, accepted_at, accepted_from,
              terms_version, terms_sha256"""


def subscribe(
    conn: Conn,
    tenant_id: UUID,
    plan: Plan,
    starts_on: date,
    *,
    accepted_by: str,
    accepted_at: datetime,
    accepted_from: str,
    terms_version: str,
    terms: bytes,
    options: Sequence[str] = (),
    by: Actor,
    again: bool = False,
) -> Subscription:
    """A subscription whose terms (their bytes are hashed) a named person accepted. Raises BadInput; Refused for a
    second one of a plan that runs, unless `again`.

    From its first day on, the tenant's calls are rated by the plan's tariff, where it names one. Access that had ended
    begins again.
    """
    for option in options:
        if option not in plan.options:
            raise BadInput(f"option {option!r} is not in plan {plan.name}", hint=f"known: {', '.join(plan.options)}")
    if not accepted_by.strip() or not accepted_from.strip() or not terms_version.strip():
        raise BadInput("who accepted which version of the terms, and from where?", hint="all three are needed")
    for of in subscriptions(conn, tenant_id) if not again else ():
        end = calendar_of(conn, of, max(starts_on, of.starts_on)).ends_on
        if of.plan == plan.name and (end is None or end >= starts_on):
            raise Refused(f"a subscription to {plan.name} runs since {of.starts_on}", hint="--again for a second one")
    with conn.cursor(row_factory=class_row(Subscription)) as cursor:
        row = cursor.execute(
            f"""INSERT INTO billing.subscriptions ({_COLUMNS})
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}""",
            (
                tenant_id, new_id(), plan.name, plan.version, list(options), starts_on, accepted_by, accepted_at,
                accepted_from, terms_version, hashlib.sha256(terms).hexdigest(),
            ),
        ).fetchone()  # fmt: skip
    assert row is not None
    tenants.reopen(conn, tenant_id, by=by)
    if plan.tariff:
        since = datetime.combine(starts_on, time(), PARIS)
        version = tariffs.get(conn, plan.tariff).version
        tariffs.assign(conn, tenant_id, plan.tariff, version, since, service(f"plan {plan.name}@{plan.version}"))
    kept = {"plan": plan.name, "version": plan.version, "terms": row.terms_sha256}
    audit.note(conn, by, "subscription.add", f"subscription:{row.id}", tenant_id, **kept)
    return row


def running_plans(conn: Conn, tenant_id: UUID, month: date) -> list[Plan]:
    """The plans of the subscriptions that ran on some day of a calendar month."""
    end = add_months(month, 1)
    found: list[Plan] = []
    for of in subscriptions(conn, tenant_id):
        if any(p.begins < end and p.ends >= month for p in calendar_of(conn, of, end).periods):
            found.append(get_plan(conn, of.plan, of.plan_version))
    return found


def note(
    conn: Conn,
    of: Subscription,
    kind: Literal["notice", "withdrawal", "price_change", "leave"],
    happened_on: date,
    by: Actor,
    *,
    effective_on: date | None = None,
    price_micros: int | None = None,
) -> None:
    """Something happened to a subscription: its calendar follows from it."""
    conn.execute(
        """INSERT INTO billing.subscription_events
               (tenant_id, id, subscription_id, kind, happened_on, effective_on, price_micros, noted_by)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        (of.tenant_id, new_id(), of.id, kind, happened_on, effective_on, price_micros, str(by)),
    )
    on = {"on": happened_on.isoformat(), "effective_on": effective_on and effective_on.isoformat()}
    audit.note(conn, by, f"subscription.{kind}", f"subscription:{of.id}", of.tenant_id, **on)


def subscriptions(conn: Conn, tenant_id: UUID) -> list[Subscription]:
    """The tenant's subscriptions, in the order they began."""
    with conn.cursor(row_factory=class_row(Subscription)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM billing.subscriptions WHERE tenant_id = %s ORDER BY starts_on, id", (tenant_id,)
        ).fetchall()


def calendar_of(conn: Conn, of: Subscription, until: date) -> Calendar:
    """The subscription's calendar by what is known today."""
    return calendar(facts_of(conn, of), until)


def newest_subscription(conn: Conn, of: tenants.Tenant) -> Subscription:
    """What the tenant took last. Raises NotFound."""
    found = subscriptions(conn, of.id)
    if not found:
        raise NotFound(f"tenant {of.slug} has no subscription", hint="decroche billing subscribe")
    return found[-1]


def outlook(conn: Conn, of: Subscription, today: date) -> Calendar:
    """What a subscription's terms say, its next two months included."""
    return calendar_of(conn, of, max(add_months(today, 2), of.starts_on))


def facts_of(conn: Conn, of: Subscription) -> SubscriptionFacts:
    """What happened to a subscription, as its calendar needs it."""
    plan = get_plan(conn, of.plan, of.plan_version)
    events = conn.execute(
        """SELECT kind, happened_on, effective_on, price_micros FROM billing.subscription_events
            WHERE subscription_id = %s ORDER BY happened_on, noted_at""",
        (of.id,),
    ).fetchall()
    first = {kind: next((e["happened_on"] for e in events if e["kind"] == kind), None) for kind in
             ("notice", "withdrawal", "leave")}  # fmt: skip
    changes = [
        PriceChange(e["happened_on"], e["effective_on"], e["price_micros"])
        for e in events
        if e["kind"] == "price_change"
    ]
    price = plan.monthly_micros + sum(plan.options[option] for option in of.options)
    return SubscriptionFacts(of.starts_on, price, first["notice"], first["withdrawal"], first["leave"], tuple(changes))


def subscription_lines(conn: Conn, tenant_id: UUID, month: date) -> list[Line]:
    """One line for each period of a subscription that begins in the calendar month, and is on no invoice yet."""
    lines: list[Line] = []
    end = add_months(month, 1)
    for of in subscriptions(conn, tenant_id):
        found = calendar_of(conn, of, end)
        title = get_plan(conn, of.plan, of.plan_version).title
        for period in found.periods:
            if month <= period.begins < end and not is_invoiced(conn, of, period.number):
                lines.append(period_line(of, title, period, found.refund_micros))
    return lines


def period_line(of: Subscription, title: str, period: Period, refund_micros: int = 0) -> Line:
    """A period's line: due whole, less what a withdrawal gives back."""
    name = f"Abonnement {title}, du {period.begins:%d/%m/%Y} au {period.ends:%d/%m/%Y}"
    extra = ", ".join(
        ["avec " + ", ".join(of.options)] * bool(of.options) + ["rétractation : part exécutée"] * bool(refund_micros)
    )
    whole = cents(Fraction(period.price_micros - refund_micros, MICRO // 100))
    price = f"{whole // 100}.{whole % 100:02d}"
    return Line(name, "1", "MON", price, whole, extra, "subscription", period_key(of, period.number))


def period_key(of: Subscription, number: int) -> str:
    """What a period's line is found again by on the invoices."""
    return f"{of.id}:{number}"


def is_invoiced(conn: Conn, of: Subscription, number: int) -> bool:
    """Whether a period, counted from 0, stands on an invoice that lives."""
    lines = [{"source": "subscription", "key": period_key(of, number)}]
    return (
        conn.execute(
            "SELECT 1 FROM billing.live_invoices WHERE tenant_id = %s AND document -> 'lines' @> %s LIMIT 1",
            (of.tenant_id, Jsonb(lines)),
        ).fetchone()
        is not None
    )
