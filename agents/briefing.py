"""What a person is told before they take a call: who calls, and what about. By rules, from what the call knows. Pure.

No number that the caller withholds is told, nor one in their words; the model is not asked, so nothing waits for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.definition import Agent
from agents.effects import Facts
from agents.phrases import control_intent
from agents.render import say_value, speech
from agents.slots.text import Language, fold
from agents.spoken import say_phone
from agents.state import State

MOST_WORDS = 18
"""Of the caller's own words: a summary is heard, not read."""
LEAST_WORDS = 3
"""Fewer tell nothing: "oui", "allô bonjour"."""
_NUMBER = re.compile(r"(?:\+|\d)(?:[ .-]?\d){5,}")
_HIDDEN: dict[Language, str] = {"fr": "d'un numéro masqué", "en": "from a withheld number"}
_VOWELS = tuple("aeiou")
_AT: dict[Language, str] = {"fr": " à ", "en": " at "}


@dataclass(frozen=True, slots=True)
class Brief:
    """Sentences for the person. `take` and `refuse` tell how; the last three are said at the end."""

    summary: str
    take: str
    refuse: str
    joined: str
    refused: str
    gone: str

    @property
    def told(self) -> str:
        """All that is told beforehand."""
        return f"{self.summary} {self.take} {self.refuse}"


def brief(agent: Agent, facts: Facts, values: Mapping[str, str], said: Sequence[str]) -> Brief:
    """`values`: the slots filled so far; `said`: the caller's turns, in order."""
    lines, party = agent.lines, facts.parties.far
    who, what = _who(agent, values, party), _what(agent, facts, values, said, hidden=not party)

    def line(template: str) -> str:
        return speech(agent, State(), facts, template, first=who, second=what)

    summary = line(lines.brief if what else lines.brief_only)
    return Brief(
        summary, line(lines.brief_take), line(lines.brief_refuse), line(lines.brief_joined), line(lines.brief_refused),
        line(lines.brief_gone),
    )  # fmt: skip


def _who(agent: Agent, values: Mapping[str, str], party: str) -> str:
    """From whom the call is: the name that they gave, else the number that they show."""
    named = next((values[slot] for slot in values if slot in agent.slots and agent.slots[slot].type == "name"), "")
    if not named and not party:
        return _HIDDEN[agent.language]
    if agent.language == "en":
        return f"from {named or say_phone(party, 'en')}"
    if not named:
        return f"du {say_phone(party, 'fr')}"
    return f"d'{named}" if fold(named)[:1] in _VOWELS else f"de {named}"


def _what(agent: Agent, facts: Facts, values: Mapping[str, str], said: Sequence[str], *, hidden: bool) -> str:
    """What was chosen, with its day and time; where nothing was, the caller's own words."""
    kinds = {slot: agent.slots[slot].type for slot in values if slot in agent.slots and not slot.startswith("_")}
    today = facts.now.date()
    parts = [say_value(agent, slot, values[slot], today) for slot, kind in kinds.items() if kind == "choice"]
    when = [say_value(agent, slot, values[slot], today) for kind in ("date", "time")
            for slot in kinds if kinds[slot] == kind][:2]  # fmt: skip
    if when:
        parts.append(_AT[agent.language].join(when))
    if not parts:
        parts = [text for text in (_own_words(agent, values, kinds, said, hidden=hidden),) if text]
    return ", ".join(parts)


def _own_words(
    agent: Agent, values: Mapping[str, str], kinds: Mapping[str, str], said: Sequence[str], *, hidden: bool
) -> str:
    """The matter as it was told: a slot that holds it, else the latest sentence but "a person, please"."""
    told = next((values[slot] for slot, kind in kinds.items() if kind == "text"), "")
    for text in (told, *reversed(said)):
        bare = fold(text)
        if len(bare.split()) >= LEAST_WORDS and control_intent(bare, agent.language) is None:
            words = (_NUMBER.sub("", text) if hidden else text).split()
            return " ".join(words[:MOST_WORDS]).rstrip(".,;: ")
    return ""
