"""What stored calls cost by a tariff in force, computed again by the million: to rate again, and to reconcile.

The same as `ledger.price`, less what follows from it (segments, the fee): tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from billing.charges.tariffs import InForce
from billing.rating.columns import UNANSWERED, Columns
from billing.rating.instants import NEVER
from billing.rating.rating import answered_seconds, engine


class Price(NamedTuple):
    """Of one call; `amount_micros` is None when there is no rate."""

    status: str
    answered_seconds: int
    billed_seconds: int
    bundle_seconds: int
    amount_micros: int | None
    prefix: str | None
    tariff: str | None
    tariff_version: int | None


class PricedCalls(NamedTuple):
    """What a price follows from, in columns: far parties, and µs of UTC since 1970 (answered: None when it was not)."""

    directions: Sequence[str]
    far_parties: Sequence[str]
    answered: Sequence[int | None]
    ended: Sequence[int]


class Recheck:
    """The prices of one tariff version; None: no tariff is assigned."""

    def __init__(self, force: InForce | None) -> None:
        self.name = (force.name, force.version) if force else (None, None)
        self.bundle_seconds = engine(force.tariff).bundle_seconds if force else 0
        self._to_micros = 10 ** (6 - force.tariff.decimals) if force else 0
        self._columns = Columns(engine(force.tariff)) if force else None

    def prices(self, of: PricedCalls) -> list[Price]:
        """The price of each call when nothing is left of the bundle."""
        if self._columns is None:
            return [self._without_tariff(*times) for times in zip(of.answered, of.ended, strict=True)]
        answered = np.array([NEVER if at is None else at for at in of.answered], dtype=np.int64)
        ended = np.array(of.ended, dtype=np.int64)
        found = self._columns.price(of.directions, of.far_parties, answered, ended)
        amounts = (self._columns.rounded(found.units) * self._to_micros).tolist()
        name, prefixes = self.name, [priced.prefix for priced in self._columns.rates]
        columns = zip(found.rate.tolist(), found.seconds.tolist(), found.billed.tolist(), amounts, strict=True)
        return [
            Price("rated", seconds, billed, 0, amount, prefixes[rate], *name)
            if rate >= 0
            else Price("unanswered", 0, 0, 0, 0, None, *name)
            if rate == UNANSWERED
            else Price("unrated", seconds, 0, 0, None, None, *name)
            for rate, seconds, billed, amount in columns
        ]

    def price(self, direction: str, far_party: str, answered: int | None, ended: int, left: int) -> Price:
        """The price of a call answered and ended at such µs, with so many seconds left of its month's bundle."""
        if answered is None or self._columns is None:
            return self._without_tariff(answered, ended)
        seconds = answered_seconds(answered, ended)
        priced, included = self._columns.compiled.find(direction, far_party)
        if priced is None:
            return Price("unrated", seconds, 0, 0, None, None, *self.name)
        billed = priced.billed(seconds)
        covered = min(max(0, left), billed) if included else 0
        amount = self._columns.compiled.rounded(priced.cost(answered, covered, billed)) * self._to_micros
        return Price("rated", seconds, billed, covered, amount, priced.prefix, *self.name)

    def _without_tariff(self, answered: int | None, ended: int) -> Price:
        if answered is None:
            return Price("unanswered", 0, 0, 0, 0, None, *self.name)
        return Price("unrated", answered_seconds(answered, ended), 0, 0, None, None, *self.name)
