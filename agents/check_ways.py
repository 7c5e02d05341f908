"""Where a scenario's steps lead: to steps that exist, all of them reached, each to an end, none round in silence."""

from __future__ import annotations

from agents.builtin import BACK, END
from agents.definition import Agent
from agents.problems import Bad, Path_, near
from agents.steps import Step


class Ways:
    """The graph of the steps; `bad` is told each problem."""

    def __init__(self, agent: Agent, bad: Bad) -> None:
        self.agent, self.bad = agent, bad

    def check(self) -> None:
        """Where steps lead."""
        scenario = self.agent.scenario
        ids = [step.id for step in scenario.steps]
        if scenario.start not in ids:
            self.bad(("scenario", "start"), f"no step '{scenario.start}'", near(scenario.start, ids))
            return
        broken = False
        for i, step in enumerate(scenario.steps):
            for key, target in self._targets(step):
                if target not in ids:
                    broken = True
                    self.bad(
                        ("scenario", "steps", i, *key),
                        f"step '{step.id}' leads to '{target}', which does not exist",
                        near(target, ids),
                    )
            if not step.end and not step.exits() and not step.propose:
                self.bad(("scenario", "steps", i), f"step '{step.id}' leads nowhere", "add 'next:' or 'end: true'")
        if not broken:
            self._walk(ids)

    @staticmethod
    def _targets(step: Step) -> list[tuple[Path_, str]]:
        named: list[tuple[Path_, str]] = [(("answers", k), v) for k, v in step.answers.items()]
        named += [(("results", k), v) for k, v in step.results.items()]
        named += [(("next",), step.next), (("fallback",), step.fallback)]
        return [(key, target) for key, target in named if target]

    def _walk(self, ids: list[str]) -> None:
        steps = {step.id: step for step in self.agent.scenario.steps}
        reached = _closure([self.agent.scenario.start, *(["message"] if "message" in steps else [])], steps)
        ending = {s for s in ids if steps[s].end or s in (END, BACK) or steps[s].do == "hangup"}
        while more := {s for s in ids if s not in ending and set(steps[s].exits()) & ending}:
            ending |= more
        for i, name in enumerate(ids):
            if name not in reached:
                self.bad(("scenario", "steps", i, "id"), f"step '{name}' is never reached", "lead to it, or remove it")
            elif name not in ending:
                self.bad(
                    ("scenario", "steps", i, "id"),
                    f"step '{name}' goes round for ever: no way leads to an end",
                    "lead one of its answers to a step with 'end: true'",
                )
        self._mute_loops(ids, steps)

    def _mute_loops(self, ids: list[str], steps: dict[str, Step]) -> None:
        """A loop in which nothing waits for the caller would never stop speaking."""
        silent = {s for s in ids if not (steps[s].ask or steps[s].confirm or steps[s].do or steps[s].end)}
        for i, name in enumerate(ids):
            seen, at = set[str](), name
            while at in silent and at not in seen:
                seen.add(at)
                at = steps[at].next or steps[at].answers.get("no", "")
            if at == name and name in silent:
                self.bad(("scenario", "steps", i, "id"), f"step '{name}' comes back to itself without asking anything")


def _closure(start: list[str], steps: dict[str, Step]) -> set[str]:
    reached: set[str] = set()
    todo = list(start)
    while todo:
        name = todo.pop()
        if name in steps and name not in reached:
            reached.add(name)
            todo += steps[name].exits()
    return reached
