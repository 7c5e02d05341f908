"""The small slots: one of several choices, an e-mail address."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agents.slots.text import Language, fold, has

_ORDINALS = {
    "fr": ("premier", "deuxieme", "troisieme", "quatrieme", "cinquieme"),
    "en": ("first", "second", "third", "fourth", "fifth"),
}
_AT = {"fr": r"(?:@|\barobase\b|\barobas\b|\bat\b|\ba robase\b)", "en": r"(?:@|\bat\b)"}
_DOT = {"fr": r"(?:\bpoint\b|\bdot\b)", "en": r"(?:\bdot\b|\bpoint\b|\bperiod\b)"}
_SIGNS = {
    "fr": {"tiret du bas": "_", "underscore": "_", "tiret": "-"},
    "en": {"underscore": "_", "hyphen": "-", "dash": "-"},
}


def find_choices(text: str, choices: Mapping[str, Sequence[str]], language: Language, *, asked: bool) -> list[str]:
    """The choices whose words stand in the folded `text`; longer wordings win over those they contain."""
    hits: list[tuple[str, str]] = []
    for choice, words in choices.items():
        said = [fold(word) for word in (*words, choice.replace("_", " "))]
        hits += [(choice, word) for word in said if _stands(word, text)]
    longest = [hit for hit in hits if not any(hit[1] != o[1] and hit[1] in o[1] for o in hits)]
    found = list(dict.fromkeys(choice for choice, _ in longest))
    if found or not asked:
        return found
    for ordinal, choice in zip(_ORDINALS[language], choices, strict=False):
        if has(text, (ordinal, ordinal.replace("premier", "premiere"))):
            return [choice]
    return []


def _stands(word: str, text: str) -> bool:
    """On word boundaries; a plural or feminine ending is let by."""
    return bool(re.search(rf"(?<![a-z0-9]){re.escape(word)}(?:s|e|es|x)?(?![a-z0-9])", text))


def find_email(raw: str, language: Language) -> str | None:
    """An address said ("claire point martin arobase exemple point fr") or written."""
    written = re.search(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", raw)
    if written:
        return written[0].lower().rstrip(".")
    text = raw.lower().replace(",", " ")
    for sign, symbol in _SIGNS[language].items():
        text = re.sub(rf"\s*\b{sign}\b\s*", symbol, text)
    text = re.sub(rf"\s*{_DOT[language]}\s*", ".", text)
    text = re.sub(rf"\s*{_AT[language]}\s*", "@", text)
    said = re.search(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", text)
    return said[0].rstrip(".") if said else None
