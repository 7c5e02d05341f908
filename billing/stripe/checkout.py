"""Paying on a page of Stripe's own: no card, no IBAN ever comes to us.

Who asks (`ask`, on the web) writes what is wanted, and a job; the worker (`open_page`) asks Stripe for the page and
writes its address down; the client goes there and comes back to a page of ours, which tells what the database knows.
That something was paid comes from Stripe alone (`collect.receive`), never from where a browser comes from.
A page that is open is an attempt like any other: while it is, the invoice is collected in no other way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from billing.invoices.balances import balance_due
from billing.invoices.invoicing import Issued, get
from billing.stripe.customers import ensure_customer
from billing.stripe.stripe_edge import Stripe
from store import jobs, tenants
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.db import Conn, Database
from store.locks import Lock, take_turns

KIND = "billing.checkout"
"""The job that opens a page, about its id."""
LASTS = timedelta(hours=2)
"""How long a page can be paid on, from when it was asked for; Stripe wants 30 minutes at least when it is made."""
PATIENCE = timedelta(minutes=5)
"""How long a page that was asked for is waited for, before one is told that there is none."""

Method = Literal["card", "sepa_debit"]
Kind = Literal["payment", "set_up"]
Where = Literal["paid", "underway", "preparing", "open", "failed", "none"]


@dataclass(frozen=True, slots=True)
class Checkout:
    """A page that was asked for. `url`: Stripe's, once it is open; `why`: a word, where it failed."""

    tenant_id: UUID
    id: UUID
    kind: Kind
    method: Method
    invoice_id: UUID | None
    back: str
    asked_by: str
    asked_at: datetime
    state: Literal["asked", "open", "complete", "expired", "failed"]
    session: str | None
    url: str
    why: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenPage:
    """An attempt on a page: its number, Stripe's session (None: the page is still to be made), whether its time is
    over."""

    attempt: int
    checkout_id: UUID
    session: str | None
    over: bool


def where(due_cents: int, latest: Checkout | None, attempt: str, now: datetime) -> Where:
    """Where paying stands: by what is due, the page asked for last, and the state of the last attempt ("": none). Pure.

    `underway`: the client has done its part, and the money is on its way; `failed`: it may be tried again.
    """
    if due_cents <= 0:
        return "paid"
    if attempt == "processing" or (latest and latest.state == "complete" and attempt in ("asked", "requires_action")):
        return "underway"
    if latest is None:
        return "underway" if attempt in ("asked", "requires_action") else "none"
    if latest.state == "asked":
        return "preparing" if now < latest.asked_at + PATIENCE else "failed"
    if latest.state == "open":
        return "open" if now < latest.expires_at else "none"
    return "failed" if latest.state == "failed" or (attempt == "failed" and latest.state == "complete") else "none"


_COLUMNS = """tenant_id, id, kind, method, invoice_id, back, asked_by, asked_at, state, session, url, why, expires_at"""


def latest(conn: Conn, tenant_id: UUID, invoice_id: UUID | None) -> Checkout | None:
    """The page asked for last, for an invoice, or (None) to set up what is collected from."""
    with conn.cursor(row_factory=class_row(Checkout)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM billing.checkouts WHERE tenant_id = %s AND invoice_id IS NOT DISTINCT FROM %s
                 ORDER BY asked_at DESC, id DESC LIMIT 1""",
            (tenant_id, invoice_id),
        ).fetchone()


def last_attempt(conn: Conn, of: Issued) -> str:
    """The state of the last attempt to collect an invoice; "" for none."""
    row = conn.execute(
        "SELECT state FROM billing.stripe_attempts WHERE invoice_id = %s ORDER BY attempt DESC LIMIT 1", (of.id,)
    ).fetchone()
    return row["state"] if row else ""


def ask(
    conn: Conn, tenant_id: UUID, of: Issued | None, method: Method, back: str, *, by: Actor, now: datetime
) -> Checkout:
    """A page to pay an invoice on, or (`of` None) to set up what is collected from; one that is open is given again.

    Raises Refused: nothing is due, or its money is on its way; BadInput for a credit note.
    """
    if of is not None and of.kind != "invoice":
        raise BadInput(f"{of.number} is a credit note: it asks for nothing", code="not_payable")
    take_turns(conn, Lock.INVOICE, of.number if of else f"set_up {tenant_id}")
    before = latest(conn, tenant_id, of.id if of else None)
    if of is not None:
        stands = where(balance_due(conn, of), before, last_attempt(conn, of), now)
        if stands in ("paid", "underway"):
            raise Refused(f"invoice {of.number}: {stands}", code=f"payment_{stands}")
    if before is not None and _alive(before, now):
        return before
    made = new_id()
    conn.execute(
        """INSERT INTO billing.checkouts (tenant_id, id, kind, method, invoice_id, back, asked_by, asked_at, expires_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            tenant_id, made, "payment" if of else "set_up", method, of.id if of else None, back, str(by), now,
            now + LASTS,
        ),
    )  # fmt: skip
    note(conn, by, "payment.ask", f"invoice:{of.number}" if of else f"tenant:{tenant_id}", tenant_id, method=method)
    jobs.add(conn, KIND, made, due_at=now, priority=20)
    found = latest(conn, tenant_id, of.id if of else None)
    assert found is not None
    return found


