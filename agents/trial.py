"""Scripted conversations (`tests:` in the agent's file) held through the real conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from agents.conversation import AgentConversation
from agents.definition import Agent, Exchange, Trial
from agents.effects import Act, Effect, Facts, Plan, Say
from agents.slots.text import fold
from llm.base import Mind


@dataclass(slots=True)
class TrialResult:
    """How one scripted conversation went."""

    name: str
    failures: list[str] = field(default_factory=list[str])
    transcript: list[str] = field(default_factory=list[str])

    @property
    def passed(self) -> bool:
        """Everything was said and done as written."""
        return not self.failures


async def run_trial(agent: Agent, trial: Trial, mind: Mind | None) -> TrialResult:
    """Hold one scripted conversation. Nothing is really done: results of actions are the script's."""
    result = TrialResult(trial.name)
    talk = AgentConversation(agent, mind, trial_facts(agent, trial), slot=f"trial/{agent.id}/{trial.name}")
    result.transcript += [f"agent: {e.text}" for e in talk.opening() if isinstance(e, Say)]
    try:
        for number, exchange in enumerate(trial.turns, 1):
            effects = await _hold(talk, _plan(talk, exchange), result)
            result.failures += [f"turn {number}: {why}" for why in _wrong(exchange, effects, talk)]
    finally:
        await talk.release()
    for slot, wanted in trial.values.items():
        if talk.values.get(slot) != wanted:
            result.failures.append(f"{slot} is {talk.values.get(slot)!r}, not {wanted!r}")
    return result


def trial_facts(agent: Agent, trial: Trial) -> Facts:
    """The circumstances of a scripted call, from a number reserved for fiction (ARCEP)."""
    now = datetime.fromisoformat(trial.now).replace(tzinfo=ZoneInfo(agent.time_zone))
    return Facts("trial", now, agent.direction, "+33639980001", "+33199000001", trial.variables)


def _plan(talk: AgentConversation, exchange: Exchange) -> Plan:
    if exchange.acted is not None:
        result = {k: v for k, v in exchange.acted.items() if k != "name"}
        return talk.plan_acted(str(exchange.acted.get("name", "")), result)
    if exchange.keys is not None:
        return talk.plan_digits(exchange.keys)
    if exchange.silence is not None:
        return talk.plan_silence(exchange.silence)
    return talk.plan(exchange.caller or "")


async def _hold(talk: AgentConversation, plan: Plan, result: TrialResult) -> list[Effect]:
    if plan.heard:
        result.transcript.append(f"caller: {plan.heard}")
    effects = [effect async for effect in plan.effects()]
    talk.commit(plan)
    for effect in effects:
        result.transcript.append(f"agent: {effect.text}" if isinstance(effect, Say) else f"action: {effect.name}")
    return effects


def _wrong(exchange: Exchange, effects: list[Effect], talk: AgentConversation) -> list[str]:
    said = " ".join(e.text for e in effects if isinstance(e, Say))
    done = [e.name for e in effects if isinstance(e, Act)]
    wrong = [f"does not say “{text}”: “{said}”" for text in exchange.says if fold(text) not in fold(said)]
    wrong += [f"says “{text}”: “{said}”" for text in exchange.never if fold(text) in fold(said)]
    wrong += [f"does not {name}: {done}" for name in exchange.does if name not in done]
    wrong += [f"{s} is {talk.values.get(s)!r}, not {v!r}" for s, v in exchange.slots.items() if talk.values.get(s) != v]
    if exchange.over is not None and talk.over != exchange.over:
        wrong.append("the conversation is over" if talk.over else "the conversation is not over")
    return wrong
