"""The forms of a heard sentence that the parsers read: accents off, numbers as digits."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from agents.slots.wordnumbers import as_digits

Language = Literal["fr", "en"]

_NINE = re.compile(
    r"\bneuf(?= (?:heures?|h|cents?|mois|jours|ans|personnes|janvier|février|mars|avril|mai|juin|juillet|août"
    r"|septembre|octobre|novembre|décembre)\b)"
)
"""Alone, "neuf" may also be "new", and stays a word."""
_SPACES = re.compile(r"\s+")
_KEPT = re.compile(r"[^a-z0-9:/@+ ]")
_DECIMAL_POINT = re.compile(r"(?<=\d)\.(?=\d)")


def listed(text: str) -> list[str]:
    """The words of a table written as text."""
    return text.split()


def unaccent(text: str) -> str:
    """`text` without accents and ligatures."""
    text = text.replace("œ", "oe").replace("Œ", "Oe").replace("æ", "ae")
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def fold(text: str) -> str:
    """Lower case, no accents, no punctuation: words and digits one space apart."""
    text = _DECIMAL_POINT.sub(" ", unaccent(text).lower())
    return _SPACES.sub(" ", _KEPT.sub(" ", text)).strip()


def digits(text: str, language: Language) -> str:
    """`fold`ed, numbers said in words as digits: "quatorze heures trente" is "14 heures 30"."""
    lowered = text.lower().replace("’", "'")
    if language == "fr":
        lowered = _NINE.sub("9", lowered)
    if language == "en":
        lowered = re.sub(r"\boh\b", "zero", lowered)
    return fold(as_digits(lowered, language))


def has(text: str, phrases: tuple[str, ...]) -> bool:
    """One of the folded `phrases` stands in the folded `text`, on word boundaries."""
    padded = f" {text} "
    return any(f" {phrase} " in padded for phrase in phrases)


def mask(text: str, start: int, end: int) -> str:
    """`text` with a span made unreadable, so that no other parser takes it."""
    return text[:start] + " | " + text[end:]
