"""Whether a clause that the model made holds only what the facts it was given hold. Pure.

A wrong price or day is worse than a stiff sentence: what does not stand is not spoken, and the fact is said as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from agents.judging import invented
from agents.slots.dates import MONTHS, WEEKDAYS
from agents.slots.text import Language, fold

_YES_NO = {"fr": re.compile(r"^\s*(?:oui|non)\b[ ,.!]*", re.IGNORECASE),
           "en": re.compile(r"^\s*(?:yes|no)\b[ ,.!]*", re.IGNORECASE)}  # fmt: skip
_NAME = re.compile(r"(?<=[a-zà-ÿ,;] )[A-ZÀ-Ÿ][\w’'-]{2,}")
"""A capital inside a sentence: a name, in both languages but for a few words that `_CAPITALS` lists."""
_COMMON = 6
"""Words of so many letters or fewer are mostly everybody's."""
_CAPITALS = frozenset({"english", "french", "monsieur", "madame", "mademoiselle", "vous", "nous", "pour", "the", "you"})


def ungrounded(clause: str, held: Iterable[str], language: Language) -> list[str]:
    """The numbers, days, months and names of `clause` that stand in no text of `held`; empty: it may be spoken."""
    texts = list(held)
    known = set(fold(" ".join(texts)).split())
    dated = {word for word in (*WEEKDAYS[language], *MONTHS[language]) if len(word) > 3}
    days = [word for word in fold(clause).split() if word in dated and word not in known]
    names = [
        word for word in _NAME.findall(clause)
        if not set(fold(word).split()) <= known and fold(word) not in _CAPITALS
    ]  # fmt: skip
    return list(dict.fromkeys([*invented(clause, texts, language), *days, *names]))


def echoed(clause: str, heard: str, held: Iterable[str]) -> list[str]:
    """The caller's own words in `clause` that no text of `held` has: misheard or not, they are no answer.

    "Le barquage est fait" says nothing of the marking that was asked for. Short words, and those that begin like a
    word of the facts, count for nothing.
    """
    known = {word[:4] for word in fold(" ".join(held)).split()}
    words = {word for word in fold(heard).split() if len(word) > _COMMON and word[:4] not in known}
    return [word for word in fold(clause).split() if word in words]


def without_answer(clause: str, held: Iterable[str], language: Language) -> str:
    """The clause less a yes or a no at its head that the facts do not give: they say what is, not whether."""
    head = _YES_NO[language].match(clause)
    if head is None or set(fold(head[0]).split()) & set(fold(" ".join(held)).split()):
        return clause
    rest = clause[head.end() :]
    return rest[:1].upper() + rest[1:]
