"""What a conversation asks of a call: the vocabulary between `agents/` (decides) and `session.py` (does).

A conversation never touches audio, Asterisk or the store. It is given what was heard; it answers
with effects.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from store.base.parties import Parties


@dataclass(frozen=True, slots=True)
class Say:
    """Speak `text` (one clause or more). `ready`: worth keeping synthesised (fixed wording of the agent)."""

    text: str
    ready: bool = False
    kind: Literal[
        "greeting", "disclosure", "commercial", "recording", "question", "answer", "confirm", "goodbye", "other"
    ] = "other"
    """`disclosure`, `commercial` and `recording` are notices: the law wants them heard."""


@dataclass(frozen=True, slots=True)
class Act:
    """Do an action (`ari_app/actions/<name>.py`) once the caller heard all that was said before it.

    Names: book, callback, cancel, reschedule,
    message, transfer, opt_out, wrong_person, record, dtmf, webhook, language, hangup.
    `args` is plain JSON.
    `language` carries {"language", "agent"}: the agent that goes on in that language.
    `record` carries {"allowed": bool}: the caller agreed to, or refused, being recorded.
    What became of the action is told with `Conversation.plan_acted`; `hangup` alone needs no telling.
    """

    name: str
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])


Effect = Say | Act

Source = Literal["rules", "fact", "intent", "phrasing", "apology"]
"""What a reply took: rules alone, a fact word for word, the model to understand, the model to phrase; or the
model failed."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the call knows of itself. `now` is aware, in the agent's time zone."""

    call_id: str
    now: datetime
    parties: Parties
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    patience: int = 60
    """Seconds for which a silent caller is waited for (`call.silence_seconds`)."""


class Plan(Protocol):
    """A reply being prepared. It changes nothing until it is committed, so that it may be thrown away."""

    @property
    def heard(self) -> str:
        """What the reply answers."""
        ...

    @property
    def source(self) -> Source:
        """What the reply took, known once `effects` began. For the stages of a turn's latency."""
        ...

    @property
    def meaning(self) -> str:
        """What the caller was taken to mean, in a word: "fact:parking", "answer", "human", "doubt", "unknown" or
        "unclear"; "" for what was not a sentence, and until `effects` began."""
        ...

    def effects(self) -> AsyncIterator[Effect]:
        """The reply's effects, in order, as they are made. Closing the iterator stops the thinking."""
        ...


class Conversation(Protocol):
    """One call's conversation. Driven by `session.py` on a call, by `agent chat` on a terminal."""

    def opening(self) -> list[Effect]:
        """Greeting with AI disclosure, recording notice, first question: all ready speech."""
        ...

    def plan(self, heard: str) -> Plan:
        """Begin a reply to what the caller said, from the committed state; thinking starts in `effects`."""
        ...

    def plan_silence(self, seconds: float) -> Plan:
        """The caller has said nothing for so many seconds in all: ask, bear it, and in the end take leave."""
        ...

    def plan_digits(self, digits: str) -> Plan:
        """The caller pressed keys instead of speaking."""
        ...

    def plan_foreign(self, heard: str, language: Literal["fr", "en"]) -> Plan:
        """The caller spoke another language than the agent: its version in it takes over, or else a person."""
        ...

    def plan_acted(self, name: str, result: Mapping[str, Any]) -> Plan:
        """The action `name` was done. `result`: `outcome`, a word to branch on (`done`, `taken`,
        `closed`, `failed`, `no_answer` …), and whatever the action tells (book: `alternatives`, a list of
        {"day": ISO date, "time": "HH:MM"}). The reply may have no effects: then nothing is said."""
        ...

    def plan_back(self, owed: Sequence[str] = ()) -> Plan:
        """The caller was cut off for a moment and is back: say so, then what the law wants heard of `owed`
        (disclosure, recording), and the question again."""
        ...

    def kept(self) -> Mapping[str, Any]:
        """Where it stands, as plain JSON: `take_up` goes on from there, in another process."""
        ...

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Stand where the one that `kept` tells of stood. Raises ValueError where this version cannot read it."""
        ...

    def commit(self, plan: Plan) -> None:
        """The plan's reply is the agent's turn: its state becomes the conversation's."""
        ...

    def current(self, plan: Plan) -> bool:
        """The plan was made from where the conversation stands now; if not, make another."""
        ...

    def spoken(self, text: str, heard: str) -> None:
        """Of the last turn's `text` the caller heard only `heard` (barge-in): history is cut to it.

        A notice that the law wants heard, and that was not, is said again in the next reply."""
        ...

    @property
    def values(self) -> Mapping[str, str]:
        """The slots filled so far: what the call leaves behind when it ends."""
        ...

    async def prime(self) -> None:
        """Let the mind read ahead while the agent speaks or listens. Cancel it freely; no LlmError."""
        ...

    async def release(self) -> None:
        """The call is over: the mind forgets it."""
        ...

    @property
    def awaiting(self) -> str:
        """What is waited for: a slot's type (`yes_no`, `date`, `time`, `name`, `phone`, `text` …) or ''.

        Helps the ear: a phone number comes in pieces, a yes does not."""
        ...

    def patience(self, heard: str) -> int:
        """How long a silence to bear after `heard`, in milliseconds, before the turn is the agent's: half a telephone
        number is no turn yet. 0: as long as usual. Quick, changes nothing."""
        ...

    @property
    def hotwords(self) -> tuple[str, ...]:
        """Names the ear should expect: staff, streets, treatments, the company."""
        ...

    @property
    def over(self) -> bool:
        """Nothing more is to be said."""
        ...
