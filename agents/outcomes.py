"""Where an action's outcome leads: to a person and back, to the next step, to what the action offers instead. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from agents.builtin import END
from agents.spoken import fields
from agents.state import Values
from agents.stepping import Run
from agents.steps import Step


def transferred(run: Run, outcome: str) -> None:
    """The caller asked for a person, and is with one, or back."""
    if outcome == "done":
        run.state = replace(run.state, closing=True)
        return
    _say_unreached(run, outcome)
    if "message" in run.agent.tools:
        run.take_message()
    else:
        run.ask(again=True)


def not_put_through(run: Run, outcome: str) -> None:
    """A step of the scenario's own transfers, and does not say where this outcome leads: nobody is rung again."""
    _say_unreached(run, outcome)
    if run.step.fallback:
        run.enter(run.step.fallback)
        run.progress()
    elif "message" in run.agent.tools:
        run.take_message()
        run.state = replace(run.state, resume="")
    else:
        run.goodbye()


def _say_unreached(run: Run, outcome: str) -> None:
    refused = run.agent.attends and outcome == "refused"
    run.say(run.agent.lines.transfer_refused if refused else run.agent.lines.transfer_failed)


def done(run: Run, outcome: str, result: Mapping[str, Any]) -> None:
    """Any other action: its step says where each outcome leads."""
    step = run.step
    run.state = replace(run.state, offer=_offered(run, step, result))
    if outcome == "to_confirm" and outcome not in step.results:
        run.say(run.agent.lines.to_confirm)
        outcome = "done"
    if outcome in step.results:
        run.enter(step.results[outcome])
    elif outcome == "done":
        run.enter(step.next or END)
    else:
        run.say(run.agent.lines.failed)
        run.give_up()
        return
    run.progress()


def _offered(run: Run, step: Step, result: Mapping[str, Any]) -> Values:
    """The first alternative the action names, as values of the slots its arguments came from."""
    offers: object = result.get("alternatives")
    if not isinstance(offers, Sequence) or not offers or isinstance(offers, str):
        return {}
    first = cast("object", offers[0])
    if not isinstance(first, Mapping):
        return {}
    told = cast("Mapping[str, object]", first)
    values: dict[str, str] = {}
    for argument, template in step.args.items():
        named = fields(template)
        if argument in told and len(named) == 1 and named[0] in run.agent.slots:
            values[named[0]] = str(told[argument])
    return values
