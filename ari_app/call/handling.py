"""What to do with who picked up: a person is talked to, a machine gets a message or nothing, an assistant is told who
calls and why, and whoever comes after it is greeted anew. Pure: what is heard goes in, what to do comes out.

The conversation goes on beside it, as with anybody, until somebody is surely no person; then it is told nothing more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from ari_app.call.answering import Beep, Quiet, Signal, Speech, Watcher, Who, Words, plain, said
from ari_app.call.tones import Tone
from store.base.endings import Unserved

WATCHED_MS = 60_000
"""So long after the answer, or after somebody else was called to the line, it is looked who is there."""
NO_BEEP_MS = 2_500
"""A greeting that is followed by so long a silence is over, and its beep was not heard."""
BEEP_WAITED_MS = 45_000
"""A machine that has neither beeped nor fallen silent by then records nothing."""
ASSISTANT_DONE_MS = 700
"""An assistant that is silent for so long has asked its question."""
PERSON_WAITED_MS = 45_000
"""Nobody comes after that."""
TOLD_MOST = 2
"""An assistant is told who calls no more often."""

_WAIT = re.compile(
    r"\b(?:ne quittez pas|patient\w+|un instant|un moment|restez en ligne|hold on|hold the line|one moment|stay on)\b"
)
"""What an assistant says before somebody comes, or nobody does."""
_THANKS = re.compile(r"(?:merci|thank you|thanks|d accord|tres bien|c est note)(?: \w+){0,2}")

OUTCOMES: dict[Who, Unserved] = {
    "machine": "machine", "menu": "machine", "screening": "screening", "fax": "fax", "busy": "busy",
    "nobody": "unavailable",
}  # fmt: skip
"""What a call comes to that no person took."""


@dataclass(frozen=True, slots=True)
class Hush:
    """The agent falls silent at once, and what is heard is no turn any more."""

    who: Who
    why: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the message, then hang up."""


@dataclass(frozen=True, slots=True)
class Introduce:
    """Say who calls and why."""


@dataclass(frozen=True, slots=True)
class Greet:
    """Somebody else is on the line: the opening, from its first word."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call; its outcome."""

    outcome: Unserved


Step = Hush | Leave | Introduce | Greet | HangUp
_State = Literal["watching", "waits_for_beep", "waits_to_tell", "waits_for_person", "left", "over"]


@dataclass(slots=True)
class Handling:
    """One call out. `message`: a machine gets one; `menus`: the agent presses keys, so a menu is talked to.

    Times are milliseconds on the line's own clock, since the answer.
    """

    message: bool
    menus: bool = False
    watcher: Watcher = field(default_factory=Watcher)
    state: _State = "watching"
    _since: int = 0
    _voiced_ms: int = 0
    _spoken: bool = False
    _told: int = 0

    @property
    def aside(self) -> bool:
        """What is heard is not for the conversation."""
        return self.state != "watching"

    @property
    def deaf(self) -> bool:
        """Nothing that is heard may interrupt the agent: a machine records it."""
        return self.state in ("left", "over")

    def voice(self, at_ms: int, *, voiced: bool) -> list[Step]:
        """One window of the line, which ends at `at_ms`."""
        if voiced:
            self._voiced_ms, self._spoken = at_ms, True
            self._tell(Speech(max(0, at_ms - 32), at_ms))
        else:
            self._tell(Quiet(at_ms))
        return [*self._told_apart(at_ms), *self._time(at_ms)]

    def tone(self, tone: Tone) -> list[Step]:
        """A tone was heard."""
        match tone.kind:
            case "beep":
                self._tell(Beep(tone.at_ms))
                return [*self._told_apart(tone.at_ms), *self._beeped()]
            case "fax" | "busy":
                self._tell(Signal(tone.at_ms, tone.kind))
            case "sit":
                self._tell(Signal(tone.at_ms, "nobody"))
        return self._told_apart(tone.at_ms)

    def words(self, at_ms: int, text: str) -> list[Step]:
        """What was said up to `at_ms`, since somebody last began to speak."""
        if self.state == "watching":
            self._tell(Words(at_ms, text))
            return self._told_apart(at_ms)
        if self.state == "waits_for_person" and text.strip():
            return self._after_assistant(at_ms, text)
        return []

    # -- who it is ---------------------------------------------------------------------------------------

    def _tell(self, event: Speech | Words | Beep | Signal | Quiet) -> None:
        if self.state == "watching" and event_ms(event) - self._since <= WATCHED_MS:
            self.watcher.hear(event)

    def _told_apart(self, at_ms: int) -> list[Step]:
        """What follows from who it turned out to be."""
        who = self.watcher.who
        if self.state != "watching" or who in ("unknown", "human") or (who == "menu" and self.menus):
            return []
        hush = Hush(who, self.watcher.why)
        if who == "screening":
            self._become("waits_to_tell", at_ms)
            return [hush]
        if who == "machine" and self.message:
            self._become("waits_for_beep", at_ms)
            return [hush]
        return [hush, *self._end(OUTCOMES[who])]

    def _after_assistant(self, at_ms: int, text: str) -> list[Step]:
        """An assistant that was told: it asks again, says to wait, takes a message; or somebody has come."""
        who, words = said(text), plain(text)
        if who == "screening":
            self._become("waits_to_tell", at_ms)
            return [] if self._told < TOLD_MOST else self._end("screening")
        if who in ("machine", "menu"):
            if not self.message:
                return self._end("screening")
            self._become("waits_for_beep", at_ms)
            return []
        if who == "unknown" and (_WAIT.search(words) or _THANKS.fullmatch(words)):
            return []
        self.watcher.handed_over()
        self.watcher.hear(Words(at_ms, text))
        self._become("watching", at_ms)
        return [Greet()]

    # -- what time brings --------------------------------------------------------------------------------

    def _time(self, at_ms: int) -> list[Step]:
        waited, silent = at_ms - self._since, at_ms - self._voiced_ms
        match self.state:
            case "waits_for_beep" if self._spoken and silent >= NO_BEEP_MS and waited >= NO_BEEP_MS:
                return self._leave()
            case "waits_for_beep" if waited >= BEEP_WAITED_MS:
                return self._end("machine")
            case "waits_to_tell" if silent >= ASSISTANT_DONE_MS:
                self._told += 1
                self._become("waits_for_person", at_ms)
                return [Introduce()]
            case "waits_for_person" if waited >= PERSON_WAITED_MS:
                return self._end("screening")
            case _:
                return []

    def _beeped(self) -> list[Step]:
        """It records from now on, if it is a machine that gets a message."""
        return self._leave() if self.state == "waits_for_beep" else []

    def _leave(self) -> list[Step]:
        self.state = "left"
        return [Leave()]

    def _end(self, outcome: Unserved) -> list[Step]:
        self.state = "over"
        return [HangUp(outcome)]

    def _become(self, state: _State, at_ms: int) -> None:
        self.state, self._since = state, at_ms


def event_ms(event: Speech | Words | Beep | Signal | Quiet) -> int:
    """When it was heard."""
    return event.to_ms if isinstance(event, Speech) else event.at_ms
