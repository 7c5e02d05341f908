"""What a stored call costs by a tariff in force, computed again by the million: to rate again, and to reconcile.

The same as `ledger.price`, less what follows from it (segments, the fee): tests hold the two together.
"""

from __future__ import annotations

from typing import NamedTuple

from billing.lookup import Lookup
from billing.rating import Priced, answered_seconds, engine
from billing.tariffs import InForce


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


class Recheck:
    """The prices of one tariff version; None: no tariff is assigned."""

    def __init__(self, force: InForce | None) -> None:
        self.name = (force.name, force.version) if force else (None, None)
        self.engine = engine(force.tariff) if force else None
        self.bundle_seconds = self.engine.bundle_seconds if self.engine else 0
        self._to_micros = 10 ** (6 - force.tariff.decimals) if force else 0
        self._lookup = Lookup(self.engine, self._amount) if self.engine else None

    def price(self, direction: str, far_party: str, answered: int | None, ended: int, left: int) -> Price:
        """A call answered and ended at such µs, with so many seconds left of its month's bundle."""
        name = self.name
        if answered is None:
            return Price("unanswered", 0, 0, 0, 0, None, *name)
        seconds = answered_seconds(answered, ended)
        there = self._lookup.find(direction, far_party) if self._lookup else None
        if there is None:
            return Price("unrated", seconds, 0, 0, None, None, *name)
        priced = there.priced
        if there.included and left > 0:
            billed = priced.billed(seconds)
            covered = min(left, billed)
            amount = self._amount(answered, seconds, billed, covered, priced)
        else:
            covered = 0
            billed, amount = there.uncovered(answered, seconds)
        return Price("rated", seconds, billed, covered, amount, priced.prefix, *name)

    def _amount(self, answered: int, _seconds: int, billed: int, covered: int, priced: Priced) -> int:
        assert self.engine is not None
        return self.engine.rounded(priced.cost(answered, covered, billed)) * self._to_micros
