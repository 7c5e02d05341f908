"""Where a ticket stands, and by when the operator answers: a pure core that posts move.

open ──operator answers──▶ answered        the clock runs only while a ticket is open
  ▲  ──operator asks────▶ waiting         it stands still, and goes on with what was left
  └──────the client writes───┘
closed ──anybody writes──▶ open, answered or waiting, as if it had been answered before
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from portal.support.hours import DAY, due, worked

State = Literal["open", "answered", "waiting", "closed"]
Severity = Literal["blocking", "major", "minor", "question"]
Level = Literal["standard", "priority"]

ALLOWED: Mapping[Level, Mapping[Severity, timedelta]] = {
    "standard": {"blocking": timedelta(hours=4), "major": DAY, "minor": 2 * DAY, "question": 3 * DAY},
    "priority": {"blocking": timedelta(hours=2), "major": timedelta(hours=4), "minor": DAY, "question": 2 * DAY},
}
"""The working time within which an answer is due, by what the plan gives and how grave it is (contract, 3.4)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`due_at`: by when an answer is due, of an open ticket; `left`: working time left, of one that waits."""

    state: State
    due_at: datetime | None = None
    left: timedelta | None = None

    def late(self, now: datetime) -> bool:
        """Whether the answer was due before `now`."""
        return self.due_at is not None and self.due_at < now


def opened(at: datetime, allowed: timedelta) -> Standing:
    """A question that was asked at `at`."""
    return Standing("open", due(at, allowed))


def asked(of: Standing, at: datetime, allowed: timedelta) -> Standing:
    """The client wrote: what runs goes on, what stood still runs again, what was answered is a new question."""
    if of.state == "open":
        return of
    return opened(at, allowed if of.left is None else of.left)


def answered(of: Standing, at: datetime, allowed: timedelta, *, waits: bool) -> Standing:
    """The operator wrote; `waits`: a question of their own, which the client is to answer first."""
    if not waits:
        return Standing("answered")
    if of.due_at is not None:
        return Standing("waiting", left=worked(at, of.due_at))
    return Standing("waiting", left=allowed if of.left is None else of.left)


def closed(_of: Standing) -> Standing:
    """It is settled."""
    return Standing("closed")
