"""The ways of a scenario: where a choice leads, what is done there, what two of them share. Pure.

A way is what a choice with `answers` leads into ("take an appointment", "cancel one"), up to the next such choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from agents.builtin import ELSE
from agents.definition import Agent
from agents.spoken import fields
from agents.state import State, Values
from agents.steps import Step

ARRANGED = ("book", "callback", "cancel", "reschedule", "message", "webhook")
"""What a way is there to do: till it is done, a caller may give it up."""
_BINDING = (*ARRANGED, "transfer", "opt_out", "wrong_person", "hangup")
_PERSONAL = ("name", "phone", "email")
"""Slots that say who calls: the same whatever they want."""
_ROLES = {"reschedule.from": "old.day"}
"""What an argument means to its action, where the action's own name does not tell."""


def way_slots(agent: Agent) -> tuple[str, ...]:
    """The slots whose choices lead different ways."""
    asked = (step.fill[-1] for step in agent.scenario.steps if step.answers and step.fill)
    return tuple(dict.fromkeys(slot for slot in asked if agent.slots[slot].type == "choice"))


def target(agent: Agent, slot: str, choice: str) -> str:
    """The step that a choice leads to; "" where none does."""
    for step in agent.scenario.steps:
        if step.fill[-1:] == [slot] and choice in step.answers:
            return step.answers[choice]
    return ""


def others(agent: Agent, state: State) -> Mapping[str, Mapping[str, str]]:
    """Slot → choice → what is done there ("cancel"), of ways that the caller may change to; the last chosen first.

    A yes to one question is no way from another, and where nothing is done there is nothing to change to.
    """
    found: dict[str, Mapping[str, str]] = {}
    for slot in (s for s in reversed(list(state.values)) if s in way_slots(agent)):
        acts = {
            choice: nearest_act(agent, target(agent, slot, choice))
            for choice in agent.slots[slot].choices
            if choice not in ("yes", "no", state.values[slot])
        }
        found[slot] = {choice: act for choice, act in acts.items() if act}
    return found


def nearest_act(agent: Agent, step: str) -> str:
    """The action that a step leads to first, before another way is chosen; "" where none is left to do."""
    return next((each.do for each in _way(agent, step) if each.do in ARRANGED), "")


def binds_at_once(agent: Agent, values: Values, step: str) -> bool:
    """From that step something is done, or the call ends, before the caller is asked anything more."""
    steps, seen = agent.steps, set[str]()
    while step and step not in seen:
        seen.add(step)
        at = steps[step]
        if at.confirm or at.propose or any(slot not in values or slot in at.forget for slot in at.fill):
            return False
        if at.end or at.do in _BINDING:
            return True
        step = at.answers.get(values.get(at.fill[-1], ""), at.next) if at.fill else at.next
    return True


def kept(agent: Agent, state: State, slot: str, choice: str) -> dict[str, str]:
    """What of the values holds in that way too: who calls, and what it asks for in the same sense.

    The day of an appointment to be made is not the day of the one to be cancelled. Of what was done already only who
    calls is left.
    """
    if not nearest_act(agent, state.step):
        return personal(agent, state)
    new = _uses(agent, target(agent, slot, choice))
    old = _uses(agent, state.step)
    for chosen in (s for s in way_slots(agent) if s in state.values):
        for name, roles in _uses(agent, target(agent, chosen, state.values[chosen])).items():
            old[name] = old.get(name, frozenset()) | roles
    same = {name for name, roles in new.items() if _lasting(agent, name) or roles <= old.get(name, frozenset())}
    same -= {name for name in same if agent.slots[name].of and agent.slots[name].of not in same}
    same -= {*way_slots(agent)}
    return {name: value for name, value in state.values.items() if name in same or _personal(agent, name)}


def personal(agent: Agent, state: State) -> dict[str, str]:
    """The values that say who calls."""
    return {name: value for name, value in state.values.items() if _personal(agent, name)}


def used(agent: Agent, step: str) -> frozenset[str]:
    """The slots that are asked for or told on from a step on, before another way is chosen."""
    return frozenset(_uses(agent, step))


def _personal(agent: Agent, slot: str) -> bool:
    return agent.slots[slot].type in _PERSONAL


def _lasting(agent: Agent, slot: str) -> bool:
    """It means the same wherever it is asked for."""
    return agent.slots[slot].type not in ("date", "time", "yes_no")


def _way(agent: Agent, start: str) -> Iterator[Step]:
    """The steps of a way, the nearest first; where another way is chosen it ends."""
    steps, choosing = agent.steps, {*way_slots(agent), "_else"}
    todo, seen = [start], set[str]()
    while todo:
        name = todo.pop(0)
        if name in seen or name not in steps or name == ELSE:
            continue
        seen.add(name)
        step = steps[name]
        yield step
        if not choosing & set(step.fill):
            todo += step.exits()


def _uses(agent: Agent, start: str) -> dict[str, frozenset[str]]:
    """Slot → what it is to the actions of a way ("new.day"); nothing where it is only asked for."""
    found: dict[str, frozenset[str]] = {}
    for step in _way(agent, start):
        for slot in step.fill:
            found.setdefault(slot, frozenset())
        for argument, template in step.args.items():
            for name in fields(template):
                if name in agent.slots:
                    found[name] = found.get(name, frozenset()) | {_role(step.do, argument)}
    return found


@cache
def _role(act: str, argument: str) -> str:
    whose = {"book": "new", "reschedule": "new", "cancel": "old"}.get(act, act)
    return _ROLES.get(f"{act}.{argument}", f"{whose}.{argument}")
