"""Late payment: what it costs, when to remind, when to suspend; pure functions of an invoice's facts.

Interest is three times the legal rate in force on each day, on what is unpaid that day, over a year of 365
days, rounded once; 40 € are owed once for each late invoice (C. com. L441-10, D441-5). A public body owes the European
Central Bank's rate on the first day of the half-year in which interest began, and eight points more, for all of its
days, and the same 40 € (CCP L2192-13, R2192-31, D2192-35). Contested lines are held out of dunning while their
dispute, made in time, is open (contract, article 5.6).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Literal

from billing.documents.invoice import cents
from billing.rating.holidays_fr import public_holidays
from store.base.errors import BadInput

INDEMNITY_CENTS = 4000
TIMES_LEGAL_RATE = 3
POINTS_ABOVE_ECB = 8
DISPUTE_WORKING_DAYS = 8
_RATES = Path(__file__).parent / "data" / "legal_rates.toml"
_DAY = timedelta(days=1)

Step = Literal["reminder_1", "reminder_2", "formal_notice", "suspension"]
CALENDAR: tuple[tuple[Step, int], ...] = (
    ("reminder_1", 3), ("reminder_2", 10), ("formal_notice", 20), ("suspension", 30)
)  # fmt: skip
"""Each step, and how many days after the due date it is taken."""

FORMAL_NOTICE_DAYS = 10
"""The least days between the formal notice, which names the day of the suspension, and that day."""


class NoLegalRate(BadInput):
    """No legal interest rate is known for a day."""

    code = "no_legal_rate"


Base = Literal["legal", "ecb"]
"""Whose rate: the minister's order (C. mon. fin. L313-2), or the European Central Bank's for main refinancing."""


@dataclass(frozen=True, slots=True)
class LegalRate:
    """Percent a year from `begins` to `ends`, both included; the bank's is that of the first day."""

    begins: date
    ends: date
    percent: Fraction
    base: Base = "legal"

    @property
    def owed(self) -> Fraction:
        """Percent a year that who is late owes by it."""
        return self.percent * TIMES_LEGAL_RATE if self.base == "legal" else self.percent + POINTS_ABOVE_ECB


@dataclass(frozen=True, slots=True)
class Debt:
    """An invoice to be collected. `paid`: cents by day; `held`: cents of contested lines by (from, to or None);
    `public`: a public body owes it."""

    gross_cents: int
    due_on: date
    paid: Mapping[date, int] = field(default_factory=dict[date, int])
    held: Sequence[tuple[date, date | None, int]] = ()
    public: bool = False

    @property
    def base(self) -> Base:
        """Whose rate it bears interest by."""
        return "ecb" if self.public else "legal"

    def unpaid(self, day: date) -> int:
        """Cents unpaid at the end of a day."""
        return max(0, self.gross_cents - sum(amount for on, amount in self.paid.items() if on <= day))

    def in_dunning(self, day: date) -> int:
        """Cents unpaid and not contested at the end of a day."""
        contested = sum(c for begins, ends, c in self.held if begins <= day and (ends is None or day < ends))
        return max(0, self.unpaid(day) - contested)


@dataclass(frozen=True, slots=True)
class Penalty:
    """What a late invoice owes beside itself, in cents."""

    interest_cents: int
    indemnity_cents: int


@cache
def legal_rates() -> tuple[LegalRate, ...]:
    """The dated table."""
    rows = tomllib.loads(_RATES.read_text(encoding="utf-8"))["rate"]
    return tuple(LegalRate(row["from"], row["to"], Fraction(row["percent"])) for row in rows)


def rate_on(day: date, rates: Sequence[LegalRate] | None = None, base: Base = "legal") -> LegalRate:
    """The rate of a day. Raises NoLegalRate for a day the table does not know."""
    for rate in legal_rates() if rates is None else rates:
        if rate.base == base and rate.begins <= day <= rate.ends:
            return rate
    whose = "legal interest rate" if base == "legal" else "rate of the European Central Bank"
    raise NoLegalRate(f"no {whose} is known for {day}", hint=what_to_type(day, base))


def what_to_type(day: date, base: Base = "legal") -> str:
    """How the half-year of a day comes to be known."""
    begins = date(day.year, 1 if day.month < 7 else 7, 1)
    ends = date(day.year, 6, 30) if day.month < 7 else date(day.year, 12, 31)
    if base == "ecb":
        command = f'decroche billing legal-rate add --ecb {begins} {ends} PERCENT --reference "BCE, …"'
        return f"main refinancing operations on {begins}: {command}"
    command = f'decroche billing legal-rate add {begins} {ends} PERCENT --reference "arrêté du …"'
    return f"once its order is published: {command} (those known are in billing/invoices/data/{_RATES.name})"


