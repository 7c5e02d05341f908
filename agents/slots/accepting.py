"""What a slot's file accepts: its `pattern`, its `list`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from agents.slots.patterns import Pattern
from agents.slots.text import fold

LISTED = ("text", "name", "reference", "plate", "email")
"""Types of slots that may have a `list`."""
PATTERNED = ("text", "reference", "plate", "email", "phone")
"""Types of slots that may have a `pattern`."""
_ALIKE = 0.82
"""From here on what was heard is taken for the value of the list that it is like, if no other is."""


def matches(value: str, pattern: str) -> bool:
    """The whole of `value` is of the form; an empty pattern takes everything. Raises PatternError."""
    return not pattern or Pattern.read(pattern).takes(value)


def within(heard: str, pattern: str) -> str:
    """The longest run of words of a sentence that is of the form; "" where none is. Raises PatternError."""
    words = heard.split()
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length + 1):
            said = " ".join(words[start : start + length]).strip(" .,;:!?…")
            if said and matches(said, pattern):
                return said
    return ""


def nearest(heard: str, listed: Sequence[str]) -> str:
    """The value of the list that `heard` is, holds or is surely meant to be; "" where none or several are."""
    said = _plain(heard)
    exact = [value for value in listed if _plain(value) == said]
    if exact:
        return exact[0]
    words = f" {fold(heard)} "
    held = [value for value in listed if f" {fold(value)} " in words]
    held = [value for value in held if not any(value != other and fold(value) in fold(other) for other in held)]
    if held:
        return held[0] if len(held) == 1 else ""
    alike: Mapping[str, float] = {value: SequenceMatcher(None, _plain(value), said).ratio() for value in listed}
    ranked = sorted(alike, key=lambda value: -alike[value])
    if not ranked or alike[ranked[0]] < _ALIKE or (ranked[1:] and alike[ranked[0]] - alike[ranked[1]] < 0.05):
        return ""
    return ranked[0]


def _plain(text: str) -> str:
    return "".join(c for c in fold(text) if c.isalnum())
