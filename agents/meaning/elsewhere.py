"""Another way of the scenario that a sentence surely means, whatever its words: weighed like the first choice. Pure."""

from __future__ import annotations

from agents.definition import Agent
from agents.meaning.sense import Reading
from agents.meaning.weighing import AHEAD, SURE
from agents.phrases import is_question, wishes_for
from agents.rethinking import chosen
from agents.slots.text import fold
from agents.state import Expected, State, Understood
from agents.wavering import marked, strayed
from agents.ways import nearest_act, others, target

_SURELY = 0.9
"""A way is entered from here on by its meaning alone: what was told for the other is left."""
_FEW_WORDS = 3
"""So few words are an answer to what was asked."""
_ONE_WISH = ("cancel", "reschedule")
"""To have an appointment no more, or at another time: which of them, words tell or the caller is asked."""
_PLAINLY = 0.8
"""So sure, a fact is asked for, and the words of a change of mind stand in the question."""


def stands(agent: Agent, heard: str, by_rules: Understood, reading: Reading) -> bool:
    """The change of mind that the words say is not, in truth, a question about a fact."""
    top = reading.whole[0]
    if top.kind != "fact":
        return True
    ahead = top.sure >= SURE and top.sure - reading.whole[1].sure >= AHEAD
    least = _PLAINLY if by_rules.intent != "way" or not is_question(heard, fold(heard), agent.language) else SURE
    return not (ahead and top.sure >= least)


def elsewhere(
    agent: Agent, state: State, waits: Expected, heard: str, by_rules: Understood, reading: Reading
) -> Understood | None:
    """The other way that is surely meant while something of this one is awaited; None where none is."""
    top = reading.wide[0] if reading.wide else None
    if top is None or top.kind != "choice" or top.sure < _SURELY or len(heard.split()) <= _FEW_WORDS:
        return None
    slot, _, choice = top.name.partition("=")
    text = fold(heard)
    told = set(by_rules.values) & {*waits.slots, "_confirm"}
    acts = others(agent, state).get(slot, {})
    if told or choice not in acts or by_rules.change:
        return None
    if waits.slots and agent.slots[waits.slots[0]].type == "text":
        return None
    if not (marked(text, agent.language) or wishes_for(text)) or strayed(text, agent.language):
        return None
    if acts[choice] in _ONE_WISH:  # the encoder was taught them as one
        if nearest_act(agent, target(agent, slot, state.values[slot])) in _ONE_WISH:
            return None
        if len(either := [each for each, act in acts.items() if act in _ONE_WISH]) > 1:
            return Understood("doubt", doubt=tuple(f"choice:{slot}={each}" for each in either[:2]))
    values = {name: value for name, value in by_rules.values.items() if agent.slots[name].type not in ("name", "text")}
    return chosen(agent, state, slot, choice, values)