def known_until(rates: Sequence[LegalRate]) -> date:
    """The last day before which no day lacks a legal rate, from the table's first day on."""
    rates = [rate for rate in rates if rate.base == "legal"]
    day = min(rate.begins for rate in rates)
    for rate in sorted(rates, key=lambda r: r.begins):
        if rate.begins > day:
            break
        day = max(day, rate.ends + _DAY)
    return day - _DAY


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both included, on which the same was unpaid at the same rate; what they add to the interest."""

    begins: date
    ends: date
    unpaid_cents: int
    rate: LegalRate
    interest_cents: int

    @property
    def days(self) -> int:
        """How many."""
        return (self.ends - self.begins).days + 1


def spans(debt: Debt, today: date, rates: Sequence[LegalRate] | None = None) -> list[Span]:
    """The days whose interest is owed, up to and including `today`, told apart by what was unpaid and by the rate.

    The whole is rounded once: each span has what it adds to it. Days before the first known rate bear none: a debt as
    old as that holds nobody up. Raises NoLegalRate.
    """
    runs: list[tuple[date, date, int, LegalRate]] = []
    known = legal_rates() if rates is None else rates
    day = debt.due_on + _DAY
    fixed = rate_on(day, known, "ecb") if debt.public and day <= today and debt.unpaid(debt.due_on) else None
    if fixed is None:  # nothing is claimed of days before the table
        day = max(day, min(rate.begins for rate in known if rate.base == "legal"))
    while day <= today:
        unpaid = debt.unpaid(day - _DAY)  # a payment stops the interest of the day after it
        if not unpaid:
            break
        rate = fixed or rate_on(day, known)
        if runs and (runs[-1][2], runs[-1][3].percent) == (unpaid, rate.percent):
            runs[-1] = (runs[-1][0], day, unpaid, rate)
        else:
            runs.append((day, day, unpaid, rate))
        day += _DAY
    found: list[Span] = []
    exact = Fraction(0)
    for begins, ends, unpaid, rate in runs:
        before = cents(exact)
        exact += Fraction(unpaid) * rate.owed * ((ends - begins).days + 1) / 100 / 365
        found.append(Span(begins, ends, unpaid, rate, cents(exact) - before))
    return found


def penalty(debt: Debt, today: date, rates: Sequence[LegalRate] | None = None) -> Penalty:
    """What is owed for being late, up to and including `today`. Raises NoLegalRate."""
    found = spans(debt, today, rates)
    return Penalty(sum(span.interest_cents for span in found), INDEMNITY_CENTS if found else 0)


def penalty_so_far(debt: Debt, today: date, rates: Sequence[LegalRate]) -> tuple[Penalty, date | None]:
    """What is owed by the rates that are known, and the day up to which interest counts where that is before today.

    A reminder is not held up by an order that is not published yet; its interest says up to when it counts.
    """
    last = countable_until(debt, rates)
    if last is None or today <= last or not debt.unpaid(last):
        return penalty(debt, today, rates), None
    counted = penalty(debt, last, rates)
    late = debt.unpaid(max(last, debt.due_on)) and today > debt.due_on
    return replace(counted, indemnity_cents=INDEMNITY_CENTS if late else counted.indemnity_cents), last


def countable_until(debt: Debt, rates: Sequence[LegalRate]) -> date | None:
    """The last day whose interest can be counted by the rates that are known; None: any day's."""
    if not debt.public:
        return known_until(rates)
    begins = debt.due_on + _DAY
    known = any(rate.base == "ecb" and rate.begins <= begins <= rate.ends for rate in rates)
    return None if known else debt.due_on


def suspension_day(debt: Debt, noticed_on: date) -> date:
    """The day a formal notice given on `noticed_on` names: from then on access is suspended until the debt is paid."""
    after = dict(CALENDAR)["suspension"]
    return max(debt.due_on + timedelta(days=after), noticed_on + timedelta(days=FORMAL_NOTICE_DAYS))


def dispute_until(received_on: date) -> date:
    """The last day to contest an invoice received on a day: 8 working days (Monday to Friday, no holiday) later."""
    day, left = received_on, DISPUTE_WORKING_DAYS
    while left:
        day += _DAY
        if day.weekday() < 5 and day not in public_holidays(day.year):
            left -= 1
    return day
