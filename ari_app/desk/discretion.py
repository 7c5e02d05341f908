"""What of a call is not kept: a card's number, an IBAN, and what the caller wants off the record. Pure.

Decided from what was said and done, as far as it is known: in the call both sides have the words, and whatever is
written down of it (transcript, journal, log, mail, web hook, summary, recording) has what `discreet` leaves.
PCI DSS 3.3 (a card's number is not kept whole, its code not at all); RGPD, art. 5-1-c.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from agents.dictation.payment import HIDDEN, Payment, Sign, cut, figures, hidden, payments, signs
from agents.effects import Act
from agents.slots.text import Language, fold
from ari_app.desk.record import Done, Notes, SpokenTurn

UNKEPT = "[…]"
"""What stands for words that are not kept."""

MARGIN_MS = 500
"""Around what is not to be heard: a turn's times are those of its voice, to some tenths of a second."""
LAST = 4
_FEW, _MANY = 3, 8
"""Digits: of a card's code at the least, and from so many on the last four may be kept."""

_ABOUT = re.compile(
    r"\b(?:iban|rib|cryptogramme|cvv|cvc|code de securite|coordonnees bancaires|security code|card number|sort code"
    r"|(?:numero|chiffres?|date)s? (?:\w+ ){0,4}(?:carte|cb)|carte (?:\w+ ){0,3}numero"
    r"|number (?:\w+ ){0,3}card|bank account number)\b"
)
"""A question for it, or its announcement."""
_CARD = re.compile(r"\b(?:carte|cb|visa|mastercard|card|iban|rib)\b")
"""With digits beside, it is its number."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one sentence tells by itself. `numbers`: the payments in it; `figures`: its digits, and where they stand."""

    signs: tuple[Sign, ...]
    about: bool
    card: bool
    figures: tuple[str, int, int]
    numbers: tuple[Payment, ...]
    hidden: str


class Memory:
    """What was found of a call's sentences, so that each is read once. It belongs to the call, and goes with it: card
    numbers stand in it. What a look no longer meets is forgotten at the next."""

    def __init__(self) -> None:
        self._now, self._before = dict[tuple[str, Language], Told](), dict[tuple[str, Language], Told]()
        self.reading: Callable[[str, Language], Told] = read

    @property
    def sentences(self) -> tuple[str, ...]:
        """Those that it holds."""
        return tuple(text for text, _ in {**self._before, **self._now})

    def look_again(self) -> None:
        """A new look at the call begins."""
        self._now, self._before = {}, self._now

    def read(self, text: str, language: Language) -> Told:
        """What that sentence tells."""
        key = text, language
        found = self._now.get(key) or self._before.get(key) or self.reading(text, language)
        self._now[key] = found
        return found

    def signs(self, text: str, language: Language) -> tuple[Sign, ...]:
        """Its letters and digits."""
        return self.read(text, language).signs


def read(text: str, language: Language) -> Told:
    """What one sentence tells, read anew."""
    found, folded = signs(text, language), fold(text)

    def again(_: str, __: Language) -> tuple[Sign, ...]:
        return found

    return Told(
        found, bool(_ABOUT.search(folded)), bool(_CARD.search(folded)), figures(text, language, again),
        tuple(payments([text], language, again)), hidden(text, language, again),
    )  # fmt: skip


Span = tuple[float, float]
"""From and to, milliseconds since the call was answered; to the end: infinity."""


@dataclass(frozen=True, slots=True)
class Discreet:
    """`notes` as they may be kept, and the `silenced` spans of the recording; `words`: what was said → what is kept."""

    notes: Notes
    silenced: tuple[Span, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict[str, str])
    memory: Memory = field(default_factory=Memory, compare=False, repr=False)

    def of(self, value: Any, language: Language) -> Any:
        """Any plain value of the call, every text in it as it may be kept."""
        if isinstance(value, str):
            return self._text(value, language)
        if isinstance(value, Mapping):
            return {name: self.of(one, language) for name, one in cast("Mapping[str, Any]", value).items()}
        if isinstance(value, list | tuple):
            return [self.of(one, language) for one in cast("Sequence[Any]", value)]
        return value

    def _text(self, text: str, language: Language) -> str:
        if text in self.words:
            return self.words[text]
        part = len(text) >= _MANY and any(text in said for said in self.words)
        return UNKEPT if part and len(re.findall(r"\d", text)) >= _FEW else self.memory.read(text, language).hidden


def discreet(notes: Notes, language: Language, memory: Memory | None = None) -> Discreet:
    """What may be kept of a call so far. `memory`: the call's own; what it has read of turns is not read again."""
    memory = memory or Memory()
    memory.look_again()
    turns = list(notes.turns)
    kept, spans = [turn.text for turn in turns], list[Span]()
    _hide_numbers(turns, kept, spans, language, memory)
    _hide_what_is_asked_for(turns, kept, spans, language, memory)
    for pause in _pauses(turns, notes.actions):
        spans.append(pause)
        _hide_pause(turns, kept, pause)
    words = {turn.text: text for turn, text in zip(turns, kept, strict=True) if text != turn.text}
    found = Discreet(notes, _joined(spans), words, memory)
    if not words and not _any_number(notes, language, memory):
        return found
    return replace(found, notes=replace(
        notes,
        turns=[replace(turn, text=text) for turn, text in zip(turns, kept, strict=True)],
        actions=[_action(found, action, language) for action in notes.actions],
        slots=found.of(notes.slots, language),
    ))  # fmt: skip


