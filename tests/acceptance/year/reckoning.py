"""The accountant's own reckoning: prices second by second, months, VAT, interest, the account. Nothing of `billing/`.

Written from the contract and the law: a call is priced by whole seconds begun, rounded once, half up; included seconds
go by the order of answers within the month in Paris; VAT is rounded once an invoice and rate; interest is three times
the legal rate, day by day, over 365, rounded once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from random import Random
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
BUNDLE = 900
"""Seconds a month to numbers of France, called."""
TARIFF = """\
decimals = 4
[bundle]
seconds = 900
prefixes = ["+33"]
directions = ["outbound"]
[[rate]]
prefix = "+33"
price_per_minute = "0.0700"
connection_fee = "0.0500"
[[rate.window]]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
from = "20:00"
to = "24:00"
price_per_minute = "0.0350"
[[rate]]
prefix = "+336"
price_per_minute = "0.1510"
connection_fee = "0.0500"
[[rate]]
prefix = "+44"
price_per_minute = "0.4990"
connection_fee = "0.1000"
initial_seconds = 30
increment_seconds = 6
"""
LEGAL = (
    (date(2025, 7, 1), Fraction("2.76")), (date(2026, 1, 1), Fraction("2.62")), (date(2026, 7, 1), Fraction("2.75"))
)  # fmt: skip


def half_up(amount: Fraction) -> int:
    """To a whole number, as accountants round."""
    whole = int(abs(amount) + Fraction(1, 2))
    return whole if amount >= 0 else -whole


@dataclass(frozen=True)
class Talked:
    """A call. `seconds` None: nobody answered."""

    id: str
    inbound: bool
    far: str
    at: datetime
    seconds: int | None

    @property
    def month(self) -> date:
        return self.at.astimezone(PARIS).date().replace(day=1)


def calls(of: str, months: Iterable[date], each: int, seed: int) -> list[Talked]:
    """So many calls a month, at any hour, some at its very ends."""
    dice, found = Random(seed), list[Talked]()
    for month in months:
        begins = datetime.combine(month, time(), PARIS).timestamp()
        ends = datetime.combine((month + timedelta(days=32)).replace(day=1), time(), PARIS).timestamp()
        for n in range(each):
            stamp = begins if n == 0 else ends - 1 if n == 1 else dice.randint(int(begins), int(ends) - 1)
            far = dice.choice(["+33145678901", "+33612345678", "+442079460000"])
            seconds = None if dice.random() < 0.1 else dice.choice([1, 7, 29, 30, 31, 60, 61, 119, 240, 601])
            at = datetime.fromtimestamp(stamp, ZoneInfo("UTC"))
            found.append(Talked(f"{of}-{month:%Y%m}-{n}", dice.random() < 0.3, far, at, seconds))
    return found


def csv_of(of: Sequence[Talked]) -> str:
    """The file an operator hands over."""
    lines = ["call_id,direction,caller,callee,answered_at,ended_at"]
    for call in of:
        caller, callee = (call.far, "+33162001234") if call.inbound else ("+33162001234", call.far)
        answered = "" if call.seconds is None else call.at.isoformat()
        ended = (call.at + timedelta(seconds=call.seconds or 20)).isoformat()
        way = "inbound" if call.inbound else "outbound"
        lines.append(f"{call.id},{way},{caller},{callee},{answered},{ended}")
    return "\n".join(lines) + "\n"


def price(call: Talked, left: int) -> tuple[Fraction, int]:
    """(euros before tax, to four decimals; included seconds used), with so many included seconds left."""
    if call.seconds is None:
        return Fraction(0), 0
    english, mobile = call.far.startswith("+44"), call.far.startswith("+336")
    fee, first, step = (Fraction("0.1"), 30, 6) if english else (Fraction("0.05"), 1, 1)
    billed = first
    while billed < call.seconds:
        billed += step
    used = 0 if english or call.inbound else min(billed, left)
    total = fee if used < billed else Fraction(0)
    for second in range(used, billed):
        local = (call.at + timedelta(seconds=second)).astimezone(PARIS)
        evening = local.hour >= 20
        minute = "0.4990" if english else "0.1510" if mobile else "0.0350" if evening else "0.0700"
        total += Fraction(minute) / 60
    return Fraction(half_up(total * 10_000), 10_000), used


def priced(of: Iterable[Talked]) -> dict[str, Fraction]:
    """Each call's price: a month's included seconds go by the order of answers, then of the ids they are stored under.

    No two calls here begin in the same second and use the bundle beside one another, so that the order is plain.
    """
    left: dict[date, int] = {}
    found: dict[str, Fraction] = {}
    for call in sorted(of, key=lambda c: (c.at, c.id)):
        amount, used = price(call, left.setdefault(call.month, BUNDLE))
        left[call.month] -= used
        found[call.id] = amount
    return found


def cents_of(amounts: Iterable[Fraction]) -> int:
    """What calls come to on an invoice."""
    return half_up(sum(amounts, Fraction(0)) * 100)


def with_vat(net: int, percent: str = "20") -> tuple[int, int, int]:
    """(net, VAT, gross) in cents."""
    tax = half_up(Fraction(net) * Fraction(percent) / 100)
    return net, tax, net + tax


def interest(gross: int, due: date, paid: Mapping[date, int], to: date) -> int:
    """Cents of late interest up to a day, included; what came on a day stops the interest of the next."""
    total, day = Fraction(0), due + timedelta(days=1)
    while day <= to:
        unpaid = gross - sum(cents for on, cents in paid.items() if on < day)
        rate = next(percent for begins, percent in reversed(LEGAL) if begins <= day)
        total += Fraction(max(0, unpaid)) * 3 * rate / 100 / 365
        day += timedelta(days=1)
    return half_up(total)


@dataclass
class Account:
    """What an accountant enters, day by day: (day, what, document, cents), a debit above zero."""

    entries: list[tuple[str, str, str, int]] = field(default_factory=list)

    def enter(self, day: str, what: str, document: str, cents: int) -> None:
        self.entries.append((day, what, document, cents))

    def closing(self, day: str) -> int:
        return sum(cents for on, _, _, cents in self.entries if on <= day)
