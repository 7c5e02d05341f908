"""What both languages share: ordered rules, addresses, acronyms, telephone numbers' shapes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]
"""A pattern, and the words for what it found. Rules run in order; words have no digits, so none runs twice."""

EMAIL = re.compile(r"(?:mailto:)?\b([\w.+-]+)@((?:[\w-]+\.)+[A-Za-z]{2,24})\b")
URL = re.compile(r"\b(?:https?://|www\.)[^\s,;!?()]*[^\s,;!?().:']", re.IGNORECASE)
DOMAIN = re.compile(
    r"(?<![\w@.])((?:[A-Za-z0-9][\w-]*\.)+(?:fr|com|org|net|eu|io|info|gouv|uk|de|be|ch|es|it|app|dev|ai|tel))"
    r"(/[\w./?=&%#~+-]*\w)?(?![\w@]|\.\w)"
)
INTERNATIONAL = re.compile(r"(?<![\w+])(?:\+|00(?=[1-9]\d))\s?\(?(\d[\d\s.()-]{6,20}\d)(?!\d)")
FRENCH_PHONE = re.compile(r"(?<![\d,.])(0[1-9])([\s.-]?)(\d\d)\2(\d\d)\2(\d\d)\2(\d\d)(?![\d]|[,.]\d)")

_COUNTRIES = frozenset(
    [
        "1",
        "7",
        "20",
        "27",
        "30",
        "31",
        "32",
        "33",
        "34",
        "36",
        "39",
        "40",
        "41",
        "43",
        "44",
        "45",
        "46",
        "47",
        "48",
        "49",
        "51",
        "52",
        "53",
        "54",
        "55",
        "56",
        "57",
        "58",
        "60",
        "61",
        "62",
        "63",
        "64",
        "65",
        "66",
        "81",
        "82",
        "84",
        "86",
        "90",
        "91",
        "92",
        "93",
        "94",
        "95",
        "98",
    ]
)


def apply(text: str, rules: Sequence[Rule]) -> str:
    """`text` after every rule, in order."""
    for pattern, words in rules:
        text = pattern.sub(words, text)
    return text


def country(digits: str) -> tuple[str, str]:
    """The country calling code (ITU E.164) that begins `digits`, and the rest."""
    for length in (1, 2):
        if digits[:length] in _COUNTRIES:
            return digits[:length], digits[length:]
    return digits[:3], digits[3:]


def pairs(digits: str) -> list[str]:
    """`digits` two by two; an odd one comes first, with the next two."""
    start = len(digits) % 2
    head = [digits[: start + 2]] if start else []
    return head + [digits[i : i + 2] for i in range(start + 2 if start else 0, len(digits), 2)]


@dataclass(frozen=True, slots=True)
class Signs:
    """How a language names the signs of an address."""

    at: str
    dot: str
    hyphen: str
    underscore: str
    slash: str
    plus: str


_SPELLED_ENDINGS = frozenset(["fr", "eu", "uk", "de", "be", "ch", "es", "it", "io", "ai", "tv", "us"])


def address(text: str, signs: Signs) -> str:
    """An e-mail address, domain or URL with its signs in words; digits are left for the number rules."""
    text = re.sub(r"^(?:mailto:|https?://)", "", text, flags=re.IGNORECASE)
    text = re.sub(r"^www\.", "", text, flags=re.IGNORECASE).rstrip("/")
    words = {".": signs.dot, "@": signs.at, "-": signs.hyphen, "_": signs.underscore, "/": signs.slash, "+": signs.plus}
    parts: list[str] = []
    for token in re.findall(r"[^\W\d_]+|\d+|[.@/_+-]", text):
        spelled = token.lower() in _SPELLED_ENDINGS and bool(parts) and parts[-1] == signs.dot
        parts.append(words.get(token) or (" ".join(token.upper()) if spelled else token))
    return f" {' '.join(parts)} "


_CAPITALS = re.compile(r"(?<!\w)((?:[A-ZÀ-Ý]\.){2,}|[A-ZÀ-Ý]{2,6}s?)(?![\w])")
_VOWELS = frozenset("AEIOUYÀÂÉÈÊËÎÏÔÛÙ")


def acronyms(text: str, said: Mapping[str, str], spelled: frozenset[str]) -> str:
    """Acronyms as they are said: `said` ones as words, `spelled` and unpronounceable ones letter by letter.

    A text all in capitals is not acronyms: it is put in small letters.
    """
    letters = [c for c in text if c.isalpha()]
    if len(text.split()) > 1 and len(letters) > 8 and all(c.isupper() for c in letters):
        return text.lower()

    def read(match: re.Match[str]) -> str:
        written = match[1]
        word = written.replace(".", "").removesuffix("s")
        if word in said:
            return said[word]
        alone = not _VOWELS & set(word) or len(word) <= 3 or set(word) <= _VOWELS
        return " ".join(word) if "." in written or word in spelled or alone else written.capitalize()

    return _CAPITALS.sub(read, text)
