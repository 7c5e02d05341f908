"""What the agent does while something is dictated: it listens on, and takes what it has when no more comes. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agents.dictating import accepts, unfinished
from agents.dictation.dictation import Dictation, result
from agents.state import Understood

if TYPE_CHECKING:
    from agents.stepping import Run


def begun(run: Run) -> Dictation | None:
    """What is being dictated and wants more, if it is what is asked for."""
    told = unfinished(run.agent, run.state.dictation, run.state.values)
    return told if told is not None and told.slot in run.missing() else None


def settle(run: Run) -> bool:
    """Nothing more comes: what was dictated is taken as it is, if it can be. Says whether it was."""
    told = begun(run)
    settled = result(told, accepts(run.agent.slots[told.slot])).settled if told is not None else ""
    if told is None or not settled:
        return False
    run.fill({told.slot: settled})
    return told.slot in run.state.values


def listen_on(run: Run, heard: Understood) -> None:
    """More must come. What can be no number is dictated again, and counts as an attempt."""
    told = heard.dictation
    assert told is not None
    if heard.values:
        run.fill(heard.values, acknowledge=False)
    if told.slot in run.state.values:  # at a read-back: it is given anew
        kept = {slot: value for slot, value in run.state.values.items() if slot != told.slot}
        run.state = replace(run.state, values=kept, focus=(told.slot,), correcting=False)
    if told.breaths:
        run.say(run.agent.lines.go_on if len(told.breaths) == 1 else run.agent.lines.go_on_again, "question")
    else:
        run.misunderstood(run.agent.lines.dictate_again)
