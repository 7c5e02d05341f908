"""Keys pressed instead of words."""

from __future__ import annotations

from datetime import time

from agents.definition import Agent
from agents.effects import Facts
from agents.scenario import expected
from agents.slots.phones import find_phone
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
    value = _value(agent, slot, kind, keys)
    if value:
        return Understood("answer", {slot: value})
    return Understood("human") if keys == "0" else Understood("unclear")


def _yes_no(keys: str, slot: str) -> Understood:
    if keys in (_YES, _NO):
        return Understood("answer", {slot: "yes" if keys == _YES else "no"})
    return Understood("human") if keys == "0" else Understood("unclear")


def _value(agent: Agent, slot: str, kind: str, keys: str) -> str:
    if kind == "choice":
        choices = list(agent.slots[slot].choices)
        rank = int(keys) if keys.isdigit() else 0
        return choices[rank - 1] if 1 <= rank <= len(choices) else ""
    if kind == "phone":
        found = find_phone(keys, agent.language)
        return found.value if found else ""
    if kind == "number":
        return str(int(keys)) if keys.isdigit() else ""
    if kind == "time" and keys.isdigit() and len(keys) in (3, 4):
        hour, minute = divmod(int(keys), 100)
        return time(hour, minute).strftime("%H:%M") if hour < 24 and minute < 60 else ""
    return ""