def _alive(of: Checkout, now: datetime) -> bool:
    return (of.state == "asked" and now < of.asked_at + PATIENCE) or (of.state == "open" and now < of.expires_at)


def open_page(db: Database, stripe: Stripe | None, checkout_id: UUID, site: str) -> None:
    """Have Stripe make the page that was asked for, under a key of ours: asked again, it is the same page.

    `site`: our own public address. `stripe` None: there is none, and the page says so. Raises StripeDown.
    """
    with db.operator() as conn:
        asked = _get(conn, checkout_id)
        if asked.state != "asked":
            return
        if stripe is None:
            _fail(conn, asked, "no_stripe")
            return
        slug = tenants.slugs(conn)[asked.tenant_id]
    try:
        customer = ensure_customer(db, stripe, slug)
        facts, cents, currency, title = {"tenant": str(asked.tenant_id)}, 0, "EUR", ""
        if asked.invoice_id is not None:
            with db.operator() as conn:
                issued = _invoice(conn, asked.invoice_id)
                attempt, cents = _attempt(conn, issued, asked)
                if not attempt:
                    _fail(conn, asked, "nothing_due" if balance_due(conn, issued) <= 0 else "underway")
                    return
            facts |= {"invoice": issued.number, "attempt": str(attempt)}
            currency, title = issued.currency, f"Facture {issued.number}"
        session, url = stripe.page(
            customer, asked.method, facts, cents=cents, currency=currency, title=title,
            back=site.rstrip("/") + asked.back, until=asked.expires_at, key=f"page:{asked.id}",
        )  # fmt: skip
    except (Refused, BadInput) as error:
        with db.operator() as conn:
            _fail(conn, asked, error.code)
        return
    with db.operator() as conn:
        conn.execute(
            "UPDATE billing.checkouts SET state = 'open', session = %s, url = %s WHERE id = %s AND state = 'asked'",
            (session, url, asked.id),
        )


def _get(conn: Conn, checkout_id: UUID) -> Checkout:
    with conn.cursor(row_factory=class_row(Checkout)) as cursor:
        found = cursor.execute(f"SELECT {_COLUMNS} FROM billing.checkouts WHERE id = %s", (checkout_id,)).fetchone()
    if found is None:
        raise NotFound(f"no page {checkout_id} was asked for")
    return found


def _invoice(conn: Conn, invoice_id: UUID) -> Issued:
    row = conn.execute("SELECT number FROM billing.invoices WHERE id = %s", (invoice_id,)).fetchone()
    assert row is not None
    return get(conn, row["number"])


