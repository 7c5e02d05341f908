"""Whether callers can reach each fact of a file: two that sound the same, one that no test asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from agents.definition import Agent
from agents.loading import Loaded
from agents.meaning.sense import Sense
from agents.meaning.weighing import SURE
from agents.problems import Problem
from agents.slots.text import fold

ALIKE = 0.9
"""Two facts so like one another are taken for each other (of 1,083 pairs in fourteen files, one is)."""


def reach_problems(loaded: Loaded, sense: Sense) -> list[Problem]:
    """Warnings: pairs of facts that callers cannot tell apart, and facts that none of the file's tests asks for."""
    agent = loaded.agent
    found = [_alike(loaded, one, other) for one, other in alike(agent, sense)]
    if names := unreached(agent, sense) if agent.tests else ():
        found.append(_unreached(loaded, names))
    return sorted(found, key=lambda problem: problem.line)


def alike(agent: Agent, sense: Sense) -> list[tuple[str, str]]:
    """The ids of facts that share a word of `about`, or that mean nearly the same."""
    likeness = sense.likeness_of_facts(agent)
    worded = [{fold(word) for word in fact.about} for fact in agent.facts]
    pairs = combinations(range(len(agent.facts)), 2)
    same = [(i, j) for i, j in pairs if likeness[i, j] >= ALIKE or worded[i] & worded[j]]
    return [(agent.facts[i].id, agent.facts[j].id) for i, j in same]


def unreached(agent: Agent, sense: Sense) -> list[str]:
    """The ids of facts that no caller of the file's own tests asks for, by name or by meaning."""
    turns = [turn for trial in agent.tests for turn in trial.turns]
    asked = {turn.fact for turn in turns if turn.fact}
    for turn in turns:
        if turn.caller:
            reading = sense.reading(agent, turn.caller)
            likeliest = [reading.whole[0], *(meanings[0] for _, meanings in reading.parts)]
            asked |= {meaning.name for meaning in likeliest if meaning.kind == "fact" and meaning.sure >= SURE}
    return [fact.id for fact in agent.facts if fact.id not in asked]


def _alike(loaded: Loaded, one: str, other: str) -> Problem:
    return Problem(
        _line(loaded, other),
        f"facts.{other}",
        f"a caller can hardly tell it from '{one}'",
        "give each 'about' words that the other has not, or make one fact of the two",
        severity="warning",
    )


def _unreached(loaded: Loaded, names: Sequence[str]) -> Problem:
    return Problem(
        _line(loaded, names[0]),
        "facts",
        f"no test of this file asks for {', '.join(names)}",
        "add conversations under 'tests:' whose callers ask for them in words of their own",
        severity="warning",
    )


def _line(loaded: Loaded, name: str) -> int:
    """The line at which the fact stands."""
    wanted = re.compile(rf"\bid:\s*[\"']?{re.escape(name)}\b")
    lines = loaded.text.splitlines()
    return next((number for number, line in enumerate(lines, 1) if wanted.search(line)), 1)
