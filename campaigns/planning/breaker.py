"""When a campaign stops by itself: the trunk fails, or people hang up at once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

TRUNK_SPAN, TRUNK_LEAST = timedelta(minutes=2), 5
"""More than half of the calls that ended in so long failed by the trunk, of at least so many."""

QUICK_MS, QUICK_OF = 6_000, 50
"""More than three in ten of the last so many answered calls were hung up within so long, by the person."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A call that ended."""

    at: datetime
    outcome: str
    answered: bool = False
    talked_ms: int = 0
    hung_up: bool = False


def broken(ended: Sequence[Ended], now: datetime) -> str:
    """Why the campaign must pause; "" while nothing is wrong. `ended`: since it last began to run, oldest first."""
    lately = [call for call in ended if now - TRUNK_SPAN < call.at <= now]
    failed = sum(call.outcome == "unavailable" for call in lately)
    if len(lately) >= TRUNK_LEAST and failed * 2 > len(lately):
        return f"{failed} of {len(lately)} calls in two minutes failed by the trunk"
    answered = [call for call in ended if call.answered][-QUICK_OF:]
    quick = sum(call.hung_up and call.talked_ms < QUICK_MS for call in answered)
    if len(answered) == QUICK_OF and quick * 10 > QUICK_OF * 3:
        return f"{quick} of the last {QUICK_OF} people hung up within {QUICK_MS // 1000} seconds"
    return ""