def _attempt(conn: Conn, of: Issued, asked: Checkout) -> tuple[int, int]:
    """(number, cents) of the attempt of this page, begun now where it is not; (0, 0) where nothing is due, or another
    attempt is open."""
    take_turns(conn, Lock.INVOICE, of.number)
    row = conn.execute(
        """SELECT attempt, amount_cents, checkout_id FROM billing.stripe_attempts
            WHERE invoice_id = %s AND (checkout_id = %s OR state IN ('asked', 'processing', 'requires_action'))""",
        (of.id, asked.id),
    ).fetchone()
    if row is not None:
        return (row["attempt"], row["amount_cents"]) if row["checkout_id"] == asked.id else (0, 0)
    due = balance_due(conn, of)
    if due <= 0:
        return 0, 0
    made = conn.execute(
        """INSERT INTO billing.stripe_attempts (tenant_id, invoice_id, attempt, amount_cents, state, checkout_id)
           SELECT %(tenant)s, %(invoice)s, coalesce(max(attempt), 0) + 1, %(due)s, 'requires_action', %(page)s
             FROM billing.stripe_attempts WHERE invoice_id = %(invoice)s RETURNING attempt""",
        {"tenant": of.tenant_id, "invoice": of.id, "due": due, "page": asked.id},
    ).fetchone()
    assert made is not None
    return made["attempt"], due


def _fail(conn: Conn, of: Checkout, why: str) -> None:
    conn.execute(
        "UPDATE billing.checkouts SET state = 'failed', why = %s WHERE id = %s AND state = 'asked'", (why, of.id)
    )
    _end_attempt(conn, of.id, why)


def _end_attempt(conn: Conn, checkout_id: UUID, why: str) -> None:
    conn.execute(
        """UPDATE billing.stripe_attempts SET state = 'failed', reason = %s
            WHERE checkout_id = %s AND state = 'requires_action'""",
        (why, checkout_id),
    )


def open_on(conn: Conn, of: Issued) -> OpenPage | None:
    """The page an invoice can be paid on now, or was paid on and we know no more yet; if any."""
    with conn.cursor(row_factory=class_row(OpenPage)) as cursor:
        return cursor.execute(
            """SELECT a.attempt, c.id AS checkout_id, c.session, c.expires_at < now() AS over
                 FROM billing.stripe_attempts a JOIN billing.checkouts c ON c.id = a.checkout_id
                WHERE a.invoice_id = %s AND a.state = 'requires_action'
                  AND (c.state IN ('asked', 'open') OR a.payment_intent IS NULL)""",
            (of.id,),
        ).fetchone()


def underway(conn: Conn, of: Issued) -> bool:
    """Whether an attempt that Stripe has an intent of is open: it is asked after, whatever is collected from."""
    row = conn.execute(
        """SELECT 1 FROM billing.stripe_attempts WHERE invoice_id = %s AND payment_intent IS NOT NULL
              AND state IN ('asked', 'processing', 'requires_action')""",
        (of.id,),
    ).fetchone()
    return row is not None


def completed(conn: Conn, of: Issued, attempt: int) -> None:
    """The client has done its part on the page of this attempt, if it has one."""
    conn.execute(
        """UPDATE billing.checkouts c SET state = 'complete' FROM billing.stripe_attempts a
            WHERE a.invoice_id = %s AND a.attempt = %s AND c.id = a.checkout_id AND c.state = 'open'""",
        (of.id, attempt),
    )


def closed(conn: Conn, session: str, state: Literal["complete", "expired"]) -> bool:
    """Stripe has closed a page; whether it was one of ours that was open. Its attempt ends where it expired."""
    row = conn.execute(
        "UPDATE billing.checkouts SET state = %s WHERE session = %s AND state = 'open' RETURNING id", (state, session)
    ).fetchone()
    if row is not None and state == "expired":
        _end_attempt(conn, row["id"], "page_expired")
    return row is not None


def look(db: Database, stripe: Stripe, page: OpenPage) -> str:
    """What became of a page whose end nobody told us: the payment intent paid on it, "" while there is none.

    A page that Stripe says has expired, or that was never made in its time, ends with its attempt. Raises StripeDown.
    """
    status, intent = stripe.page_state(page.session) if page.session else ("", "")
    if status == "expired" or (not page.session and page.over):
        with db.operator() as conn:
            conn.execute("UPDATE billing.checkouts SET state = 'expired' WHERE id = %s", (page.checkout_id,))
            _end_attempt(conn, page.checkout_id, "page_expired")
    return intent if status == "complete" else ""
