"""Issuing invoices: from a month's charges and subscriptions to numbered, immutable documents.

A tenant whose month holds an unrated call gets no invoice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from psycopg.types.json import Jsonb

from billing.charges.accounts import month_mode, move
from billing.charges.ledger import NO_TARIFF, lock_account
from billing.charges.rerate import rerate
from billing.documents.invoice import Invoice, Line, Usage, check_party, compose
from billing.invoices.keeping import COLUMNS as COLUMNS
from billing.invoices.keeping import Issued as Issued
from billing.invoices.keeping import Purpose as Purpose
from billing.invoices.keeping import get as get
from billing.invoices.keeping import listed as listed
from billing.invoices.keeping import live
from billing.invoices.keeping import next_number as next_number
from billing.invoices.keeping import sealed as sealed
from billing.invoices.keeping import store_document as store_document
from billing.invoices.month import MonthUsage, late_months, month_usage
from billing.invoices.parties import customer as customer
from billing.invoices.parties import customer_if_any as customer_if_any
from billing.invoices.parties import seller as seller
from billing.invoices.parties import seller_if_any as seller_if_any
from billing.invoices.parties import set_customer as set_customer
from billing.invoices.parties import set_seller as set_seller
from billing.plans import holdings
from billing.plans.plans import Subscription, calendar_of, get_plan, is_invoiced, period_line, subscription_lines
from billing.plans.subscription import add_months
from billing.rating.tariff import PARIS
from store.base.actor import Actor
from store.base.errors import Refused
from store.base.numbering import SPECIAL
from store.db import Conn
from store.tenants import Tenant

PREPAID = "Réglée sur le crédit prépayé : comprise dans les factures de rechargement, non facturée ici."
"""On the usage page of a prepaid tenant's invoice."""


MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip


class Blocked(Refused):
    """The month cannot be invoiced yet."""

    code = "invoice_blocked"


class Lapsed(Refused):
    """The month's calls may no longer be invoiced."""

    code = "invoice_lapsed"


CLAIM_MONTHS = 12
"""From the end of a month, when its calls fall due: CPCE L34-2 al. 2."""


def issue(conn: Conn, tenant: Tenant, month: date, issued_on: date, by: Actor) -> Issued | None:
    """The tenant's invoice of a month: issued now, or the one it has; None when there is nothing to invoice.

    `conn` is an operator's transaction of this tenant's own. Raises Blocked naming the unrated calls, BadInput.
    """
    account = lock_account(conn, tenant.id)
    conn.execute("SET LOCAL work_mem = '128MB'")  # a month is read whole
    known = live(conn, tenant.id, month)
    if known is not None:
        return known
    end = add_months(month, 1)
    if issued_on < end:
        raise Blocked(f"{month:%Y-%m} is not over on {issued_on}", hint="invoice a month once it has ended")
    # a month ends when it does in its tariff's time zone: at most a day from midnight in Paris
    near = _midnight(month) - timedelta(days=2), _midnight(end) + timedelta(days=2)
    rerate(conn, tenant.id, *near, month=month, why="order", quick=True)
    _refuse_unrated(conn, tenant, month)
    usage = month_usage(conn, tenant.id, month)
    usage_part = usage.lines() if month_mode(conn, tenant.id, month) == "postpaid" else []
    if usage.amount_micros and usage_part and issued_on > add_months(end, CLAIM_MONTHS):
        _refuse_lapsed(conn, tenant, month, end)
    holdings.note_holdings(conn, tenant.id, month, end)
    late = _late(conn, tenant, month, issued_on)
    lines = [*subscription_lines(conn, tenant.id, month), *holdings.lines(conn, tenant.id, month), *usage_part]
    lines += [line for each in late.values() for line in each[1]]
    if not lines:
        return None
    party, terms = seller(conn)
    document = compose(
        number=next_number(conn, issued_on.year),
        seller=party,
        buyer=customer(conn, tenant),
        terms=terms,
        period=(month, end - timedelta(days=1)),
        issued_on=issued_on,
        currency=account["currency"],
        lines=lines,
        usage=replace(usage.page(), note="" if usage_part else PREPAID),
    )
    stored = store_document(conn, tenant.id, document, month, by)
    if usage_part:
        _attach(conn, tenant.id, stored.id, month, lines)
    for of, (found, _) in late.items():
        _attach(conn, tenant.id, stored.id, of, lines, f"{of:%Y-%m}/", found)
    micros = sum(found[0].amount_micros for found in late.values()) + (usage.amount_micros if usage_part else 0)
    if usage_part or late:
        move(conn, tenant.id, "invoice", micros, stored.number, by)
    return stored


def _late(conn: Conn, tenant: Tenant, month: date, issued_on: date) -> dict[date, tuple[MonthUsage, list[Line]]]:
    """Calls that came after their own month's invoice, with their lines: this one has them, within the law's year."""
    found: dict[date, tuple[MonthUsage, list[Line]]] = {}
    for of in late_months(conn, tenant.id, month):
        end = add_months(of, 1)
        if issued_on > add_months(end, CLAIM_MONTHS):
            continue
        near = _midnight(of) - timedelta(days=2), _midnight(end) + timedelta(days=2)
        rerate(conn, tenant.id, *near, month=of, why="late", quick=True)
        usage = month_usage(conn, tenant.id, of, late=True)
        lines = [
            replace(line, name=f"{line.name}, {MONTHS[of.month - 1]} {of.year}", key=f"{of:%Y-%m}/{line.key}")
            for line in usage.lines()
        ]
        if lines:
            found[of] = usage, lines
    return found


