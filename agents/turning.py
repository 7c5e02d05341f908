"""A conversation that takes another way of its scenario, or gives one up, keeping what both share. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from agents.builtin import ELSE, MESSAGE
from agents.stepping import Run
from agents.ways import kept, nearest_act, personal, target, used, way_slots


def another_way(run: Run, values: Mapping[str, str]) -> tuple[str, str] | None:
    """The (slot, choice) of `values` that leads elsewhere than the conversation is going; None where none does."""
    state, asked = run.state, run.missing()
    for slot in way_slots(run.agent):
        choice = values.get(slot, "")
        known = slot in state.values or state.step == ELSE
        if (
            choice
            and known
            and slot not in asked
            and state.values.get(slot) != choice
            and target(run.agent, slot, choice)
        ):
            return slot, choice
    return None


def take_way(run: Run, slot: str, choice: str, values: Mapping[str, str]) -> None:
    """Enter the way of a choice. What it shares with the one left is not asked again."""
    step = target(run.agent, slot, choice)
    _leave(run, {**kept(run.agent, run.state, slot, choice), slot: choice})
    run.say(run.agent.lines.turned)
    told = {name: value for name, value in values.items() if name != slot and name in used(run.agent, step)}
    if told:
        run.fill(told, acknowledge=False)
    run.enter(step)
    run.progress()


def give_up(run: Run) -> None:
    """What was begun is left, nothing of it is done, and the caller is asked what else they want."""
    agent, state = run.agent, run.state
    if state.waiting:  # it is being done: what came of it is told
        run.ask(again=True)
    elif agent.direction == "outbound" or not nearest_act(agent, state.step):
        run.doubt(("intent:goodbye",))
    elif state.step.startswith(MESSAGE) and state.resume:
        _leave(run, {name: value for name, value in state.values.items() if not name.startswith("_message")})
        run.say(agent.lines.given_up)
        run.state = replace(run.state, step=state.resume)
        run.ask(again=True)
    else:
        _leave(run, personal(agent, state))
        run.say(agent.lines.given_up)
        run.enter(ELSE)
        run.progress()


def _leave(run: Run, values: Mapping[str, str]) -> None:
    """Nothing but these values is left of what was begun."""
    state = run.state
    dictation = state.dictation if state.dictation is not None and state.dictation.slot in values else None
    run.state = replace(
        state, values=dict(values), focus=(), correcting=False, retries=0, waiting="", confirmed_at="", resume="",
        offer={}, dictation=dictation, spelled={s: told for s, told in state.spelled.items() if s in values},
    )  # fmt: skip
