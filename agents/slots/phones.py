"""Telephone numbers as callers say them, in pairs or one digit at a time: E.164 out."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers

from agents.slots.text import Language
from store.base.errors import BadInput
from store.base.numbering import e164

_RUN = re.compile(r"\+? ?\d(?:[ ,]*(?:et |then )?(?:\d|(?:double|triple) \d))+")
_SAME = {
    "fr": re.compile(r"\b(?:meme numero|ce numero|numero (?:affiche|d ou|duquel|avec lequel)|celui(?: ci)?(?: d ou)?"
                     r"|numero que vous (?:voyez|avez)|je vous appelle)\b"),
    "en": re.compile(r"\b(?:same (?:number|one)|this (?:number|one)|number i ?m calling|calling (?:you )?from)\b"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FoundPhone:
    """A number in E.164, and where it stood."""

    value: str
    start: int
    end: int


def find_phone(text: str, language: Language, *, region: str = "FR") -> FoundPhone | None:
    """A possible telephone number in `text` (as `text.digits` makes it)."""
    for match in _RUN.finditer(text):
        said = re.sub(r"double (\d)", r"\1\1", match[0])
        said = re.sub(r"triple (\d)", r"\1\1\1", said)
        said = re.sub(r"[^\d+]", "", said)
        value = _e164(said, region)
        if value:
            return FoundPhone(value, match.start(), match.end())
    return None


def says_same_number(text: str, language: Language) -> bool:
    """ "The number I am calling from", in the folded `text`."""
    return bool(_SAME[language].search(text))


def _e164(said: str, region: str) -> str:
    if len(said) < 8:
        return ""
    try:
        value = e164(said, region=region)
        return value if phonenumbers.is_valid_number(phonenumbers.parse(value)) else ""
    except (BadInput, phonenumbers.NumberParseException):
        return ""
