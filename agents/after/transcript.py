"""What was said and done in a call, as an analysis is made from it and checked against it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from agents.definition import Agent
from agents.slots.text import Language
from agents.spoken import say_date, say_time

MOST_LINES = 60
"""Lines the mind reads; of a longer call its beginning and its end."""
LONGEST_LINE = 400


@dataclass(frozen=True, slots=True)
class Line:
    """A turn, as it was heard."""

    who: Literal["caller", "agent"]
    text: str


@dataclass(frozen=True, slots=True)
class Deed:
    """An action and what came of it."""

    name: str
    args: Mapping[str, Any]
    result: Mapping[str, Any]

    @property
    def done(self) -> bool:
        """It came about."""
        return self.result.get("outcome") in ("done", *(("answered",) if self.name == "transfer" else ()))


@dataclass(frozen=True, slots=True)
class Transcript:
    """A call: its lines in order, what was done, the slots as they were filled, who the agent speaks for."""

    language: Language
    company: str
    lines: Sequence[Line]
    deeds: Sequence[Deed] = ()
    slots: Mapping[str, str] = field(default_factory=dict[str, str])
    started_at: datetime | None = None
    time_zone: str = "Europe/Paris"
    inbound: bool = True
    seconds: int = 0

    @property
    def held(self) -> list[str]:
        """Every text that a sentence may be made from: what was said, and what was done in words."""
        return [*(line.text for line in self.lines), *self.done_in_words, self.company]

    @property
    def agents_words(self) -> list[str]:
        """What the agent said, and did: only this can be a promise of the house's."""
        return [*(line.text for line in self.lines if line.who == "agent"), *self.done_in_words]

    @property
    def done_in_words(self) -> list[str]:
        """What the actions that came about were given, instants as they are said."""
        return [self._words(deed) for deed in self.deeds if deed.done]

    def _words(self, deed: Deed) -> str:
        told = [str(value) for key, value in deed.args.items() if key not in ("day", "time", "url")]
        when = deed.result.get("starts_at")
        return " ".join([*told, *([self.when(str(when))] if when else [])])

    def when(self, instant: str) -> str:
        """An instant (ISO 8601) as it is said: "jeudi 26 novembre à 14 heures 30"."""
        at = datetime.fromisoformat(instant).astimezone(ZoneInfo(self.time_zone))
        said = say_date(at.date(), (self.started_at or at).date(), self.language)
        return f"{said} {'à' if self.language == 'fr' else 'at'} {say_time(at.time(), self.language)}"

    def numbered(self) -> list[tuple[int, Line]]:
        """The lines the mind reads, numbered from 1 as in the whole call."""
        lines = list(enumerate(self.lines, 1))
        half = MOST_LINES // 2
        return lines if len(lines) <= MOST_LINES else [*lines[:half], *lines[-half:]]


def of_call(
    agent: Agent, turns: Sequence[tuple[str, str]], actions: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any]]],
    *, slots: Mapping[str, str], started_at: datetime, inbound: bool, seconds: int,
) -> Transcript:  # fmt: skip
    """`turns`: (who, text); `actions`: (name, arguments, result)."""
    lines = [Line("caller" if who == "caller" else "agent", text) for who, text in turns if text.strip()]
    return Transcript(
        agent.language, agent.company.name, lines, [Deed(*action) for action in actions], dict(slots), started_at,
        agent.time_zone, inbound, seconds,
    )  # fmt: skip
