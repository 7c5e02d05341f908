"""The fixed wording of an agent: every sentence that can be synthesised before a call comes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from agents.definition import Agent
from agents.effects import Facts
from agents.render import OWN_FIELDS, speech
from agents.spoken import fields
from agents.state import State
from store.base.parties import Parties

FIXED_FIELDS = frozenset(OWN_FIELDS) - {"alternative", "reason", "first", "second", "least", "most", "value"}
"""Names in braces that every call of an agent fills alike."""


def is_fixed(template: str) -> bool:
    """The template says the same in every call."""
    return set(fields(template)) <= FIXED_FIELDS


def ready_phrases(agent: Agent) -> list[str]:
    """The agent's fixed sentences, those of the opening first, each once."""
    nobody = Facts("", datetime.now(UTC), Parties(agent.direction, "", ""))
    texts = (speech(agent, State(), nobody, t) for t in _templates(agent) if t and is_fixed(t))
    return list(dict.fromkeys(text for text in texts if text))


def _templates(agent: Agent) -> Iterator[str]:
    yield from (agent.greeting, agent.disclosure, agent.commercial_notice, agent.recording.say)
    start = agent.scenario.start
    for step in sorted(agent.steps.values(), key=lambda step: step.id != start):
        yield from (step.say, step.ask, step.again, step.correct)
    yield from (slot.ask for slot in agent.slots.values())
    yield from (fact.say for fact in agent.facts)
    yield from (agent.farewell, agent.excuse, *agent.silences, *agent.misunderstandings)
    lines = agent.lines.model_dump()
    yield from (text for name, text in lines.items() if name not in ("changed", "closed_day", "closed_time"))
