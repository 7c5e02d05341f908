"""What one sentence of a caller means: the rules, then a large model that leads, or meaning and the mind's word.

Speculative like the plan it serves: it reads the conversation and changes nothing.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast

from agents import scenario
from agents.definition import Agent
from agents.effects import Facts, Source
from agents.hearing import understand
from agents.leading import MOST_TOKENS, leading_messages, leading_schema, led
from agents.meaning.elsewhere import elsewhere, stands
from agents.meaning.sense import Reading, Sense
from agents.meaning.weighing import settled, weigh
from agents.rethinking import RETHOUGHT
from agents.state import SETTLED, Expected, State, Understood
from agents.understanding import (
    PREFILL,
    extract_messages,
    extract_schema,
    extracted,
    labels,
    meaning,
    read_label,
    to_extract,
    turn_messages,
    turn_schema,
    worth_asking,
)
from agents.ways import way_slots
from llm.base import LlmError, Mind

_LABEL_TOKENS = 48
"""Room for a label in an answer that comes whole and spaced; reading stops as soon as it can be only one."""


@dataclass(slots=True)
class Thinking:
    """One sentence `heard` in a `state`. `source` and `reading` tell afterwards what it took."""

    agent: Agent
    facts: Facts
    mind: Mind | None
    sense: Sense | None
    slot: str
    state: State
    told: Sequence[str]
    """The talk so far, a line a turn: "caller: …"."""
    heard: str
    source: Source = "rules"
    reading: Reading | None = None

    async def understood(self) -> Understood:
        """What it means. Raises LlmError."""
        heard = understand(self.agent, self.state, self.heard, self.facts)
        move = await self._led(heard)
        if move is not None:
            return move
        if self.sense is not None and not heard.exact:
            heard = await self._weighed(self.sense, heard)
        return heard if heard.sure or self.mind is None else await self._ask_mind(self.mind, heard)

    async def _led(self, by_rules: Understood) -> Understood | None:
        """The move that a large model chooses; None where none leads, or the rules are exact."""
        mind = self.mind
        if mind is None or not mind.leads or by_rules.exact or by_rules.intent in (*SETTLED, "give_up"):
            return None
        waits = scenario.expected(self.agent, self.state, self.facts)
        asked = leading_messages(self.agent, self.state, waits, self.facts, self.told, self.heard)
        self.source = "intent"
        try:
            text = await mind.complete(asked, slot=self.slot, schema=leading_schema(self.agent), max_tokens=MOST_TOKENS)
        except LlmError as error:
            if error.code != "llm_cut":
                raise
            return None  # it rambled: the house understands by itself
        return led(self.agent, waits, text, self.heard, by_rules)

    async def _weighed(self, sense: Sense, by_rules: Understood) -> Understood:
        """The rules' understanding and the sentence's meaning together."""
        agent, state, facts = self.agent, self.state, self.facts
        waits = scenario.expected(agent, state, facts)
        made = [slot for slot in way_slots(agent) if slot in state.values and slot not in waits.slots]
        reading = await sense.read(agent, self.heard, _choices(agent, state, waits), made)
        self.reading = reading
        if by_rules.intent in (*RETHOUGHT, "doubt", "refused"):
            if stands(agent, self.heard, by_rules, reading):
                return by_rules
            by_rules = Understood("unclear", sure=False)
        if state.doubt and (answer := settled(agent, state, self.heard, by_rules, reading)) is not None:
            return answer
        if (way := elsewhere(agent, state, waits, self.heard, by_rules, reading)) is not None:
            return way
        return weigh(
            agent, state, waits, self.heard, by_rules, reading, lambda part: understand(agent, state, part, facts)
        )

    async def _ask_mind(self, mind: Mind, by_rules: Understood) -> Understood:
        """The mind's word on what the caller meant; it is cut short as soon as it can be only one."""
        waits = scenario.expected(self.agent, self.state, self.facts)
        known = labels(self.agent, waits, self.heard)
        if not worth_asking(self.agent, waits, known, by_rules):
            return by_rules
        self.source = "intent"
        asked = turn_messages(self.agent, waits, self.heard)
        label = await self._label(mind, asked, turn_schema(known), known.all())
        found = meaning(label or "unclear", known, waits, by_rules)
        if label == "answer" and not by_rules.values and (slots := to_extract(self.agent, waits)):
            pieces = extract_messages(asked, self.agent, slots)
            text = await mind.complete(pieces, slot=self.slot, schema=extract_schema(slots), max_tokens=40)
            values = extracted(self.agent, text, self.heard)
            return Understood("answer" if values else "unclear", values)
        return found

    async def _label(
        self, mind: Mind, asked: Sequence[Any], schema: Mapping[str, Any], known: Sequence[str]
    ) -> str | None:
        text = ""
        pieces = mind.stream(asked, slot=self.slot, schema=schema, prefill=PREFILL, max_tokens=_LABEL_TOKENS)
        async with aclosing(cast("AsyncGenerator[str]", pieces)) as stream:
            async for piece in stream:
                text += piece
                if label := read_label(text, known):
                    return label
        return read_label(text, known)


def _choices(agent: Agent, state: State, waits: Expected) -> tuple[str, ...]:
    """The choice slots that a sentence may fill: the one asked for, and those still empty."""
    slots = agent.scenario.slots
    return tuple(
        name for name, slot in slots.items()
        if slot.type == "choice" and (name in waits.slots or name not in state.values)
    )  # fmt: skip
