"""The price of a call: one pure function, `rate(call, tariff, bundle) -> Charge`, and the parts it is made of.

Arithmetic is exact: all prices of a tariff are brought to one integer unit (a 60th of its finest decimal),
amounts are sums of those units, and a call's amount is rounded once, half up, to the tariff's decimals.
Instants are integer microseconds of UTC since 1970.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Literal, NamedTuple

from billing.rating.clock import DAY, Clock, Months
from billing.rating.tariff import LEGS, Rate, Tariff
from store.base.parties import Direction, far_party

Status = Literal["rated", "unanswered", "unrated", "rejected", "duplicate"]
STATUSES: tuple[Status, ...] = ("rated", "unanswered", "unrated", "rejected", "duplicate")

WAYS = ("inbound", "outbound", *LEGS)
"""What a price is looked up by."""

SECOND = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Call:
    """What rating needs to know of a call. Times are aware; `answered_at` None: nobody answered."""

    call_id: str
    direction: Direction
    caller: str
    callee: str
    answered_at: datetime | None
    ended_at: datetime
    leg: str | None = None
    """What it left another call for, one of `LEGS`; None: it is no such leg."""

    @property
    def way(self) -> str:
        """What its price is looked up by: the direction, or the kind of leg."""
        return self.leg or self.direction

    @property
    def far_party(self) -> str:
        """The number that decides the price: who was called, or who called in."""
        return far_party(self.direction, self.caller, self.callee)


class Segment(NamedTuple):
    """A run of billed seconds with one price. `bundled`: paid for by the bundle, whatever the price says."""

    seconds: int
    price_per_minute: Fraction
    bundled: bool


@dataclass(frozen=True, slots=True)
class Charge:
    """What a call costs, and why. `amount` is exact to the tariff's decimals; None when there is no price."""

    call_id: str
    status: Status
    answered_seconds: int = 0
    billed_seconds: int = 0
    bundle_seconds: int = 0
    charged_seconds: int = 0
    amount: Fraction | None = None
    prefix: str | None = None
    reason: str | None = None
    connection_fee: Fraction = Fraction(0)
    segments: tuple[Segment, ...] = ()


def rate(call: Call, tariff: Tariff, bundle: int = 0) -> Charge:
    """The charge of one call. `bundle`: included seconds still left in the month the call was answered in."""
    return engine(tariff).rate(call, bundle)


def micros(instant: datetime) -> int:
    """Microseconds of UTC since 1970 of an aware datetime; exact."""
    delta = instant - EPOCH
    return (delta.days * DAY + delta.seconds) * SECOND + delta.microseconds


