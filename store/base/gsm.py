"""How many SMS a text takes (GSM 03.38, 03.40): 160 characters of the default alphabet, or 70 of any other. Pure.

A longer text is cut by the network into parts of 153 or 67, and each part is paid for.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
"""Each takes two places: an escape before it."""
_INSTEAD = {"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...", "œ": "oe",
            "Œ": "OE", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2011": "-", "ç": "c", "°": "o"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """What a text takes: `units` are septets, or UTF-16 code units; `segments`: SMS that are sent and paid."""

    alphabet: Literal["gsm", "ucs2"]
    units: int
    segments: int


def size(text: str) -> Size:
    """What `text` takes as it is."""
    if all(each in _BASIC or each in _EXTENDED for each in text):
        return Size("gsm", sum(map(_septets, text)), _parts([_septets(each) for each in text], 160, 153))
    units = [len(each.encode("utf-16-le")) // 2 for each in text]
    return Size("ucs2", sum(units), _parts(units, 70, 67))


def _septets(character: str) -> int:
    return 2 if character in _EXTENDED else 1


def _parts(units: list[int], alone: int, each: int) -> int:
    """Into how many parts a text is cut; no character is cut in two."""
    if sum(units) <= alone:
        return 1
    parts, room = 1, each
    for unit in units:
        if unit > room:
            parts, room = parts + 1, each
        room -= unit
    return parts


def fitted(text: str) -> str:
    """`text` as the default alphabet writes it, where it can: "fête" is "fete", "été" stays. Letters that it has not
    at all (Greek small ones, Arabic …) stay, and the text is then one of 70 characters."""
    return "".join(map(_fitted, text))


def _fitted(character: str) -> str:
    if character in _BASIC or character in _EXTENDED:
        return character
    if character in _INSTEAD:
        return _INSTEAD[character]
    bare = "".join(each for each in unicodedata.normalize("NFKD", character) if not unicodedata.combining(each))
    return bare if bare and all(each in _BASIC for each in bare) else character
