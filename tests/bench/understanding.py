"""How well callers are understood, as JSON lines: `scripts/bench understanding [FILE…] [--ways WAY,…] [--most N]`.

The conversations of tests/data/understanding are held in several ways: `house` (rules, meaning and the mind), `labels`
(rules and the mind, as on a machine without the encoder), `rules` alone, and `plain`: the same model with all facts in
its system prompt and no scenario, as an AI voice framework would have it. The plain way can fill no slot, so only
questions count for it: the categories facts and unknown. Seconds are from the caller's last word to the first clause.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from agents.definition import Agent, Trial
from agents.evaluation import Suite, read_suite, tallied
from agents.hours import say_week
from agents.judging import Reply, judge
from agents.meaning.sense import open_sense
from agents.sentences import clauses
from agents.trial import TrialResult, run_trial
from llm.base import Message, Mind
from llm.minds import mind as open_mind

SETS = Path(__file__).parents[1] / "data/understanding"
ASKING = ("facts", "unknown")
_HEAD = {
    "fr": "Tu réponds au téléphone pour {company}. Voici tout ce que tu sais :\n{facts}\n"
    "Réponds en une ou deux phrases courtes, seulement avec ces informations. Si tu ne sais pas, dis-le.",
    "en": "You answer the phone for {company}. This is all you know:\n{facts}\n"
    "Answer in one or two short sentences, with this information only. If you do not know, say so.",
}
Way = Callable[[Agent, Trial], Coroutine[Any, Any, TrialResult]]


def system(agent: Agent) -> Message:
    """All that the agent's file knows, as one prompt."""
    week = say_week(agent.hours, agent.language) if agent.hours else ""
    facts = "\n".join(f"- {(fact.say or fact.info).replace('{hours}', week)}" for fact in agent.facts)
    return Message("system", _HEAD[agent.language].format(company=agent.company.name, facts=facts))


async def plain(mind: Mind, agent: Agent, trial: Trial) -> TrialResult:
    """The conversation with the model and nothing of ours: what it says is judged, what it does is nothing."""
    result, chat = TrialResult(trial.name, category=trial.category), [system(agent)]
    slot = f"plain/{agent.id}/{trial.name}"
    for number, exchange in enumerate(trial.turns, 1):
        chat.append(Message("user", exchange.caller or ""))
        began, said = perf_counter(), list[str]()
        async with aclosing(clauses(mind.stream(chat, slot=slot, max_tokens=90))) as spoken:
            async for clause in spoken:
                if not said:
                    result.seconds.append(perf_counter() - began)
                said.append(clause)
        chat.append(Message("assistant", " ".join(said)))
        asked = exchange.model_copy(update={"does": [], "slots": {}, "empty": [], "over": None})
        verdict = judge(asked, Reply(" ".join(said), (), {}, over=False), trial, agent.language)
        result.failures += [f"turn {number}: {why}" for why in (*verdict.failures, *verdict.harms)]
        result.harms += verdict.harms
    await mind.release(slot)
    return result


async def measured(suites: list[Suite], name: str, way: Way) -> None:
    results = [await way(suite.agent, trial) for suite in suites for trial in suite.trials]
    for tally in tallied(results):
        print(json.dumps({
            "way": name, "category": tally.category, "held": tally.held, "right": tally.right, "wrong": tally.wrong,
            "harmful": tally.harmful, "right_percent": round(100 * tally.right / tally.held, 1),
            "p50_s": tally.quantile(0.5), "p95_s": tally.quantile(0.95), "load": os.getloadavg()[0],
        }), flush=True)  # fmt: skip


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--ways", default="house,labels,rules,plain")
    parser.add_argument("--most", type=int, default=0, help="conversations of each file at most; 0: all")
    given = parser.parse_args()
    files = given.files or sorted(path for path in SETS.glob("*/*.yaml") if path.name != "agent.yaml")
    suites = [read_suite(path) for path in files]
    if given.most:
        suites = [replace(suite, trials=suite.trials[: given.most]) for suite in suites]
    wanted = given.ways.split(",")
    sense = open_sense() if "house" in wanted else None
    mind = open_mind() if set(wanted) - {"rules"} else None
    ways: dict[str, Way] = {
        "house": lambda agent, trial: run_trial(agent, trial, mind, sense),
        "labels": lambda agent, trial: run_trial(agent, trial, mind),
        "rules": lambda agent, trial: run_trial(agent, trial, None),
    }
    for name in wanted:
        if name == "plain":
            assert mind is not None
            asking = [replace(s, trials=tuple(t for t in s.trials if t.category in ASKING)) for s in suites]
            await measured(asking, name, lambda agent, trial: plain(mind, agent, trial))
        else:
            await measured(suites, name, ways[name])
    if mind is not None:
        await mind.close()


if __name__ == "__main__":
    asyncio.run(main())
