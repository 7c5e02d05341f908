"""Keys pressed instead of words."""

from __future__ import annotations

from datetime import time

from agents.definition import Agent
from agents.dictating import accepts, kind_of, unfinished
from agents.dictation.dictation import Dictation, hear, result
from agents.effects import Facts
from agents.scenario import expected
from agents.state import State, Understood

_YES, _NO = "1", "2"


def pressed(agent: Agent, state: State, digits: str, facts: Facts) -> Understood:
    """What the keys mean: 1 is yes and 2 is no, a choice by its rank, numbers as they are, 0 a person."""
    keys = digits.strip("#*")
    waits = expected(agent, state, facts)
    if waits.kind in ("confirm", "propose"):
        return _yes_no(keys, "_confirm")
    if not waits.slots:
        return Understood("human") if keys == "0" else Understood("unclear")
    slot = waits.slots[0]
    kind = agent.slots[slot].type
    if kind == "yes_no":
        return _yes_no(keys, slot)
    if (told := _dictated(agent, state, slot, keys)) is not None:
        return told
    value = _value(agent, slot, kind, keys)
    if value:
        return Understood("answer", {slot: value})
    return Understood("human") if keys == "0" else Understood("unclear")


def _dictated(agent: Agent, state: State, slot: str, keys: str) -> Understood | None:
    """A number keyed in one go or in several; a 0 by itself asks for a person unless some of it is there."""
    kind, begun = kind_of(agent, slot), unfinished(agent, state.dictation, state.values)
    if kind not in ("phone", "reference") or not keys.isdigit():
        return None
    mine = begun if begun is not None and begun.slot == slot else None
    if keys == "0" and mine is None:
        return None
    told = hear(mine or Dictation(slot, kind, agent.language), keys)
    if told is None:
        return None
    found = result(told, accepts(agent.slots[slot]))
    if found.value:
        return Understood("answer", {slot: found.value}, dictation=told)
    return Understood("dictating", dictation=Dictation(slot, kind, agent.language) if found.wrong else told)


def _yes_no(keys: str, slot: str) -> Understood:
    if keys in (_YES, _NO):
        return Understood("answer", {slot: "yes" if keys == _YES else "no"})
    return Understood("human") if keys == "0" else Understood("unclear")


def _value(agent: Agent, slot: str, kind: str, keys: str) -> str:
    if kind == "choice":
        choices = list(agent.slots[slot].choices)
        rank = int(keys) if keys.isdigit() else 0
        return choices[rank - 1] if 1 <= rank <= len(choices) else ""
    if kind == "number":
        return str(int(keys)) if keys.isdigit() else ""
    if kind == "time" and keys.isdigit() and len(keys) in (3, 4):
        hour, minute = divmod(int(keys), 100)
        return time(hour, minute).strftime("%H:%M") if hour < 24 and minute < 60 else ""
    return ""
