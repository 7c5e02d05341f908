"""Where paying an invoice stands, what may be contested of it until when, and the account: as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from billing.invoices import disputes, statements
from billing.invoices.disputes import Dispute
from billing.invoices.invoicing import Issued
from billing.invoices.late import dispute_until
from billing.rating.holidays_fr import public_holidays
from billing.stripe import checkout
from billing.stripe.checkout import Checkout, Where
from portal.door import Seat
from portal.reading.money import Bill
from store import tenants


@dataclass(frozen=True, slots=True)
class Paying:
    """Where it stands; `page`: the one asked for last, which has an address while it is open."""

    where: Where
    page: Checkout | None


def paying(seat: Seat, bill: Bill, now: datetime) -> Paying:
    """Where paying an invoice stands, by the database alone."""
    page = checkout.latest(seat.conn, seat.whose, bill.of.id)
    return Paying(checkout.where(bill.due, page, checkout.last_attempt(seat.conn, bill.of), now), page)


@dataclass(frozen=True, slots=True)
class Means:
    """What is collected from: "card", "sepa_debit", "" for nothing; and the page open to set it up."""

    kind: str
    page: Checkout | None


def means(seat: Seat, now: datetime) -> Means:
    """What the client's invoices are collected from."""
    row = seat.conn.execute(
        "SELECT method_kind FROM billing.stripe_customers WHERE tenant_id = %s AND payment_method IS NOT NULL",
        (seat.whose,),
    ).fetchone()
    page = checkout.latest(seat.conn, seat.whose, None)
    if page is not None and (
        page.state in ("complete", "expired") or (page.state == "open" and now >= page.expires_at)
    ):
        page = None
    return Means((row["method_kind"] or "") if row else "", page)


@dataclass(frozen=True, slots=True)
class Contestable:
    """Until which day an invoice may be contested (5.6), how many working days are left (0: today is the last; below:
    it is over), and which lines are contested already."""

    until: date
    left: int
    held: Sequence[int]

    @property
    def open(self) -> bool:
        """Whether it may be, today."""
        return self.left >= 0


def working_days(today: date, until: date) -> int:
    """Working days (Monday to Friday, no holiday) after today up to `until`, included; -1 when it is past. Pure."""
    if today > until:
        return -1
    days = (today + timedelta(days=n) for n in range(1, (until - today).days + 1))
    return sum(day.weekday() < 5 and day not in public_holidays(day.year) for day in days)


def contestable(seat: Seat, of: Issued, today: date) -> Contestable:
    """By the invoice's own day, on which it reached the client."""
    until = dispute_until(of.issued_on)
    held = [line for one in contested(seat, of) if one.closed_on is None for line in one.lines]
    return Contestable(until, working_days(today, until), sorted(held))


def contested(seat: Seat, of: Issued) -> list[Dispute]:
    """What was contested of an invoice, and what was decided."""
    return [one for one in disputes.listed(seat.conn, seat.whose, closed=True) if one.number == of.number]


@dataclass(frozen=True, slots=True)
class Year:
    """The account over some days, its lines with what was open after each."""

    of: statements.ClientAccount
    balances: Sequence[int]


def account(seat: Seat, begins: date, ends: date) -> Year:
    """The client's account. Raises BadInput for days in the wrong order."""
    found = statements.client_account(statements.history_of(seat.conn, seat.whose), begins, ends)
    open_, balances = found.opening, list[int]()
    for entry in found.entries:
        open_ += entry.cents
        balances.append(open_)
    return Year(found, balances)


def account_page(seat: Seat, of: Year, currency: str) -> dict[str, Any]:
    """The facts of its PDF. Raises BadInput for a party that is missing."""
    return statements.page(seat.conn, tenants.get(seat.conn, seat.tenant), of.of, currency)
