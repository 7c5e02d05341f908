"""A conversation by text held again from its beginning: what the agent says and does to each line of a caller.

The rules (and the encoder, where it is here) decide the same each time, so that whoever shows it keeps the lines only.
Nothing is really done: an action's result is "done". No model phrases: a fact is told as it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agents.conversation import AgentConversation
from agents.definition import Agent
from agents.effects import Act, Effect, Facts, Plan, Say
from agents.meaning.sense import Sense
from store.base.parties import Parties

CALLER, NUMBER = "+33639980001", "+33199000001"
"""Numbers reserved for fiction (ARCEP)."""
MOST_LINES, MOST_ACTS = 60, 10


@dataclass(slots=True)
class Reply:
    """One exchange. `heard` "" is the opening; `did`: actions by name; `meaning`: what the caller was taken to mean."""

    heard: str
    said: list[str] = field(default_factory=list[str])
    did: list[str] = field(default_factory=list[str])
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation so far. `values`: what was understood; `over`: the agent has hung up."""

    replies: Sequence[Reply]
    values: dict[str, str]
    over: bool


async def hold(agent: Agent, lines: Sequence[str], now: datetime, sense: Sense | None = None) -> Held:
    """Hold it. `now`: aware, the clock of the call."""
    parties = Parties.of(agent.direction, CALLER, NUMBER)
    facts = Facts("essai", now, parties, {name: f"[{name}]" for name in agent.variables})
    talk = AgentConversation(agent, None, facts, sense=sense)
    opening = Reply("")
    _show(opening, talk.opening())
    replies = [opening]
    for line in lines[:MOST_LINES]:
        if talk.over:
            break
        reply = Reply(line)
        waiting = await _reply(talk, talk.plan(line), reply)
        for _ in range(MOST_ACTS):
            if not waiting:
                break
            waiting = await _reply(talk, talk.plan_acted(waiting, {"outcome": "done"}), reply)
        replies.append(reply)
    await talk.release()
    return Held(replies, dict(talk.values), talk.over)


async def _reply(talk: AgentConversation, plan: Plan, into: Reply) -> str:
    """Take one reply; the action whose result the conversation waits for."""
    effects = [effect async for effect in plan.effects()]
    into.meaning = into.meaning or plan.meaning
    talk.commit(plan)
    _show(into, effects)
    return talk.state.waiting if any(isinstance(effect, Act) for effect in effects) else ""


def _show(into: Reply, effects: Sequence[Effect]) -> None:
    into.said += [effect.text for effect in effects if isinstance(effect, Say)]
    into.did += [effect.name for effect in effects if isinstance(effect, Act)]
