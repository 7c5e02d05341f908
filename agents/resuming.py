"""A conversation that goes on after its process died: where it stood, as plain JSON, and what is said first. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from agents.definition import Agent
from agents.dictation.dictation import Dictation
from agents.effects import Facts
from agents.planning import Line
from agents.state import AgentTurn, State
from agents.stepping import Run

_TUPLES = ("focus", "owed", "doubt")


def kept(state: State, history: Sequence[Line]) -> dict[str, Any]:
    """Where a conversation stands, as plain JSON."""
    return {"state": asdict(state), "history": [asdict(line) for line in history]}


def read(told: Mapping[str, Any], agent: Agent) -> tuple[State, list[Line]]:
    """The state and history that `kept` wrote. Raises ValueError: another version wrote it, or of another agent."""
    try:
        values: dict[str, Any] = dict(told["state"])
        if unknown := set(values) - {field.name for field in fields(State)}:
            raise ValueError(f"a state's {', '.join(sorted(unknown))}")
        for name in _TUPLES:
            values[name] = tuple(values[name])
        if (dictated := values["dictation"]) is not None:
            again: dict[str, Any] = {**dictated, "breaths": tuple(dictated["breaths"])}
            values["dictation"] = Dictation(**again)
        state = State(**values)
        if state.step not in agent.steps:
            raise ValueError(f"the step {state.step!r}")
        return state, [Line(**line) for line in told["history"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def back(agent: Agent, state: State, facts: Facts, owed: Sequence[str]) -> AgentTurn:
    """Say that we were cut off, what the law wants heard and was not, and what is pending again.

    An action that was under way is done anew by its step: each knows what this very call has done already.
    """
    due = tuple(dict.fromkeys([*state.owed, *owed]))
    run = Run(agent, facts, replace(state, silences=0, doubt=(), patient=False, waiting="", owed=due))
    run.say(agent.lines.resumed)
    run.say_owed()
    if state.closing:
        run.goodbye()
    else:
        run.ask(again=True)
    return run.turn()
