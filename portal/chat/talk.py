"""One conversation in writing, a line at a time: the agent's own conversation, taken up where it stood.

It is the conversation that a call holds (`agents/conversation.py`). Between two lines it stands nowhere but in its
entry, so that any process may answer the next. Nothing here knows of HTTP or of the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from agents.conversation import AgentConversation
from agents.effects import Act, Effect, Facts, Plan, Say
from agents.meaning.sense import Sense
from ari_app.desk.discretion import discreet, told_on
from ari_app.desk.journal import Entry
from ari_app.desk.office_types import Answerable
from ari_app.desk.record import Disclosure, Done, Notes, SpokenTurn
from llm.base import Mind
from store.base.parties import Parties

NOBODY = Parties("inbound", "", "")
"""Nobody's number is known of who writes."""
MOST_ACTS = 10
"""Actions one after the other upon one line."""

Perform = Callable[[Act, Mapping[str, str]], Awaitable[Mapping[str, Any]]]
"""(what is to be done, what the visitor has told so far) → what became of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the agent says to a line, where the conversation then stands, and whether it is over."""

    said: str
    entry: Entry
    over: bool


def opening(who: Answerable, conversation_id: UUID) -> Answer:
    """The agent's first words: greeting, AI disclosure (AI Act, art. 50), first question."""
    talk = _talk(who, conversation_id, None, None)
    said = [effect for effect in talk.opening() if isinstance(effect, Say)]
    told = next((say.text for say in said if say.kind == "disclosure"), "")
    notes = Notes(disclosure=Disclosure(told, 0) if told else None)
    return _stands(who, talk, notes, " ".join(say.text for say in said), 0, {})


async def answer(
    who: Answerable, conversation_id: UUID, entry: Entry, line: str, at_ms: int, perform: Perform,
    *, mind: Mind | None = None, sense: Sense | None = None, seconds: float = 12.0,
) -> Answer:  # fmt: skip
    """Answer a line, written `at_ms` after the beginning; actions are done by `perform`.

    What is not understood within `seconds` is understood by the rules alone. Raises ValueError where the entry is none
    of this agent's.
    """
    talk = _talk(who, conversation_id, mind, sense)
    try:
        talk.take_up(entry.talk)
        try:
            async with asyncio.timeout(seconds):
                plan, effects = await _thought(talk.plan(line))
        except TimeoutError:
            await talk.release()
            talk = _talk(who, conversation_id, None, None)
            talk.take_up(entry.talk)
            plan, effects = await _thought(talk.plan(line))
        notes = entry.notes
        notes.turns.append(SpokenTurn("caller", line, at_ms, at_ms, 0))
        said = await _through(who, talk, plan, effects, notes, at_ms, perform)
        return _stands(who, talk, notes, " ".join(said), at_ms, {"source": plan.source, "meaning": plan.meaning})
    finally:
        await talk.release()


def _talk(who: Answerable, conversation_id: UUID, mind: Mind | None, sense: Sense | None) -> AgentConversation:
    facts = Facts(str(conversation_id), who.now(), NOBODY)
    return AgentConversation(who.agent, mind, facts, sense=sense, phrase_seconds=None)


async def _thought(plan: Plan) -> tuple[Plan, list[Effect]]:
    return plan, [effect async for effect in plan.effects()]


async def _through(
    who: Answerable, talk: AgentConversation, plan: Plan, effects: list[Effect], notes: Notes, at_ms: int,
    perform: Perform,
) -> list[str]:  # fmt: skip
    """Say and do, and go on with what became of an action that is waited for."""
    said = list[str]()
    for _ in range(MOST_ACTS):
        talk.commit(plan)
        results = dict[str, Mapping[str, Any]]()
        for effect in effects:
            if isinstance(effect, Say):
                said.append(effect.text)
                continue
            act = told_on(effect, who.agent.language)
            results[act.name] = await perform(act, talk.values)
            notes.actions.append(Done(act.name, dict(act.args), dict(results[act.name]), at_ms))
        waited = talk.state.waiting
        if waited not in results:
            break
        plan, effects = await _thought(talk.plan_acted(waited, results[waited]))
    return said


def _stands(
    who: Answerable, talk: AgentConversation, notes: Notes, said: str, at_ms: int, stages: dict[str, Any]
) -> Answer:
    """As it may be written down: what is not to be kept is not (`ari_app/desk/discretion.py`)."""
    notes.turns.append(SpokenTurn("agent", said, at_ms, at_ms, 0, stages))
    notes.slots = {name: value for name, value in talk.values.items() if not name.startswith("_")}
    language = who.agent.language
    kept = discreet(notes, language)
    entry = Entry(who.agent_name, who.version, "", kept.notes, talk=kept.of(talk.kept(), language))
    return Answer(said, entry, talk.over)


def last_words(entry: Entry) -> str:
    """What the agent said last."""
    return next((turn.text for turn in reversed(entry.notes.turns) if turn.who == "agent"), "")


def lines(entry: Entry) -> list[dict[str, str]]:
    """What was written, as the page shows it."""
    names = {"caller": "visitor", "agent": "agent"}
    return [{"who": names[turn.who], "text": turn.text} for turn in entry.notes.turns if turn.text]


def farewell(entry: Entry, said: str, at_ms: int) -> Entry:
    """The entry with a last word of the house."""
    turns = [*entry.notes.turns, SpokenTurn("agent", said, at_ms, at_ms, 0)]
    return replace(entry, notes=replace(entry.notes, turns=turns))
