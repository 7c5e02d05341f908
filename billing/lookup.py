"""Prices for calls by the million: calls alike have one answer, made once.

Two calls of one destination and one duration that each lie whole within one window, and get nothing from a bundle,
cost the same. Where calls are many, what `make` builds for the first (text, numbers) is given again for the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from billing.rating import SECOND, Engine, Priced

T = TypeVar("T")
Make = Callable[[int, int, int, int, Priced], T]
"""(answered in µs, answered seconds, billed seconds, of them covered by the bundle, rate) → an answer."""

_MANY = 2_000
"""From so many calls on, a destination's answers are kept: before, they would rarely be asked for again."""
_ROOM = 50_000
"""How many answers a destination keeps for each window."""


class Destination(Generic[T]):
    """What is known of the calls one way to (or from) numbers with one beginning."""

    def __init__(self, priced: Priced, included: bool, make: Make[T]) -> None:
        """`included`: whether the bundle covers such calls."""
        self.priced, self.included, self.make = priced, included, make
        self._hours, self._calls = priced.hours, 0
        # one table a window; index −1 is for the hours of none
        self._kept: list[dict[int, tuple[int, T]]] = [{} for _ in range(len(priced.terms.windows) + 1)]

    def uncovered(self, answered: int, seconds: int) -> tuple[int, T]:
        """The billed seconds and the answer of a call (µs, answered seconds) that gets nothing from the bundle."""
        begin = answered // SECOND
        end, window = self._hours.get(begin // 3600, _UNKNOWN)
        known = self._kept[window].get(seconds)
        if known is not None and begin + known[0] <= end:
            return known
        billed = self.priced.billed(seconds)
        found = billed, self.make(answered, seconds, billed, 0, self.priced)
        self._calls += 1
        if self._calls > _MANY and known is None and begin + billed <= end and len(self._kept[window]) < _ROOM:
            self._kept[window][seconds] = found
        return found


_UNKNOWN = (0, -1)
"""Of an hour not met yet, or with a change of price in it."""


class Lookup(Generic[T]):
    """The destinations of one tariff, found by number."""

    def __init__(self, tool: Engine, make: Make[T]) -> None:
        self._find, self._make, self._longest = tool.find, make, tool.longest
        self._known: dict[str, dict[str, Destination[T] | None]] = {"inbound": {}, "outbound": {}}
        self._by_rate: dict[tuple[int, bool], Destination[T]] = {}

    def find(self, direction: str, far_party: str) -> Destination[T] | None:
        """The destination of calls one way with this far party; None when it has no rate."""
        head = far_party[: self._longest]
        try:
            return self._known[direction][head]
        except KeyError:
            return self._learn(direction, head)

    def _learn(self, direction: str, head: str) -> Destination[T] | None:
        priced, included = self._find(direction, head)
        found = None
        if priced is not None:
            key = id(priced), included
            found = self._by_rate.get(key)
            if found is None:
                found = self._by_rate[key] = Destination(priced, included, self._make)
        if len(self._known[direction]) < 200_000:
            self._known[direction][head] = found
        return found
