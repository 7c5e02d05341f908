"""Issuing invoices: from a month's charges and subscriptions to numbered, immutable documents.

An invoice and its number are made in one transaction, under the lock of the year's counter: a run that is
killed leaves neither a gap nor a half. A tenant whose month holds an unrated call gets no invoice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from billing.charges.accounts import month_mode, move
from billing.charges.controls import Notice, tell
from billing.charges.ledger import NO_TARIFF, lock_account
from billing.charges.rerate import rerate
from billing.documents.cii import money
from billing.documents.invoice import Invoice, Line, Party, Terms, Usage, check_party, compose, restored
from billing.documents.means import told
from billing.invoices.month import MonthUsage, late_months, month_usage
from billing.invoices.series import keep_order
from billing.plans import holdings
from billing.plans.plans import Subscription, calendar_of, get_plan, is_invoiced, period_line, subscription_lines
from billing.plans.subscription import add_months
from billing.rating.tariff import PARIS
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.base.numbering import SPECIAL
from store.chain import canonical
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
Purpose = Literal["month", "order", "top_up"]


@dataclass(frozen=True, slots=True)
class Issued:
    """An invoice as stored. Amounts are cents; a credit note's are negative.

    `purpose`: the month's invoice, a subscription's at its order, or a top-up of a prepaid balance. `partial`: a credit
    note for a part, which leaves its invoice alive.
    """

    tenant_id: UUID
    id: UUID
    number: str
    kind: str
    credits: UUID | None
    period: date
    issued_on: date
    due_on: date
    currency: str
    net_cents: int
    vat_cents: int
    gross_cents: int
    document: Mapping[str, Any]
    purpose: Purpose = "month"
    partial: bool = False

    def invoice(self) -> Invoice:
        """The document."""
        return restored(self.document)


COLUMNS = """tenant_id, id, number, kind, credits, period, issued_on, due_on, currency,
             net_cents, vat_cents, gross_cents, document, purpose, partial"""


def set_seller(conn: Conn, party: Party, terms: Terms, *, by: Actor) -> None:
    """Who issues the invoices, from now on (operator)."""
    conn.execute(
        """INSERT INTO billing.seller (party, terms) VALUES (%s, %s)
           ON CONFLICT (single) DO UPDATE SET party = excluded.party, terms = excluded.terms""",
        (Jsonb(asdict(party)), Jsonb(asdict(terms))),
    )
    note(conn, by, "seller.set", "seller")


def seller(conn: Conn) -> tuple[Party, Terms]:
    """Who issues the invoices. Raises BadInput when nobody was named."""
    found = seller_if_any(conn)
    if found is None:
        raise BadInput("no seller: who issues the invoices?", hint="decroche billing seller set --name … --siren …")
    return found


def seller_if_any(conn: Conn) -> tuple[Party, Terms] | None:
    """Who issues the invoices; None when nobody was named."""
    row = conn.execute("SELECT party, terms FROM billing.seller").fetchone()
    return None if row is None else (Party(**row["party"]), Terms(**row["terms"]))


def set_customer(conn: Conn, tenant_id: UUID, party: Party, *, by: Actor) -> None:
    """Whom a tenant's invoices are made out to, from now on (operator)."""
    conn.execute(
        """INSERT INTO billing.customers (tenant_id, party) VALUES (%s, %s)
           ON CONFLICT (tenant_id) DO UPDATE SET party = excluded.party""",
        (tenant_id, Jsonb(asdict(party))),
    )
    note(conn, by, "customer.set", f"tenant:{tenant_id}", tenant_id)


def customer(conn: Conn, tenant: Tenant) -> Party:
    """Whom a tenant's invoices are made out to. Raises BadInput."""
    found = customer_if_any(conn, tenant.id)
    if found is None:
        raise BadInput(
            f"tenant {tenant.slug} has no billing address",
            hint=f"decroche billing customer set {tenant.slug} --name … --siren …",
        )
    return found


def customer_if_any(conn: Conn, tenant_id: UUID) -> Party | None:
    """Whom a tenant's invoices are made out to; None when nobody was named."""
    row = conn.execute("SELECT party FROM billing.customers WHERE tenant_id = %s", (tenant_id,)).fetchone()
    return None if row is None else Party(**row["party"])


def issue(conn: Conn, tenant: Tenant, month: date, issued_on: date, by: Actor) -> Issued | None:
    """The tenant's invoice of a month: issued now, or the one it has; None when there is nothing to invoice.

    `conn` is an operator's transaction of this tenant's own. Raises Blocked naming the unrated calls, BadInput.
    """
    account = lock_account(conn, tenant.id)
    conn.execute("SET LOCAL work_mem = '128MB'")  # a month is read whole
    known = _live(conn, tenant.id, month)
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
    holdings.look(conn, tenant.id, month, end)
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


