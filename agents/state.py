"""Where a conversation stands, what was understood of a turn, and what the agent does about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from agents.dictation.dictation import Dictation
from agents.effects import Act, Say

Intent = Literal[
    "answer", "question", "goodbye", "human", "message", "opt_out", "record_refused", "record_paused",
    "record_resumed", "repeat", "wait", "greeting", "dictating", "thanks", "who", "go_on", "doubt", "refused",
    "way", "give_up", "unclear",
]  # fmt: skip

SETTLED: tuple[Intent, ...] = ("opt_out", "record_refused", "record_paused", "record_resumed")
"""What a caller has a right to be heard in: said in these words, it is never weighed against anything else."""

Values = Mapping[str, str]
"""Slot → value as text: ISO dates, "HH:MM", E.164 numbers, choice ids, "yes" or "no"."""


@dataclass(frozen=True, slots=True)
class State:
    """Where the conversation stands. Replaced, never changed."""

    step: str = ""
    values: Values = field(default_factory=dict[str, str])
    focus: tuple[str, ...] = ()
    """Slots asked about out of the step's own order: a correction, or a value that was refused."""
    correcting: bool = False
    """The caller refused a read-back and was asked what is wrong."""
    retries: int = 0
    silences: int = 0
    patient: bool = False
    """The caller asked to be waited for: their silence is borne, and nothing is asked meanwhile."""
    owed: tuple[str, ...] = ()
    """What the law wants heard and the caller talked over: "disclosure", "commercial", "recording"."""
    waiting: str = ""
    """The action whose result is awaited."""
    confirmed_at: str = ""
    """The last step that read back what was understood; a late correction returns to it."""
    resume: str = ""
    doubt: tuple[str, ...] = ()
    """What the caller was just asked to choose between: meanings, as "fact:parking" or "intent:human"."""
    offer: Values = field(default_factory=dict[str, str])
    """What an action proposed instead (another time), as slot values."""
    dictation: Dictation | None = None
    """What was last dictated; while it is not whole, what has been heard of it."""
    spelled: Values = field(default_factory=dict[str, str])
    """Slots whose values were spelled or corrected by letters → the letters to be read back with a word."""
    closing: bool = False
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Understood:
    """What one turn of the caller meant. `sure`: the rules are certain, the model need not be asked."""

    intent: Intent
    values: Values = field(default_factory=dict[str, str])
    facts: tuple[str, ...] = ()
    change: tuple[str, ...] = ()
    """Slots the caller wants to change without saying to what: "l'heure"."""
    day: str = ""
    """An ISO date a question is about: "êtes-vous ouverts samedi ?"."""
    sure: bool = True
    doubt: tuple[str, ...] = ()
    """Of the intent `doubt`: the meanings it may have, the likeliest first."""
    told: str = ""
    """Of the intent `message`: the message, where it was given in the same breath."""
    dictation: Dictation | None = None
    """What the turn dictates, with what was heard before; without breaths, what can be none and begins anew."""
    spelled: Values = field(default_factory=dict[str, str])
    exact: bool = False
    """It was dictated letter by letter: no likelihood has a say in it."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """The model is to answer the caller's question from these facts, in a sentence or two."""

    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Again:
    """The agent's last turn is said again."""


Move = Say | Act | Phrase | Again


@dataclass(frozen=True, slots=True)
class AgentTurn:
    """The new state, and what the agent says and does, in order."""

    state: State
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """What the agent waits for. `slots`: those missing, the one asked about first."""

    kind: Literal["slots", "confirm", "correct", "propose", "nothing"]
    slots: tuple[str, ...] = ()
    question: str = ""
