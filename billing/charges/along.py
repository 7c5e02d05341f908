"""What a call had come to at each second of it: the charge, told along the call. Pure.

Seconds are told as they went by; where a rate bills in steps, what the last step adds stands at the call's end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Come:
    """Up to an instant: billed seconds, how many of them the bundle paid, and the price in micro-euros."""

    billed: int
    bundled: int
    micros: int


def come_to(segments: Sequence[Mapping[str, Any]], fee: str, total_micros: int, at_ms: int) -> Come:
    """What a charge of `segments` (`ledger.segment_json`) had come to `at_ms` after the answer.

    `fee`: for the connection, owed from the answer on. From the last billed second on: `total_micros`.
    """
    seconds = max(0, -(-at_ms // 1000))
    whole = sum(int(segment["seconds"]) for segment in segments)
    left, bundled, price = min(seconds, whole), 0, Fraction(fee)
    for segment in segments:
        here = min(left, int(segment["seconds"]))
        left -= here
        if segment["from"] == "bundle":
            bundled += here
        else:
            price += Fraction(segment["price_per_minute"]) * here / 60
    if seconds >= whole:
        return Come(whole, bundled, total_micros)
    return Come(seconds, bundled, min(total_micros, int(price * MICRO + Fraction(1, 2))))
