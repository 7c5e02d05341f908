"""Prices for calls by the thousand, in columns: what `CompiledTariff.rate` gives each, found for all of them at once.

For calls that get nothing from a bundle. Integers throughout, as there: of 64 bits where the tariff's prices leave room
for the longest call that can be, else of any size. Nearly all calls lie within one window; the others are priced one by
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from billing.rating.clock import DAY, Clock
from billing.rating.instants import NEVER, Ints
from billing.rating.rating import SECOND, WAYS, CompiledTariff, Priced

Whole = NDArray[Any]
"""Integers: int64, or Python's own where those are too small."""

NO_RATE, UNANSWERED = -1, -2
SEVERAL = -2
"""In place of a window: the call lies in more than one piece of the clock."""

_LONGEST_CALL = 9_000 * 366 * DAY
_ROOM = 200_000
"""How many beginnings of numbers are remembered, each way."""


class Prices(NamedTuple):
    """One item a call; without a rate, the other items mean nothing."""

    rate: NDArray[np.intp]
    """An index of `Columns.rates`, NO_RATE or UNANSWERED."""
    included: NDArray[np.bool_]
    """Whether the bundle covers such a call."""
    seconds: Ints
    billed: Whole
    units: Whole
    window: NDArray[np.intp]
    """Of the rate's windows the one that prices the whole call; −1: none does, its own price; SEVERAL."""


class Columns:
    """A tariff, ready for many calls."""

    def __init__(self, compiled: CompiledTariff) -> None:
        self.compiled = compiled
        self.rates: list[Priced] = []
        self._included: list[bool] = []
        self._places: dict[tuple[int, bool], int] = {}
        self._known = {way: _Heads(self, way) for way in WAYS}
        self._clocks: list[_Pieces] = []
        self._clock_places: dict[int, int] = {}
        self._tables: _Tables | None = None

    def price(self, ways: Sequence[str], far: Sequence[str], answered: Ints, ended: Ints) -> Prices:
        """The prices of calls: ways (`WAYS`), far parties, µs of the answer (NEVER) and of the end."""
        known, longest = self._known, self.compiled.longest
        rate = np.array([known[way][number[:longest]] for way, number in zip(ways, far, strict=True)], dtype=np.intp)
        heard = answered != NEVER
        rate[~heard] = UNANSWERED
        of = self._table()
        row = np.where(rate < 0, len(self.rates), rate)
        begin = np.where(heard, answered, 0) // SECOND
        seconds = np.where(heard, np.maximum(1, -((answered - ended) // SECOND)), 0)
        initial, increment = of.initial[row], of.increment[row]
        billed = np.where(seconds <= initial, initial, initial - (initial - seconds) // increment * increment)
        window = self._windows(of.clock[row], begin, billed)
        units = of.fee[row] + billed * of.prices[row, np.maximum(window, -1)]
        for place in np.flatnonzero((window == SEVERAL) & (rate >= 0)).tolist():
            units[place] = self.rates[int(rate[place])].cost(int(answered[place]), 0, int(billed[place]))
        return Prices(rate, of.included[row], seconds, billed, units, window)

    def rounded(self, units: Whole) -> Whole:
        """As `CompiledTariff.rounded`."""
        step = self.compiled.step
        return (2 * units + step) // (2 * step)

    def learn(self, direction: str, head: str) -> int:
        """The index of the rate of numbers that begin so; NO_RATE."""
        priced, included = self.compiled.find(direction, head)
        if priced is None:
            return NO_RATE
        key = id(priced), included
        if key not in self._places:
            self._places[key] = len(self.rates)
            self.rates.append(priced)
            self._included.append(included)
            if id(priced.clock) not in self._clock_places:
                self._clock_places[id(priced.clock)] = len(self._clocks)
                self._clocks.append(_Pieces(priced.clock))
            self._tables = None
        return self._places[key]

    def _table(self) -> _Tables:
        if self._tables is None:
            clocks = [self._clock_places[id(priced.clock)] for priced in self.rates]
            self._tables = _Tables.of(self.rates, self._included, clocks, self.compiled)
        return self._tables

    def _windows(self, clock: NDArray[np.intp], begin: Ints, billed: Whole) -> NDArray[np.intp]:
        window = np.full(len(begin), SEVERAL, dtype=np.intp)
        for place, pieces in enumerate(self._clocks):
            mine = np.flatnonzero(clock == place)
            ends, windows = pieces.at(begin[mine])
            window[mine] = np.where(begin[mine] + billed[mine] <= ends, windows, SEVERAL)
        return window


class _Heads(dict[str, int]):
    """Beginning of a number → index of its rate, learnt when first asked for."""

    def __init__(self, columns: Columns, direction: str) -> None:
        self._columns, self._direction = columns, direction

    def __missing__(self, head: str) -> int:
        found = self._columns.learn(self._direction, head)
        if len(self) < _ROOM:
            self[head] = found
        return found


class _Tables(NamedTuple):
    """The rates' numbers, one row a rate; the last row stands for no rate."""

    initial: Whole
    increment: Whole
    fee: Whole
    prices: Whole
    """(rate, window) → units a second; the last column, found at window −1, is the rate's own price."""
    clock: NDArray[np.intp]
    included: NDArray[np.bool_]

    @classmethod
    def of(
        cls, rates: Sequence[Priced], included: Sequence[bool], clocks: Sequence[int], compiled: CompiledTariff
    ) -> _Tables:
        widest = max((len(priced.prices) for priced in rates), default=1)
        prices = [[*priced.prices[:-1], *[0] * (widest - len(priced.prices)), priced.prices[-1]] for priced in rates]
        initial, increment = ([*(getattr(p, name) for p in rates), 1] for name in ("initial", "increment"))
        fee = [*(priced.fee for priced in rates), 0]
        longest = _LONGEST_CALL + max(initial) + max(increment)
        most = longest * max((max(row) for row in prices), default=0) + max(fee) + compiled.step
        kind = np.int64 if 2 * most < 1 << 63 else object
        return cls(
            *(np.array(values, dtype=kind) for values in (initial, increment, fee, [*prices, [0] * widest])),
            clock=np.array([*clocks, 0], dtype=np.intp),
            included=np.array([*included, False], dtype=np.bool_),
        )


class _Pieces:
    """A clock's pieces for the days met, as sorted columns."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._days: set[int] = set()
        self._columns = np.empty((3, 0), dtype=np.int64)

    def at(self, seconds: Ints) -> tuple[Ints, Ints]:
        """Of seconds of UTC since 1970: the end of the piece each lies in, and what holds there."""
        new = set[int](np.unique(seconds // DAY).tolist()) - self._days
        if new:
            self._days |= new
            pieces = [piece for day in sorted(self._days) for piece in self._clock.day(day)[1]]
            self._columns = np.array(pieces, dtype=np.int64).T.copy()
        starts, ends, windows = self._columns
        places = np.searchsorted(starts, seconds, side="right") - 1
        return ends[places], windows[places]
