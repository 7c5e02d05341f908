"""What a call leaves behind: its turns, actions and disclosure, as plain data. The backoffice stores it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from store.base.endings import NotYet, Outcome


@dataclass(slots=True)
class SpokenTurn:
    """One side's turn. Times are milliseconds since the call was answered; `heard_ms` is how much of the agent's turn
    was really played."""

    who: Literal["caller", "agent"]
    text: str
    from_ms: int
    to_ms: int
    heard_ms: int
    stages: dict[str, Any] = field(default_factory=dict[str, Any])
    interrupted: bool = False


@dataclass(slots=True)
class Done:
    """One action done, with its result."""

    name: str
    args: dict[str, Any]
    result: dict[str, Any]
    at_ms: int


@dataclass(slots=True)
class Disclosure:
    """The AI disclosure (AI Act, art. 50): what was said, and the instant the caller had heard all of it."""

    text: str
    heard_at_ms: int | None = None


@dataclass(slots=True)
class Notes:
    """Everything noted during one call."""

    turns: list[SpokenTurn] = field(default_factory=list[SpokenTurn])
    actions: list[Done] = field(default_factory=list[Done])
    disclosure: Disclosure | None = None
    recording_told_ms: int | None = None
    """When the caller had heard that the call is recorded."""
    outcome: Outcome | NotYet = ""
    slots: dict[str, str] = field(default_factory=dict[str, str])
    """What the caller told, by the names of the agent's file."""
    holds: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    """(from, to) of each time the caller's voice held the agent."""
    first_voice_ms: int | None = None
    """Answer to the agent's first frame queued."""