def told_on(act: Act, language: Language) -> Act:
    """What an agent does, with what may leave the call: a message, a booking, a client's system are told no number."""
    return act if act.name == "dtmf" else replace(act, args=Discreet(Notes()).of(act.args, language))


def _any_number(notes: Notes, language: Language, memory: Memory) -> bool:
    told = [notes.slots, *(action.args for action in notes.actions), *(action.result for action in notes.actions)]
    nothing = Discreet(notes, memory=memory)
    return any(nothing.of(one, language) != one for one in told)


def _action(found: Discreet, action: Done, language: Language) -> Done:
    return replace(action, args=found.of(action.args, language), result=found.of(action.result, language))


# -- numbers that are what they look like --------------------------------------------------------------------


def _hide_numbers(
    turns: Sequence[SpokenTurn], kept: list[str], spans: list[Span], language: Language, memory: Memory
) -> None:
    """Numbers that pass their check, in one turn of the caller or over several, and in what the agent reads back."""
    callers = [at for at, turn in enumerate(turns) if turn.who == "caller"]
    told: list[tuple[list[int], Sequence[Payment]]] = [
        (callers, payments([turns[at].text for at in callers], language, memory.signs))
    ]
    told += [([at], memory.read(turn.text, language).numbers) for at, turn in enumerate(turns) if turn.who == "agent"]
    cuts: dict[int, list[tuple[int, int, str]]] = {}
    for group, numbers in told:
        for payment in numbers:
            last = payment.parts[-1]
            for part in payment.parts:
                short = payment.short if part is last else HIDDEN
                cuts.setdefault(group[part.at], []).append((part.start, part.end, short))
            spans.append(_around(turns[group[payment.parts[0].at]], turns[group[last.at]]))
    for at, said in cuts.items():
        kept[at] = cut(turns[at].text, said)


# -- numbers that were asked for, however the ear wrote them ----------------------------------------------------


def _hide_what_is_asked_for(
    turns: Sequence[SpokenTurn], kept: list[str], spans: list[Span], language: Language, memory: Memory
) -> None:
    """From a question for it, or its announcement, until the agent asks for something else."""
    since = math.nan
    for at, turn in enumerate(turns):
        read = memory.read(turn.text, language)
        about, (said, start, end) = read.about, read.figures
        if turn.who == "caller":
            named = about or read.card
            if math.isnan(since) and named and len(said) >= _FEW:
                since = turn.from_ms - MARGIN_MS
            if not math.isnan(since) and len(said) >= _FEW and kept[at] == turn.text:
                kept[at] = cut(turn.text, [(start, end, _short(said))])
        elif about:
            since = turn.to_ms if math.isnan(since) else since
        elif not math.isnan(since):
            if len(said) >= _MANY:  # read back
                kept[at] = cut(kept[at], [(start, end, _short(said))]) if kept[at] == turn.text else kept[at]
            elif "?" in turn.text:
                spans.append((since, turn.from_ms))
                since = math.nan
    if not math.isnan(since):
        spans.append((since, math.inf))


def _short(digits: str) -> str:
    return HIDDEN + (digits[-LAST:] if len(digits) >= _MANY else "")


# -- what is off the record -------------------------------------------------------------------------------------


def _pauses(turns: Sequence[SpokenTurn], actions: Sequence[Done]) -> list[Span]:
    """From the turn in which the caller asked for it to the one in which they end it."""
    pauses, since = list[Span](), math.nan
    for action in actions:
        if action.name != "record" or "paused" not in action.args:
            continue
        asked = max((turn.from_ms for turn in turns if turn.who == "caller" and turn.from_ms <= action.at_ms),
                    default=action.at_ms)  # fmt: skip
        if action.args["paused"] and math.isnan(since):
            since = asked
        elif not action.args["paused"] and not math.isnan(since):
            pauses.append((since, asked))
            since = math.nan
    return pauses if math.isnan(since) else [*pauses, (since, math.inf)]


def _hide_pause(turns: Sequence[SpokenTurn], kept: list[str], pause: Span) -> None:
    """No word of either side, but for the agent's first: that it is off the record."""
    answered = False
    for at, turn in enumerate(turns):
        if pause[0] <= turn.from_ms < pause[1]:
            if turn.who == "agent" and not answered:
                answered = True
                continue
            kept[at] = UNKEPT


# -- spans ------------------------------------------------------------------------------------------------------


def _around(first: SpokenTurn, last: SpokenTurn) -> Span:
    return max(0, first.from_ms - MARGIN_MS), max(first.from_ms, last.to_ms) + MARGIN_MS


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """In order, and none within another."""
    joined = list[Span]()
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
