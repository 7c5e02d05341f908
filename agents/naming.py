"""How a meaning is named when a caller is asked whether it is what they mean. Pure."""

from __future__ import annotations

import re

from agents.definition import Agent
from agents.effects import Facts
from agents.render import speech
from agents.state import State

_A_LE, _A_LES = re.compile(r"\bà le (?=\w)"), re.compile(r"\bà les (?=\w)")


def label(agent: Agent, key: str) -> str:
    """The name of a meaning ("fact:parking", "choice:need=repair", "intent:human"), with its fields in braces."""
    kind, _, name = key.partition(":")
    if kind == "fact":
        fact = agent.fact(name)
        return fact.label or fact.about[0]
    if kind == "choice":
        slot, _, choice = name.partition("=")
        return next(iter(agent.slots[slot].choices[choice]), choice)
    lines = agent.lines
    named = {"human": lines.doubt_human, "message": lines.doubt_message,
             "goodbye": lines.doubt_goodbye, "opt_out": lines.doubt_opt_out,
             "give_up": lines.doubt_give_up}  # fmt: skip
    return named[name]


def plain_label(agent: Agent, state: State, facts: Facts, key: str) -> str:
    """The same as it is said now: "parler au secrétariat", not "à le"."""
    said = speech(agent, state, facts, label(agent, key))
    return _A_LES.sub("aux ", _A_LE.sub("au ", said)) if agent.language == "fr" else said
