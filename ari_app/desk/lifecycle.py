"""A call's life as the switch tells it: when it began, was answered, ended, why and by whom. Pure.

Every instant is the time of one of the switch's events, never our clock: the CDR is made of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ari_app.switch.base import Answered, Ended, Gone, HangupAsked, LegEvent, Made
from store.base.endings import Outcome

Side = Literal["caller", "agent", "system"]

NORMAL_CLEARING = 16
"""Q.850 cause of an ordinary hangup."""

_OUTCOMES: dict[int, Outcome] = {
    1: "unallocated", 17: "busy", 18: "no_answer", 19: "no_answer", 20: "unavailable", 21: "refused",
    27: "unavailable", 34: "congestion", 38: "unavailable", 41: "unavailable",
}  # fmt: skip
"""Q.850 causes of calls that were never answered, as outcomes (ITU-T Q.850, table 1)."""


def unanswered(cause: int | None) -> Outcome:
    """How a call out that nobody answered ended, by its Q.850 cause."""
    if cause in (None, 0, NORMAL_CLEARING, 127):
        return "no_answer"  # we stopped ringing
    return _OUTCOMES.get(cause or 0, "failed")


@dataclass(slots=True)
class Lifecycle:
    """The facts of one leg. Feed it every event of the leg, in order."""

    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: int | None = None
    side: Side | None = None
    asked_by: Side | None = None
    """Who asked for the end, when it was us: the agent (a goodbye) or the system (a deadline, a fault)."""
    entered: bool = False
    """`started_at` is the switch's word: the leg's making."""

    def apply(self, event: LegEvent) -> None:
        """One event of the leg. Events of an ended call change nothing."""
        if self.ended_at is not None:
            return
        match event:
            case Made(at) if not self.entered:
                self.started_at, self.entered = at, True
            case Answered(at):
                self.answered_at = self.answered_at or at
            case HangupAsked(_, cause):
                self.side = self.side or self.asked_by or "caller"
                self.cause = cause or self.cause
            case Ended(at, cause):
                self._end(at, cause)
            case Gone(at):
                self._end(at, None)
                self.side = "system"
            case _:
                pass

    def _end(self, at: datetime, cause: int | None) -> None:
        self.ended_at = at
        self.cause = cause or self.cause or NORMAL_CLEARING
        self.side = self.side or self.asked_by or "caller"

    @property
    def over(self) -> bool:
        """The leg is gone."""
        return self.ended_at is not None

    def outcome(self, *, outbound: bool = False) -> Outcome:
        """`answered`, or why it was not: busy, no_answer, refused, unavailable, unallocated, congestion, abandoned."""
        if self.answered_at is not None:
            return "answered"
        if outbound:
            return unanswered(self.cause)
        if self.side == "caller" and self.cause in (None, NORMAL_CLEARING, 127):
            return "abandoned"
        return _OUTCOMES.get(self.cause or 0, "failed")
