"""The slots that a caller names at a read-back, without saying what they should be: "l'heure ne va pas". Pure."""

from __future__ import annotations

import re

from agents.definition import Agent
from agents.slots.text import fold, has
from agents.slots.told import named_words
from agents.state import Expected
from agents.steps import Slot

_WORDS = {
    "date": re.compile(r"\b(?:jour|date|day)\b"),
    "time": re.compile(r"\b(?:heure|horaire|time|hour)\b"),
    "name": re.compile(r"\b(?:nom|prenom|name)\b"),
    "phone": re.compile(r"\b(?:numero|telephone|number|phone)\b"),
    "email": re.compile(r"\b(?:mail|e mail|email|adresse mail)\b"),
    "plate": re.compile(r"\b(?:plaque|immatriculation|registration|plate)\b"),
    "reference": re.compile(r"\b(?:reference|dossier|commande|order number)\b"),
}


def named_slots(agent: Agent, waits: Expected, text: str) -> tuple[str, ...]:
    """The slots named in the folded `text`; none where nothing is read back."""
    if waits.kind not in ("confirm", "correct"):
        return ()
    return tuple(name for name, slot in agent.scenario.slots.items() if _named(name, slot, text))


def _named(name: str, slot: Slot, text: str) -> bool:
    if slot.type == "text":
        return bool(slot.about) and has(text, (fold(name), *named_words(slot.about)))
    return slot.type in _WORDS and bool(_WORDS[slot.type].search(text))
