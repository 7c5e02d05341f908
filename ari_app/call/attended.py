"""An attended transfer: whoever is rung is told who calls before they take the call. What becomes of whom. Pure.

`ringing` → `briefing` (they hear who calls, and what about) → `asked` (a key, or a word) → `joined`, or `back`: the
caller is the agent's again. The caller hears music until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from agents.slots.text import Language, fold
from agents.slots.yesno import find_yes_no
from ari_app.call.answering import Beep, Signal, Speech, Watcher, Words
from ari_app.switch.base import TransferOutcome
from store.base.endings import NotYet, Outcome

State = Literal["ringing", "briefing", "asked", "joined", "back"]
Parting = Literal["", "joined", "refused", "gone"]
"""What is said to the person at the end; "": nothing, because nobody is there to hear it."""

TELLINGS = 2
"""So often the summary is told; then nobody takes the call."""
LONGEST_MS = 100_000
"""Whatever happens, the caller does not wait longer for a person who picked up."""
EARLY_MS = 200
"""Words that began so long before the question was put answer it: voice is noticed a moment late."""
YES_WORDS = 8
"""A longer sentence takes no call, whatever is in it."""
ECHOED = 0.7
"""A sentence that is made of our own words to this share is our own voice, back from a loudspeaker."""
NOBODY = ("machine", "screening", "menu", "fax", "busy", "nobody")


# -- what happens ---------------------------------------------------------------------------------------------
# `at_ms`: since the person picked up


@dataclass(frozen=True, slots=True)
class Came:
    """The person picked up."""


@dataclass(frozen=True, slots=True)
class Asked:
    """They have heard how the call is taken: from here on a yes is an answer."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Told:
    """They have heard all of it."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Pressed:
    """They pressed a key."""

    at_ms: int
    key: str


@dataclass(frozen=True, slots=True)
class Said:
    """They said something, from `from_ms` on."""

    from_ms: int
    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passes. `speaking`: they are saying something."""

    at_ms: int
    speaking: bool = False


@dataclass(frozen=True, slots=True)
class PersonGone:
    """The person hung up."""


@dataclass(frozen=True, slots=True)
class CallerGone:
    """The caller hung up."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The switch brought the caller back; `outcome`: how the ringing ended, in its words."""

    outcome: TransferOutcome


@dataclass(frozen=True, slots=True)
class Mute:
    """The person cannot be told anything: the voice failed, or their sound was lost."""


Event = Came | Asked | Told | Pressed | Said | Speech | Beep | Signal | Tick | PersonGone | CallerGone | Returned | Mute


# -- what is to be done ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the summary, from its beginning."""


@dataclass(frozen=True, slots=True)
class Join:
    """Let the two talk, once `say` was said."""

    say: Parting = "joined"


@dataclass(frozen=True, slots=True)
class Release:
    """End the person's leg, once `say` was said; the caller is taken back, if there. `outcome`: the transfer's."""

    outcome: Outcome
    say: Parting = ""


@dataclass(frozen=True, slots=True)
class Back:
    """Nobody is on the other leg: the caller is taken back, if there."""

    outcome: Outcome


Step = Tell | Join | Release | Back


@dataclass(slots=True)
class Attended:
    """One attended transfer. `told`: all that the person is told; `answer_ms`: how long they are waited for."""

    language: Language
    told: str = ""
    answer_ms: int = 12_000
    state: State = "ringing"
    outcome: Outcome | NotYet = ""
    """Of the transfer, once it is over: answered, refused, machine, not_taken, abandoned, or the switch's own word."""
    why: str = ""
    _tellings: int = 0
    _asked_ms: int = 0
    _waits_ms: int | None = None
    """Their answer is waited for since then; None while they are told."""
    _watcher: Watcher = field(default_factory=Watcher)

    @property
    def over(self) -> bool:
        """Everything is decided."""
        return self.state in ("joined", "back")

    def on(self, event: Event) -> Sequence[Step]:
        """What is to be done about one more event; nothing once all is decided."""
        if self.over:
            return ()
        match event:
            case Came():
                return self._tell()
            case Returned(outcome):
                return self._end(Back(outcome), outcome)
            case CallerGone():
                if self.state == "ringing":
                    return self._end(Back("abandoned"), "abandoned")
                return self._end(Release("abandoned", "gone"), "abandoned")
            case PersonGone():
                return self._end(Back("refused"), "refused", "hung up")
            case Mute():
                return self._end(Join(""), "answered", "they could not be asked")
            case Asked(at_ms):
                self.state, self._asked_ms = "asked", at_ms
            case Told(at_ms):
                self._waits_ms = at_ms
            case Pressed(_, key):
                return self._pressed(key)
            case Said():
                return self._said(event)
            case Tick():
                return self._tick(event)
            case Speech() | Beep() | Signal():
                self._watcher.hear(event)
                return self._nobody()
        return ()

    def _tell(self) -> Sequence[Step]:
        self._tellings += 1
        self.state, self._waits_ms = "briefing", None
        return (Tell(),)

    def _pressed(self, key: str) -> Sequence[Step]:
        """Keys count from the first word on: who knows them need not hear the rest."""
        if key == "1":
            return self._end(Join(), "answered", "by key")
        return self._end(Release("refused", "refused"), "refused", "by key") if key == "2" else ()

    def _said(self, said: Said) -> Sequence[Step]:
        text = fold(said.text)
        if self._echoes(text):
            return ()
        self._watcher.hear(Words(said.at_ms, said.text))
        if nobody := self._nobody():
            return nobody
        if self.state != "asked" or said.from_ms < self._asked_ms - EARLY_MS:
            return ()
        answer = {"1": "yes", "un": "yes", "2": "no", "deux": "no"}.get(text) or find_yes_no(text, self.language)
        if answer == "yes" and len(text.split()) <= YES_WORDS:
            return self._end(Join(), "answered", "by word")
        return self._end(Release("refused", "refused"), "refused", "by word") if answer == "no" else ()

    def _echoes(self, text: str) -> bool:
        ours, words = set(fold(self.told).split()), [word for word in text.split() if len(word) > 2]
        return len(words) > 2 and sum(word in ours for word in words) >= ECHOED * len(words)

    def _nobody(self) -> Sequence[Step]:
        if self._watcher.who not in NOBODY:
            return ()
        return self._end(Release("machine"), "machine", self._watcher.why)

    def _tick(self, tick: Tick) -> Sequence[Step]:
        late = self._waits_ms is not None and not tick.speaking and tick.at_ms - self._waits_ms >= self.answer_ms
        if late and self._tellings < TELLINGS:
            return self._tell()
        if late or tick.at_ms >= LONGEST_MS:
            return self._end(Release("not_taken", "refused"), "not_taken", "neither key nor word")
        return ()

    def _end(self, step: Step, outcome: Outcome, why: str = "") -> Sequence[Step]:
        self.state = "joined" if isinstance(step, Join) else "back"
        self.outcome, self.why = outcome, why
        return (step,)
