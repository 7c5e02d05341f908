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


def take(of: Bucket | None, at: float) -> tuple[bool, Bucket]:
    """(whether a request may be made, the bucket after it)."""
    if of is None:
        return True, Bucket(SIZE - 1, at)
    left = min(SIZE, of.left + max(0.0, at - of.at) * RATE)
    return (True, Bucket(left - 1, at)) if left >= 1 else (False, Bucket(left, at))
