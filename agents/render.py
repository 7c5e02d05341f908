"""Templates of the agent's file filled for a call: values as they are said, or plain for an action."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time

from agents.definition import Agent
from agents.dictation.dictation import Dictation, result
from agents.dictation.readback import say_address, say_code, spelled
from agents.effects import Facts
from agents.hours import say_spans, say_week
from agents.slots.text import Language
from agents.spoken import fill, say_date, say_email, say_phone, say_time
from agents.state import State

_DATE, _TIME = re.compile(r"\d{4}-\d{2}-\d{2}"), re.compile(r"\d{2}:\d{2}")


def say_value(agent: Agent, slot: str, value: str, today: date) -> str:
    """A slot's value as the agent says it."""
    kind = agent.slots[slot].type
    if kind == "date":
        return say_date(date.fromisoformat(value), today, agent.language)
    if kind == "time":
        return say_time(time.fromisoformat(value), agent.language)
    if kind == "phone":
        return say_phone(value, agent.language)
    if kind == "email":
        return say_email(value, agent.language)
    if kind in ("plate", "reference"):
        return say_code(value, agent.language)
    if kind == "choice":
        return next(iter(agent.slots[slot].choices.get(value, [])), value)
    if kind == "yes_no" and agent.language == "fr":
        return "oui" if value == "yes" else "non"
    return value


def read_back(agent: Agent, state: State, slot: str, today: date) -> str:
    """A slot's value said so that a mistake is heard: letters one by one where they were dictated."""
    value, kind, language = state.values[slot], agent.slots[slot].type, agent.language
    said = say_value(agent, slot, value, today)
    words_for = state.spelled.get(slot, "")
    if kind == "email":
        return say_address(value, language, words_for=words_for)
    if kind == "name" and slot in state.spelled:
        return f"{said}, {spelled_name(value, language, words_for)}"
    return said


def spelled_name(value: str, language: Language, words_for: str = "") -> str:
    """Its last word and what is joined to it, by letters: the first name is seldom mistaken."""
    return spelled(value.split()[-1], language, words_for=words_for)


def say_so_far(dictation: Dictation) -> str:
    """As much as was dictated: "06 12", "C, L, A, I, R, E"."""
    so_far = result(dictation).so_far
    if dictation.kind == "phone":
        head = len(so_far) % 2
        return " ".join([*([so_far[:head]] if head else []), *(so_far[i : i + 2] for i in range(head, len(so_far), 2))])
    return spelled(so_far, dictation.language)


def say_variable(agent: Agent, value: str, today: date) -> str:
    """A campaign's variable as it is said: ISO dates and times become speech."""
    if _DATE.fullmatch(value):
        return say_date(date.fromisoformat(value), today, agent.language)
    if _TIME.fullmatch(value):
        return say_time(time.fromisoformat(value), agent.language)
    return value


def speech(agent: Agent, state: State, facts: Facts, template: str, **extra: str) -> str:
    """`template` as the agent says it now."""
    return _speech(agent, state, facts, template, extra, careful=False)


def careful_speech(agent: Agent, state: State, facts: Facts, template: str) -> str:
    """`template` as a read-back: values said so that a mistake is heard."""
    return _speech(agent, state, facts, template, {}, careful=True)


def _speech(agent: Agent, state: State, facts: Facts, template: str, extra: Mapping[str, str], *, careful: bool) -> str:
    today = facts.now.date()

    def look(name: str) -> str:
        if name in extra:
            return extra[name]
        if careful and name in agent.slots and name in state.values:
            return read_back(agent, state, name, today)
        if name in agent.slots and name in state.values:
            return say_value(agent, name, state.values[name], today)
        if name in facts.variables:
            return say_variable(agent, facts.variables[name], today)
        return _own(agent, state, facts, name)

    return fill(template, look)


def _own(agent: Agent, state: State, facts: Facts, name: str) -> str:
    if name == "hours" and agent.hours:
        return say_week(agent.hours, agent.language)
    if name == "human":
        return agent.human.name if agent.human else ""
    if name == "company":
        return agent.company.name
    if name == "on_behalf_of":
        return agent.company.on_behalf_of
    if name == "alternative":
        joint = " à " if agent.language == "fr" else " at "
        return joint.join(say_value(agent, s, v, facts.now.date()) for s, v in state.offer.items())
    return ""


OWN_FIELDS = (
    "hours",
    "human",
    "company",
    "on_behalf_of",
    "alternative",
    "reason",
    "first",
    "second",
    "least",
    "most",
    "value",
)


def plain(state: State, facts: Facts, template: str) -> str:
    """`template` with raw values, for an action's arguments."""
    return fill(template, {**facts.variables, **state.values, "caller": facts.parties.caller})


def day_hours(agent: Agent, day: date) -> str:
    """The hours of that day as said, empty without hours."""
    return say_spans(agent.hours.spans(day), agent.language) if agent.hours else ""
