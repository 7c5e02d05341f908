"""The small slots: one of several choices, an e-mail address."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from agents.dictation import mail
from agents.dictation.pieces import pieces
from agents.slots.text import Language, fold, has, unaccent

_ORDINALS = {
    "fr": ("premier", "deuxieme", "troisieme", "quatrieme", "cinquieme"),
    "en": ("first", "second", "third", "fourth", "fifth"),
}


def find_choices(text: str, choices: Mapping[str, Sequence[str]], language: Language, *, asked: bool) -> list[str]:
    """The choices whose words stand in the folded `text`; longer wordings win over those they contain."""
    hits: list[tuple[str, str]] = []
    for choice, words in choices.items():
        said = [_folded(word) for word in (*words, choice.replace("_", " "))]
        hits += [(choice, word) for word in said if _stands(word, text)]
    longest = [hit for hit in hits if not any(hit[1] != o[1] and hit[1] in o[1] for o in hits)]
    found = list(dict.fromkeys(choice for choice, _ in longest))
    if found or not asked:
        return found
    for ordinal, choice in zip(_ORDINALS[language], choices, strict=False):
        if has(text, (ordinal, ordinal.replace("premier", "premiere"))):
            return [choice]
    return []


_folded = lru_cache(maxsize=65_536)(fold)
"""The words of agents' files, which every sentence is held against."""


def _stands(word: str, text: str) -> bool:
    """On word boundaries; a plural or feminine ending is let by."""
    # looked for first: an expression for each of ten thousand words of a file held up every call for a second
    return word in text and bool(re.search(rf"(?<![a-z0-9]){re.escape(word)}(?:s|e|es|x)?(?![a-z0-9])", text))


def find_email(raw: str, language: Language) -> str | None:
    """An address said ("claire point martin arobase exemple point fr"), spelled or written."""
    written = re.search(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", raw)
    if written:
        return unaccent(written[0]).lower().rstrip(".")
    return mail.read((pieces(raw, language),), language).value or None
