"""The ear's text cut into words, numbers and signs, with what stands between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.slots.text import unaccent

_TOKEN = re.compile(r"\d+|[^\W\d_]+|[@_+/.'’\-‐‑–—]|[,;:…!?\n()]")
_PAUSES = frozenset(",;:…!?\n()–—")
_HYPHENS = frozenset("-‐‑")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a number or a sign. `plain`: folded."""

    text: str
    plain: str
    start: int
    end: int
    pause: bool
    """A comma, a full stop or the sentence's start is before it."""
    tight: bool
    """Nothing is between it and the one before."""


def tokens_of(heard: str) -> list[Token]:
    """The tokens of `heard`; commas and full stops become the next one's `pause`."""
    found: list[Token] = []
    pause, end = True, 0
    for match in _TOKEN.finditer(heard):
        text = match[0]
        stop = text == "." and not _inside(heard, match.start(), match.end())
        if text in _PAUSES or stop:
            pause = True
            continue
        tight = match.start() == end and bool(found) and not pause
        plain = "'" if text == "’" else "-" if text in _HYPHENS else unaccent(text).lower()
        found.append(Token(text, plain, match.start(), match.end(), pause, tight))
        pause, end = False, match.end()
    return found


def _inside(heard: str, start: int, end: int) -> bool:
    """The sign stands between two characters that are not spaces."""
    return start > 0 and end < len(heard) and heard[start - 1].isalnum() and heard[end].isalnum()
