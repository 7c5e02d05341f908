"""How many requests a key may make: a bucket that fills at a steady rate. Pure."""

from __future__ import annotations

from dataclasses import dataclass

RATE, SIZE = 20.0, 60.0
"""Requests a second for long, and at once."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """`left` requests at `at` (seconds of a steady clock)."""

    left: float
    at: float


def take(of: Bucket | None, at: float, rate: float = RATE, size: float = SIZE) -> tuple[bool, Bucket]:
    """(whether a request may be made, the bucket after it). `rate`: a second for long; `size`: at once."""
    if of is None:
        return True, Bucket(size - 1, at)
    left = min(size, of.left + max(0.0, at - of.at) * rate)
    return (True, Bucket(left - 1, at)) if left >= 1 else (False, Bucket(left, at))
