"""How many calls may begin now: at once, by the minute, by what the house has left. Pure.

Nothing is predicted: an agent is held for each call before it rings, so no call is ever abandoned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """`at_once`: calls in progress at most. `per_minute`: calls begun in any sixty seconds at most."""

    at_once: int
    per_minute: int


def may_begin(pace: Pace, in_hand: int, begun: Sequence[datetime], now: datetime, *, room: int) -> int:
    """Calls that may begin at `now`. `begun`: when earlier ones did; `room`: agents the house can hold, less those it
    keeps for calls in."""
    recent = sum(now - _MINUTE < at <= now for at in begun)
    return max(0, min(pace.at_once - in_hand, pace.per_minute - recent, room))


def next_turn(pace: Pace, begun: Sequence[datetime], now: datetime) -> datetime:
    """The first instant at or after `now` at which the minute has room again."""
    recent = sorted(at for at in begun if now - _MINUTE < at <= now)
    if len(recent) < pace.per_minute:
        return now
    return recent[len(recent) - pace.per_minute] + _MINUTE