def get(conn: Conn, number: str) -> Issued:
    """An invoice or credit note that `conn` may see. Raises NotFound."""
    with conn.cursor(row_factory=class_row(Issued)) as cursor:
        row = cursor.execute(f"SELECT {COLUMNS} FROM billing.invoices WHERE number = %s", (number,)).fetchone()
    if row is None:
        raise NotFound(f"no invoice {number}", hint="decroche billing invoice list")
    return row


def listed(conn: Conn, tenant_id: UUID | None = None, period: date | None = None) -> list[Issued]:
    """Invoices and credit notes, in the order of their numbers."""
    with conn.cursor(row_factory=class_row(Issued)) as cursor:
        return cursor.execute(
            f"""SELECT {COLUMNS} FROM billing.invoices
                 WHERE (%(tenant)s::uuid IS NULL OR tenant_id = %(tenant)s)
                   AND (%(period)s::date IS NULL OR period = %(period)s) ORDER BY year, place""",
            {"tenant": tenant_id, "period": period},
        ).fetchall()


def _live(conn: Conn, tenant_id: UUID, month: date) -> Issued | None:
    with conn.cursor(row_factory=class_row(Issued)) as cursor:
        return cursor.execute(
            f"SELECT {COLUMNS} FROM billing.live_invoices WHERE tenant_id = %s AND period = %s AND purpose = 'month'",
            (tenant_id, month),
        ).fetchone()


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


def next_number(conn: Conn, year: int) -> str:
    """The year's next number; others wait for this transaction to end."""
    row = conn.execute(
        """INSERT INTO billing.invoice_numbers (year, last) VALUES (%s, 1)
           ON CONFLICT (year) DO UPDATE SET last = billing.invoice_numbers.last + 1 RETURNING last""",
        (year,),
    ).fetchone()
    assert row is not None
    return f"{year}-{row['last']:06d}"


def sealed(document: Mapping[str, Any]) -> str:
    """The SHA-256 (hex) that stands for a document: over its canonical JSON, which the stored one gives again."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def store_document(
    conn: Conn,
    tenant_id: UUID,
    document: Invoice,
    period: date,
    by: Actor,
    *,
    purpose: Purpose = "month",
    credited: UUID | None = None,
) -> Issued:
    """Keep a document as it is, for good, in the transaction that took its number; the client is told of it."""
    plain = document.plain()
    sha256 = sealed(plain)
    sign = 1 if document.kind == "invoice" else -1
    year, place = document.number.split("-")
    keep_order(conn, "invoice", document.issued_on)
    with conn.cursor(row_factory=class_row(Issued)) as cursor:
        row = cursor.execute(
            f"""INSERT INTO billing.invoices (tenant_id, id, number, year, place, kind, credits, period, issued_on,
                    due_on, currency, net_cents, vat_cents, gross_cents, document, sha256, issued_by, purpose, partial)
                VALUES (%(tenant)s, %(id)s, %(number)s, %(year)s, %(place)s, %(kind)s, %(credits)s, %(period)s,
                    %(issued_on)s, %(due_on)s, %(currency)s, %(net)s, %(vat)s, %(gross)s, %(document)s, %(sha256)s,
                    %(by)s, %(purpose)s, %(partial)s)
                RETURNING {COLUMNS}""",
            {
                "tenant": tenant_id,
                "id": new_id(),
                "number": document.number,
                "year": int(year),
                "place": int(place),
                "kind": document.kind,
                "credits": credited,
                "period": period,
                "issued_on": document.issued_on,
                "due_on": document.due_on,
                "currency": document.currency,
                "net": sign * document.net_cents,
                "vat": sign * document.vat_cents,
                "gross": sign * document.gross_cents,
                "document": Jsonb(plain),
                "sha256": sha256,
                "by": str(by),
                "purpose": purpose,
                "partial": document.partial,
            },
        ).fetchone()
    assert row is not None
    asks, paid = row.kind == "invoice", bool(document.paid_cents)
    body = told(document.means, row.number, money(abs(row.gross_cents)), row.due_on, asks=asks, paid=paid)
    tell(conn, tenant_id, Notice(row.kind, row.number, "client", body))
    kept = {"gross_cents": row.gross_cents, "sha256": sha256, "purpose": purpose}
    note(conn, by, f"{row.kind}.issue", f"invoice:{row.number}", tenant_id, **kept)
    return row


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
