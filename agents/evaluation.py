"""Many scripted conversations held and counted: right, wrong, harmful, by what they try, with seconds a turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from agents.bounds import MOST_CONVERSATIONS_BYTES, bounded
from agents.definition import Agent, Trial
from agents.loading import load
from agents.meaning.sense import Sense
from agents.problems import Problem
from agents.trial import TrialResult, run_trial
from llm.base import Mind
from store.base.errors import BadInput, reason


@dataclass(frozen=True, slots=True)
class Suite:
    """An agent and the conversations it is to hold. `problems`: conversations that could not be read."""

    name: str
    agent: Agent
    trials: tuple[Trial, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Tally:
    """One category's count. `seconds`: of each turn, from the caller's last word to the agent's first clause."""

    category: str
    right: int = 0
    wrong: int = 0
    harmful: int = 0
    seconds: list[float] = field(default_factory=list[float])

    @property
    def held(self) -> int:
        """How many conversations."""
        return self.right + self.wrong + self.harmful

    def add(self, result: TrialResult) -> None:
        """Count one conversation. A harmful one is not counted as wrong beside."""
        if result.harms:
            self.harmful += 1
        elif result.passed:
            self.right += 1
        else:
            self.wrong += 1
        self.seconds += result.seconds

    def quantile(self, share: float) -> float | None:
        """Seconds a turn that `share` of the turns need at the most; None without turns."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def read_suite(path: Path) -> Suite:
    """An agent's file with its `tests:`, or a file of conversations that names its `agent:`.

    A conversation that cannot be read is a problem of the suite; the others are kept. Raises BadInput, AgentFileError.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if (beyond := bounded(text, MOST_CONVERSATIONS_BYTES)) is not None:
            raise BadInput(f"{path}:{beyond.line}: {beyond.where} {beyond.what}", hint=beyond.hint)
        raw: object = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read ({reason(error)})", hint="name a UTF-8 YAML file") from error
    except yaml.YAMLError as error:
        raise BadInput(f"{path}: {error}", hint="mend the YAML at that line") from error
    if not isinstance(raw, dict) or "conversations" not in raw:
        agent = load(path).agent
        return Suite(path.stem, agent, tuple(agent.tests))
    told = cast("dict[str, Any]", raw)
    agent = load(path.parent / str(told.get("agent", "agent.yaml"))).agent
    trials, problems = _trials(told["conversations"])
    return Suite(path.parent.name or path.stem, agent, tuple(trials), tuple(problems))


def _trials(raw: object) -> tuple[list[Trial], list[Problem]]:
    if not isinstance(raw, list):
        raise BadInput("conversations: is not a list", hint="write '- name: …' below it")
    trials, problems = list[Trial](), list[Problem]()
    for number, each in enumerate(cast("list[object]", raw), 1):
        try:
            trials.append(Trial.model_validate(each))
        except ValidationError as error:
            first = error.errors()[0]
            where = f"conversations[{number}]." + ".".join(str(part) for part in first["loc"])
            problems.append(Problem(0, where, first["msg"], "see docs/agents.md, tests"))
    return trials, problems


async def evaluate(
    suites: Iterable[Suite], mind: Mind | None, sense: Sense | None = None
) -> AsyncIterator[tuple[Suite, TrialResult]]:
    """Hold every conversation, one after the other."""
    for suite in suites:
        for trial in suite.trials:
            yield suite, await run_trial(suite.agent, trial, mind, sense)


def tallied(results: Sequence[TrialResult]) -> list[Tally]:
    """A tally a category, in the order they first came, and one of all."""
    tallies: dict[str, Tally] = {}
    total = Tally("all")
    for result in results:
        category = result.category or "other"
        tallies.setdefault(category, Tally(category)).add(result)
        total.add(result)
    return [*tallies.values(), total]