def issue_order(conn: Conn, tenant: Tenant, of: Subscription, issued_on: date, by: Actor) -> Issued:
    """The invoice of a subscription's first period, at its order (article 5.3). Raises BadInput, Refused."""
    lock_account(conn, tenant.id)
    found = calendar_of(conn, of, of.starts_on)
    first = found.periods[0]
    if is_invoiced(conn, of, first.number):
        raise Refused(
            "the first period is on an invoice already", hint=f"decroche billing invoice list --tenant {tenant.slug}"
        )
    line = period_line(of, get_plan(conn, of.plan, of.plan_version).title, first, found.refund_micros)
    document = compose_for(conn, tenant, [line], (first.begins, first.ends), issued_on)
    return store_document(conn, tenant.id, document, first.begins.replace(day=1), by, purpose="order")


def compose_for(
    conn: Conn, tenant: Tenant, lines: Sequence[Line], period: tuple[date, date], issued_on: date
) -> Invoice:
    """A document of the tenant's own parties and account, under the year's next number."""
    party, terms = seller(conn)
    buyer, currency = customer(conn, tenant), lock_account(conn, tenant.id)["currency"]
    check_party("customer", buyer)
    return compose(
        number=next_number(conn, issued_on.year), seller=party, buyer=buyer, terms=terms, period=period,
        issued_on=issued_on, currency=currency, lines=lines, usage=Usage(),
    )  # fmt: skip


def _refuse_unrated(conn: Conn, tenant: Tenant, month: date) -> None:
    rows = conn.execute(
        """SELECT call_id, reason FROM billing.current_charges
            WHERE tenant_id = %s AND month = %s AND status = 'unrated'
              AND NOT (direction = 'outbound' AND far_party = ANY (%s)) ORDER BY answered_at, call_id""",
        (tenant.id, month, list(SPECIAL)),  # emergency calls are never billed: they need no rate
    ).fetchall()
    if rows:
        named = "; ".join(f"{row['call_id']}: {row['reason']}" for row in rows[:20])
        more = f" … and {len(rows) - 20} more" if len(rows) > 20 else ""
        unassigned = any(row["reason"] == NO_TARIFF for row in rows)
        raise Blocked(
            f"tenant {tenant.slug} has {len(rows)} unrated calls in {month:%Y-%m}: {named}{more}",
            hint=f"decroche billing tariff assign NAME --tenant {tenant.slug} --from {month:%Y-%m-01}"
            if unassigned
            else "add the missing rates to the tariff and assign it; the run rates them again",
        )


def _refuse_lapsed(conn: Conn, tenant: Tenant, month: date, end: date) -> None:
    """Calls not claimed within a year of falling due are owed no more (CPCE L34-2 al. 2); those once invoiced were."""
    last = add_months(end, CLAIM_MONTHS)
    claimed = conn.execute(
        """SELECT 1 FROM billing.invoices WHERE tenant_id = %s AND period = %s AND purpose = 'month'
              AND kind = 'invoice' AND issued_on <= %s""",
        (tenant.id, month, last),
    ).fetchone()
    if claimed is None:
        raise Lapsed(
            f"the calls of tenant {tenant.slug} in {month:%Y-%m} could be invoiced until {last}",
            hint="what was not claimed within a year of falling due is owed no more (CPCE L34-2 al. 2)",
        )


def _attach(
    conn: Conn, tenant_id: UUID, invoice_id: UUID, month: date, lines: Sequence[Line], head: str = "",
    late: MonthUsage | None = None,
) -> None:  # fmt: skip
    """Tie every charge of the month to the invoice and to the first line of its destination.

    `late`: only charges that stand on no invoice yet; their lines' keys begin with `head`.
    """
    places: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if line.source == "usage" and line.key.startswith(head) and "/" not in line.key.removeprefix(head):
            places.setdefault(line.key.removeprefix(head).rpartition(":")[0], number)
    conn.execute(
        """INSERT INTO billing.invoice_charges (tenant_id, invoice_id, call_id, generation, line)
           SELECT tenant_id, %(invoice)s, call_id, generation,
                  coalesce((%(places)s::jsonb ->> (coalesce(leg, direction) || ':' || prefix))::integer, 0)
             FROM billing.current_charges c WHERE tenant_id = %(tenant)s AND month = %(month)s
              AND (NOT %(late)s OR status = 'rated' AND NOT EXISTS (
                       SELECT 1 FROM billing.invoice_charges l JOIN billing.live_invoices i ON i.id = l.invoice_id
                        WHERE l.call_id = c.call_id AND l.generation = c.generation))""",
        {
            "invoice": invoice_id,
            "tenant": tenant_id,
            "month": month,
            "places": Jsonb(places),
            "late": late is not None,
        },
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS)
