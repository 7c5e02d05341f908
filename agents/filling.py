"""Values into slots: what is refused (a past date, a closed day or hour), and with what words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from agents.definition import Agent
from agents.effects import Facts
from agents.render import day_hours, speech
from agents.slots.accepting import matches, nearest, within
from agents.spoken import say_date
from agents.state import State, Values
from agents.steps import Slot

_ORDER = ("date", "time")


@dataclass(frozen=True, slots=True)
class Filled:
    """The values after filling; `refused`: slot → the sentence that says why; `changed`: slots overwritten."""

    values: Values
    refused: Mapping[str, str]
    changed: tuple[str, ...]


def fill_slots(agent: Agent, state: State, new: Values, facts: Facts) -> Filled:
    """Put `new` values in, dates first; refuse those that cannot be, and times their day does not have."""
    values, refused, changed = dict(state.values), dict[str, str](), list[str]()
    new = {slot: _listed(agent.slots[slot], value) for slot, value in new.items()}
    ranked = sorted(new, key=lambda s: _ORDER.index(t) if (t := agent.slots[s].type) in _ORDER else 9)
    for slot in ranked:
        why = _why_not(agent, slot, new[slot], values, facts)
        if why:
            refused[slot] = why
            values.pop(slot, None)
            continue
        if values.get(slot, new[slot]) != new[slot]:
            changed.append(slot)
        values[slot] = new[slot]
        _recheck_time(agent, slot, values, refused, facts)
    return Filled(values, refused, tuple(changed))


def _listed(slot: Slot, value: str) -> str:
    """The value of the slot's list that is meant, where it has one; of a text, what has its pattern's form."""
    if slot.list:
        return nearest(value, slot.list) or value
    return within(value, slot.pattern) or value if slot.type == "text" and slot.pattern else value


def _recheck_time(agent: Agent, day_slot: str, values: dict[str, str], refused: dict[str, str], facts: Facts) -> None:
    """A day said after its time may not have that time."""
    for slot, definition in agent.slots.items():
        if definition.of == day_slot and slot in values:
            why = _why_not(agent, slot, values[slot], values, facts)
            if why:
                refused[slot] = why
                del values[slot]


def _why_not(agent: Agent, slot: str, value: str, values: Values, facts: Facts) -> str:
    definition = agent.slots[slot]
    if definition.type == "date":
        return _day_refused(agent, date.fromisoformat(value), facts, hours=definition.within == "hours")
    if definition.type == "time" and definition.of and definition.of in values:
        day = date.fromisoformat(values[definition.of])
        at = time.fromisoformat(value)
        return _time_refused(agent, day, at, facts, hours=definition.within == "hours")
    if definition.type == "number":
        return _number_refused(agent, int(value), definition, facts)
    if definition.list and value not in definition.list:
        return agent.lines.not_listed
    return "" if matches(value, definition.pattern) else agent.lines.not_accepted


def _number_refused(agent: Agent, value: int, slot: Slot, facts: Facts) -> str:
    if slot.min is not None and value < slot.min:
        return _say(agent, facts, agent.lines.too_few, least=f"{slot.min} {slot.unit}".strip())
    if slot.max is not None and value > slot.max:
        return _say(agent, facts, agent.lines.too_many, most=f"{slot.max} {slot.unit}".strip())
    return ""


def _say(agent: Agent, facts: Facts, template: str, **extra: str) -> str:
    return speech(agent, State(), facts, template, **extra)


def _day_refused(agent: Agent, day: date, facts: Facts, *, hours: bool) -> str:
    if day < facts.now.date():
        return agent.lines.past
    if hours and agent.hours and not agent.hours.spans(day):
        said = say_date(day, facts.now.date(), agent.language)
        why = _say(agent, facts, agent.lines.closed_day, day=said)
        reason = agent.hours.reason(day)
        return f"{why} {reason}".strip()
    return ""


def _time_refused(agent: Agent, day: date, at: time, facts: Facts, *, hours: bool) -> str:
    if datetime.combine(day, at, facts.now.tzinfo) < facts.now:
        return agent.lines.past
    if hours and agent.hours and not agent.hours.open_at(day, at):
        said = say_date(day, facts.now.date(), agent.language)
        return _say(agent, facts, agent.lines.closed_time, day=said, hours=day_hours(agent, day))
    return ""
