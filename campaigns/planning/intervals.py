"""How sure a share is, and a difference of two: score intervals, which hold for few calls and for shares near 0 and 1.

Wilson (1927); of a difference, Newcombe (1998), method 10. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z = 1.959963984540054
"""95 %, both sides."""


@dataclass(frozen=True, slots=True)
class Share:
    """`won` of `of`; between `low` and `high` it lies, 19 times in 20. Of nothing it may be anything."""

    won: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float | None:
        """None of nothing."""
        return self.won / self.of if self.of else None


def wilson(won: int, of: int, z: float = Z) -> Share:
    """The interval of a share. Raises ValueError for what is none."""
    if not 0 <= won <= of:
        raise ValueError(f"{won} of {of} is no share")
    if of == 0:
        return Share(0, 0, 0.0, 1.0)
    p, squared = won / of, z * z
    middle = (p + squared / (2 * of)) / (1 + squared / of)
    half = z * sqrt(p * (1 - p) / of + squared / (4 * of * of)) / (1 + squared / of)
    return Share(won, of, max(0.0, middle - half), min(1.0, middle + half))


def difference(one: Share, other: Share) -> tuple[float, float]:
    """Between what `other`'s share less `one`'s lies; where 0 lies between, no difference is shown."""
    p, q = one.value, other.value
    if p is None or q is None:
        return -1.0, 1.0
    low = q - p - sqrt((q - other.low) ** 2 + (one.high - p) ** 2)
    high = q - p + sqrt((other.high - q) ** 2 + (p - one.low) ** 2)
    return max(-1.0, low), min(1.0, high)
