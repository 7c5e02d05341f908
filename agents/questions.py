"""What is asked for next in a turn, and in which words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.builtin import MESSAGE
from agents.render import careful_speech, speech
from agents.state import Expected

if TYPE_CHECKING:
    from agents.stepping import Run


def missing(run: Run) -> tuple[str, ...]:
    """The slots that the step, or a correction, still asks for."""
    focus = tuple(s for s in run.state.focus if s not in run.state.values)
    return focus or tuple(s for s in run.step.fill if s not in run.state.values)


def expected(run: Run) -> Expected:
    """What the agent waits for, and how it is asked."""
    step, lacking = run.step, missing(run)
    if lacking:
        return Expected("slots", lacking, wording_of(run, lacking))
    if step.confirm and run.state.correcting:
        return Expected("correct", (), step.correct or run.agent.lines.correct)
    if step.confirm:
        return Expected("confirm", (), careful_speech(run.agent, run.state, run.facts, step.confirm))
    if step.propose and run.state.offer:
        return Expected("propose", (), speech(run.agent, run.state, run.facts, step.propose))
    return Expected("nothing")


def wording_of(run: Run, missing: tuple[str, ...], *, again: bool = False) -> str:
    """How these slots are asked for: in the step's words, or in those of the first of them."""
    step = run.step
    whole = not run.state.focus and missing == tuple(step.fill)
    template = (step.again if again else "") or step.ask if whole else ""
    return template or _slot_question(run, missing[0]) or step.ask or _asked_elsewhere(run, missing[0])


def _asked_elsewhere(run: Run, slot: str) -> str:
    """What is corrected at a read-back is asked for as it was the first time."""
    return next((step.ask for step in run.agent.steps.values() if step.fill[:1] == [slot] and step.ask), "")


def _slot_question(run: Run, slot: str) -> str:
    definition, lines = run.agent.slots[slot], run.agent.lines
    if run.state.step == MESSAGE and definition.type == "name":
        return lines.message_name
    by_type = {
        "time": lines.ask_time,
        "date": lines.ask_day,
        "name": lines.ask_name,
        "phone": lines.ask_phone,
    }
    return definition.ask or ("" if slot in run.step.fill[:1] else by_type.get(definition.type, ""))
