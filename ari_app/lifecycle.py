"""A call's life as Asterisk tells it: when it began, was answered, ended, why and by whom. Pure.

Every instant is the timestamp of an Asterisk event, never our clock: the CDR is made of these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Side = Literal["caller", "agent", "system"]

NORMAL_CLEARING = 16
"""Q.850 cause of an ordinary hangup."""

_OUTCOMES = {
    1: "unallocated", 17: "busy", 18: "no_answer", 19: "no_answer", 20: "unavailable", 21: "refused",
    27: "unavailable", 34: "congestion", 38: "unavailable", 41: "unavailable",
}  # fmt: skip
"""Q.850 causes of calls that were never answered, as outcomes (ITU-T Q.850, table 1)."""


_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")


def asterisk_time(text: str) -> datetime:
    """ARI's "2026-11-22T22:05:00.123+0000" as aware UTC. Raises ValueError."""
    return datetime.fromisoformat(_OFFSET.sub(r"\1:\2", text)).astimezone(UTC)


@dataclass(slots=True)
class Lifecycle:
    """The facts of one channel. Feed it every event of the channel, in order."""

    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: int | None = None
    side: Side | None = None
    asked_by: Side | None = None
    """Who asked for the end, when it was us: the agent (a goodbye) or the system (a deadline, a fault)."""
    entered: bool = False
    """`started_at` is Asterisk's word: the channel's creation."""

    def apply(self, kind: str, at: datetime, data: dict[str, Any]) -> None:
        """One ARI event. Events of an ended call change nothing."""
        if self.ended_at is not None:
            return
        created = data.get("channel", {}).get("creationtime")
        if created and not self.entered:
            self.started_at, self.entered = asterisk_time(created), True
        match kind:
            case "ChannelStateChange":
                if data.get("channel", {}).get("state") == "Up":
                    self.answered_at = self.answered_at or at
            case "StasisStart":
                if data.get("channel", {}).get("state") == "Up":
                    self.answered_at = self.answered_at or at
            case "ChannelHangupRequest":
                self.side = self.side or self.asked_by or "caller"
                self.cause = data.get("cause") or self.cause
            case "ChannelDestroyed":
                self._end(at, data.get("cause"))
            case "ChannelGone":
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
        """The channel is gone."""
        return self.ended_at is not None

    def outcome(self, *, outbound: bool = False) -> str:
        """`answered`, or why it was not: busy, no_answer, refused, unavailable, unallocated, congestion, abandoned."""
        if self.answered_at is not None:
            return "answered"
        if outbound and self.cause in (None, NORMAL_CLEARING, 127):
            return "no_answer"  # we stopped ringing
        if self.side == "caller" and self.cause in (None, NORMAL_CLEARING, 127):
            return "abandoned"
        return _OUTCOMES.get(self.cause or 0, "failed")
