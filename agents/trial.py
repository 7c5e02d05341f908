"""Scripted conversations (`tests:` in the agent's file) held through the real conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from zoneinfo import ZoneInfo

from agents.conversation import AgentConversation
from agents.definition import Agent, Exchange, Trial
from agents.effects import Act, Effect, Facts, Plan, Say
from agents.judging import Reply, grounds, invented, judge
from agents.meaning.sense import Sense
from agents.spoken import say_date, say_time
from llm.base import Mind
from store.base.parties import Parties


@dataclass(slots=True)
class TrialResult:
    """How one scripted conversation went. `failures` hold all that is wrong, `harms` what must never happen."""

    name: str
    failures: list[str] = field(default_factory=list[str])
    transcript: list[str] = field(default_factory=list[str])
    category: str = ""
    harms: list[str] = field(default_factory=list[str])
    why: list[str] = field(default_factory=list[str])
    """For each turn that failed: what the caller was taken to mean."""
    seconds: list[float] = field(default_factory=list[float])
    """For each turn of the caller: from the last word to the agent's first clause, without ear and voice."""

    @property
    def passed(self) -> bool:
        """Everything was said and done as written."""
        return not self.failures


async def run_trial(agent: Agent, trial: Trial, mind: Mind | None, sense: Sense | None = None) -> TrialResult:
    """Hold one scripted conversation. Nothing is really done: results of actions are the script's."""
    result = TrialResult(trial.name, category=trial.category)
    facts = trial_facts(agent, trial)
    talk = AgentConversation(agent, mind, facts, slot=f"trial/{agent.id}/{trial.name}", sense=sense)
    result.transcript += [f"agent: {e.text}" for e in talk.opening() if isinstance(e, Say)]
    try:
        for number, exchange in enumerate(trial.turns, 1):
            plan = _plan(talk, exchange)
            effects = await _hold(talk, plan, result)
            wrong, harms = _judged(agent, trial, exchange, talk, effects)
            if plan.source == "phrasing" and (made_up := _made_up(agent, trial, talk, effects)):
                wrong.append(made_up)
                harms.append(made_up)
            if wrong:
                result.why.append(f"turn {number}: taken as {talk.why(plan)}")
            result.failures += [f"turn {number}: {why}" for why in wrong]
            result.harms += [f"turn {number}: {why}" for why in harms]
    finally:
        await talk.release()
    for slot, wanted in trial.values.items():
        if talk.values.get(slot) != wanted:
            result.failures.append(f"{slot} is {talk.values.get(slot)!r}, not {wanted!r}")
    return result


def trial_facts(agent: Agent, trial: Trial) -> Facts:
    """The circumstances of a scripted call, from a number reserved for fiction (ARCEP)."""
    now = datetime.fromisoformat(trial.now).replace(tzinfo=ZoneInfo(agent.time_zone))
    return Facts("trial", now, Parties.of(agent.direction, "+33639980001", "+33199000001"), trial.variables)


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
    began, effects = perf_counter(), list[Effect]()
    async for effect in plan.effects():
        if not effects and plan.heard:
            result.seconds.append(perf_counter() - began)
        effects.append(effect)
    talk.commit(plan)
    for effect in effects:
        result.transcript.append(f"agent: {effect.text}" if isinstance(effect, Say) else f"action: {effect.name}")
    return effects


def _judged(
    agent: Agent, trial: Trial, exchange: Exchange, talk: AgentConversation, effects: list[Effect]
) -> tuple[list[str], list[str]]:
    """(all that is wrong, the harms among it) of one exchange."""
    said = " ".join(e.text for e in effects if isinstance(e, Say))
    done = tuple(e for e in effects if isinstance(e, Act))
    verdict = judge(exchange, Reply(said, done, talk.values, talk.over), trial, agent.language)
    return [*verdict.failures, *verdict.harms], list(verdict.harms)


def _made_up(agent: Agent, trial: Trial, talk: AgentConversation, effects: list[Effect]) -> str:
    """What is wrong with the numbers of an answer that the model phrased; empty: each stands somewhere."""
    answers = " ".join(e.text for e in effects if isinstance(e, Say) and e.kind == "answer")
    numbers = invented(answers, [*grounds(agent), *_spoken(agent, trial, talk)], agent.language)
    return f"says a number that nothing holds, {', '.join(numbers)}: “{answers}”" if numbers else ""


def _spoken(agent: Agent, trial: Trial, talk: AgentConversation) -> list[str]:
    """What was said in this call, and the values as the agent says them."""
    language, today = agent.language, talk.facts.now.date()
    texts = [line.text for line in talk.history if line.who == "caller"]
    texts += [exchange.caller or "" for exchange in trial.turns]
    texts += [say_date(today, today, language), say_time(talk.facts.now.time(), language)]
    return [*texts, *talk.values.values(), *trial.variables.values()]