def answered_seconds(answered: int, ended: int) -> int:
    """Whole seconds between two instants (µs), a part counted as whole, at least 1."""
    seconds = -((answered - ended) // SECOND)
    return seconds if seconds > 0 else 1


class Priced:
    """One rate, compiled: integers only."""

    def __init__(self, terms: Rate, unit: int, clock: Clock) -> None:
        self.terms = terms
        self.prefix = terms.prefix
        self.initial, self.increment = terms.initial_seconds, terms.increment_seconds
        self.fee = int(terms.connection_fee * unit)
        self.per_second = int(terms.price_per_minute / 60 * unit)
        self.prices = [*(int(w.price_per_minute / 60 * unit) for w in terms.windows), self.per_second]
        """Units a second in each window; index −1 (no window) is the rate's own."""
        self.minutes = [*(w.price_per_minute for w in terms.windows), terms.price_per_minute]
        """The same a minute, as the tariff has them."""
        self.clock = clock

    def billed(self, answered: int) -> int:
        """Seconds billed for so many answered: the first increment, then whole ones."""
        if answered <= self.initial:
            return self.initial
        return self.initial - (self.initial - answered) // self.increment * self.increment

    def cost(self, answered: int, skip: int, billed: int) -> int:
        """Units for the billed seconds after the first `skip`, and the fee when there is one second at least.

        `answered` is the instant (µs) at which the first billed second begins.
        """
        if skip >= billed:
            return 0
        if not self.terms.windows:
            return self.fee + (billed - skip) * self.per_second
        # A second is priced where it begins: with fractions of a second, the whole second it begins in.
        begin = answered // SECOND + skip
        known = self.clock.hours.get(begin // 3600)
        if known is not None and begin + billed - skip <= known[0]:
            return self.fee + (billed - skip) * self.prices[known[1]]
        if known is None:
            self.clock.learn(begin)
        return self.fee + sum(n * self.prices[w] for n, w in self._runs(begin, begin + billed - skip))

    def segments(self, answered: int, bundled: int, billed: int) -> tuple[Segment, ...]:
        """The billed seconds as runs of one price, in order; the first `bundled` come from the bundle."""
        begin = answered // SECOND
        found: list[Segment] = []
        for low, high, free in ((0, bundled, True), (bundled, billed, False)):
            for seconds, window in self._runs(begin + low, begin + high):
                found.append(Segment(seconds, self.minutes[window], free))
        return tuple(found)

    def _runs(self, begin: int, end: int) -> list[tuple[int, int]]:
        """(seconds, window) for the seconds of UTC from `begin` up to `end`, in order."""
        runs: list[tuple[int, int]] = []
        while begin < end:
            starts, day = self.clock.day(begin // DAY)
            for low, high, window in day[bisect_right(starts, begin) - 1 :]:
                take = min(high, end) - max(low, begin)
                if take <= 0:
                    break
                if runs and runs[-1][1] == window:
                    runs[-1] = (runs[-1][0] + take, window)
                else:
                    runs.append((take, window))
            begin = min(end, (begin // DAY + 1) * DAY)
        return runs


class CompiledTariff:
    """A tariff compiled for rating. Holds nothing but what follows from the tariff."""

    def __init__(self, tariff: Tariff) -> None:
        self.tariff = tariff
        prices = [p for r in tariff.rates for p in _prices(r)]
        finest = max([_decimals(price) for price in prices] + [tariff.decimals])
        self.unit = 60 * 10**finest
        """How many units make 1 of the currency."""
        self.step = 60 * 10 ** (finest - tariff.decimals)
        """How many units make the tariff's last decimal."""
        self.months = Months(tariff.timezone)
        clocks: dict[object, Clock] = {}  # rates with the same hours share one
        compiled: list[tuple[Rate, Priced]] = []
        for terms in tariff.rates:
            hours = tuple((w.days, w.begin, w.end) for w in terms.windows)
            clock = clocks.setdefault(hours, Clock(tariff.timezone, terms.windows))
            compiled.append((terms, Priced(terms, self.unit, clock)))
        self._tables: dict[str, dict[str, Priced]] = {
            way: {
                r.prefix: priced
                for r, priced in sorted(compiled, key=lambda pair: pair[0].direction is not None)
                if r.direction in (None, way)
            }
            for way in ("inbound", "outbound")
        }
        self._lengths = sorted({len(r.prefix) for r in tariff.rates}, reverse=True)
        self._memo: dict[str, dict[str, tuple[Priced | None, bool]]] = {way: {} for way in WAYS}
        self._free: dict[str, Priced] = {}
        included = tariff.bundle
        self.bundle_seconds = included.seconds if included else 0
        self._bundle_ways = frozenset[str](included.directions if included else ())
        self._bundle_prefixes = included.prefixes if included else ()
        free = map(len, tariff.legs.free_prefixes)
        self.longest = max((*self._lengths, *map(len, self._bundle_prefixes), *free), default=0)
        self._texts: dict[int, str] = {}
        self._scale = 10**tariff.decimals
        self._digits = f"%d.%0{tariff.decimals}d" if tariff.decimals else ""

    def find(self, way: str, far_party: str) -> tuple[Priced | None, bool]:
        """The rate with the longest prefix of the number (among equals the one naming the direction), and
        whether the bundle covers such a call. `way`: a direction, or why a leg leaves, which is priced as outbound."""
        head = far_party[: self.longest]
        memo = self._memo[way]
        known = memo.get(head)
        if known is None:
            direction = "outbound" if way in LEGS else way
            table = self._tables[direction]
            priced = next((table[head[:n]] for n in self._lengths if head[:n] in table), None)
            included = direction in self._bundle_ways and head.startswith(self._bundle_prefixes)
            known = (self._costs_nothing(priced), False) if self.is_free(way, head) else (priced, included)
            if len(memo) < 200_000:
                memo[head] = known
        return known

    def is_free(self, way: str, far_party: str) -> bool:
        """Whether this is a leg that the tariff lets go free."""
        terms = self.tariff.legs
        return way in LEGS and (way in terms.free or far_party.startswith(terms.free_prefixes))

    def _costs_nothing(self, priced: Priced | None) -> Priced:
        """A rate of 0 for the same prefix; the whole call's, where no rate knows the number."""
        prefix = priced.prefix if priced else ""
        if prefix not in self._free:
            clock = Clock(self.tariff.timezone, ())
            self._free[prefix] = Priced(Rate(prefix, "outbound", Fraction(0)), self.unit, clock)
        return self._free[prefix]

    def rounded(self, units: int) -> int:
        """Units brought to the tariff's decimals, half up: a whole number of 10^−decimals."""
        return (2 * units + self.step) // (2 * self.step)

    def spell(self, rounded: int) -> str:
        """A rounded amount as a decimal with exactly the tariff's digits."""
        return self._digits % divmod(rounded, self._scale) if self._digits else str(rounded)

    def amount(self, units: int) -> str:
        """Units rounded and spelled; the same few amounts come again and again."""
        known = self._texts.get(units)
        if known is None:
            known = self.spell(self.rounded(units))
            if len(self._texts) < 500_000:
                self._texts[units] = known
        return known

    def rate(self, call: Call, bundle: int) -> Charge:
        """See `rate`."""
        if call.answered_at is None:
            return Charge(call.call_id, "unanswered", amount=Fraction(0))
        answered = micros(call.answered_at)
        seconds = answered_seconds(answered, micros(call.ended_at))
        priced, included = self.find(call.way, call.far_party)
        if priced is None:
            return Charge(call.call_id, "unrated", seconds, reason=no_rate(call.direction, call.far_party))
        billed = priced.billed(seconds)
        covered = min(billed, max(0, bundle)) if included else 0
        amount = self.rounded(priced.cost(answered, covered, billed))
        return Charge(
            call.call_id,
            "rated",
            seconds,
            billed,
            covered,
            billed - covered,
            Fraction(amount, 10**self.tariff.decimals),
            priced.prefix,
            connection_fee=priced.terms.connection_fee if covered < billed else Fraction(0),
            segments=priced.segments(answered, covered, billed),
        )


def no_rate(direction: str, far_party: str) -> str:
    """Why a call is unrated."""
    return f"no rate for {direction} {'to' if direction == 'outbound' else 'from'} {far_party}"


_ENGINES: dict[int, CompiledTariff] = {}


def engine(tariff: Tariff) -> CompiledTariff:
    """The compiled tariff; compiled once for each Tariff object (hashing a large one would cost more)."""
    known = _ENGINES.get(id(tariff))
    if known is None or known.tariff is not tariff:
        if len(_ENGINES) >= 64:
            _ENGINES.clear()
        known = _ENGINES[id(tariff)] = CompiledTariff(tariff)
    return known


def _prices(terms: Rate) -> list[Fraction]:
    return [terms.price_per_minute, terms.connection_fee, *(w.price_per_minute for w in terms.windows)]


def _decimals(price: Fraction) -> int:
    """How many decimal digits a price has (prices come from decimal text, so it ends)."""
    digits = 0
    while (price * 10**digits).denominator != 1:
        digits += 1
    return digits
