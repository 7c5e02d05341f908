"""Numbers in words as the digits they are dictated for: "zéro six" is 06, "soixante-dix-huit" 78, "mille" 1000.

Unlike a number that is counted, one that is dictated keeps its zeros and is read group by group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.slots.text import Language, listed

_FR_UNITS = {"une": 1} | {w: i for i, w in enumerate(listed(
    "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"))}  # fmt: skip
_FR_TENS = {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "huitante": 80,
            "octante": 80, "nonante": 90}  # fmt: skip
_EN_UNITS = {"oh": 0, "nought": 0, "naught": 0} | {w: i for i, w in enumerate(listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"))}  # fmt: skip
_EN_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
            "eighty": 80, "ninety": 90}  # fmt: skip
_HUNDRED = {"fr": ("cent", "cents"), "en": ("hundred",)}
_THOUSAND = {"fr": ("mille", "mil"), "en": ("thousand",)}

NUMBER_WORDS: dict[Language, frozenset[str]] = {
    "fr": frozenset({*_FR_UNITS, *_FR_TENS, "vingts", "cent", "cents", "mille", "mil"}),
    "en": frozenset({*_EN_UNITS, *_EN_TENS, "hundred", "thousand"}),
}
"""Folded words that are a number or a part of one."""


@dataclass(frozen=True, slots=True)
class NumberWord:
    """A folded word, or digits, of a number. `pause`: a comma or a breath stands before it, or a space where others of
    the sentence have a hyphen. `tight`: a hyphen does."""

    text: str
    pause: bool = False
    tight: bool = False


def groups(words: Sequence[NumberWord], language: Language, *, joined: bool = False) -> list[str]:
    """The groups of digits that `words` (number words, "et" and digits) dictate; empty where none.

    A pause ends a group, unless `joined`: "soixante, dix-huit" is 60 18, and 78 if what was taken for a pause is none.
    """
    found: list[str] = []
    at = 0
    while at < len(words):
        stop = _barrier(words, at) if not joined else len(words)
        run = [word.text for word in words[at:stop]]
        while run:
            said, used = _one(run, language)
            if said:
                found.append(said)
            run = run[used:]
        at = stop
    return found


def _barrier(words: Sequence[NumberWord], start: int) -> int:
    return next((i for i in range(start + 1, len(words)) if words[i].pause), len(words))


def _one(run: list[str], language: Language) -> tuple[str, int]:
    """The first group of `run`, and how many words it took; "" for a word that is no number by itself."""
    if run[0].isdigit():
        return run[0], 1
    if _value(run[0], language) == 0:
        return "0", 1
    value, used = _below_million(run, language)
    return (str(value), used) if used else ("", 1)


def _value(word: str, language: Language) -> int | None:
    return (_FR_UNITS if language == "fr" else _EN_UNITS).get(word)


def _below_million(run: list[str], language: Language) -> tuple[int, int]:
    if run[0] in _THOUSAND[language]:
        low, used = _below_thousand(run[1:], language)
        return 1000 + low, 1 + used
    high, used = _below_thousand(run, language)
    if used and run[used : used + 1] and run[used] in _THOUSAND[language] and high:
        low, more = _below_thousand(run[used + 1 :], language)
        return high * 1000 + low, used + 1 + more
    return high, used


def _below_thousand(run: list[str], language: Language) -> tuple[int, int]:
    """A number under 2000: "dix-neuf cent" is 1900."""
    if not run:
        return 0, 0
    if run[0] in _HUNDRED[language]:
        low, used = _tail(run[1:], language)
        return 100 + low, 1 + used
    high, used = _below_hundred(run, language)
    if used and 1 < high < 20 and run[used : used + 1] and run[used] in _HUNDRED[language]:
        low, more = _tail(run[used + 1 :], language)
        return high * 100 + low, used + 1 + more
    if language == "en" and high == 1 and run[1:2] and run[1] in _HUNDRED[language]:
        low, more = _tail(run[2:], language)
        return 100 + low, 2 + more
    return high, used


def _tail(run: list[str], language: Language) -> tuple[int, int]:
    """What follows the hundreds; a zero begins another group."""
    skip = 1 if language == "en" and run[:1] == ["and"] else 0
    low, used = _below_hundred(run[skip:], language)
    return (low, used + skip) if low else (0, 0)


def _below_hundred(run: list[str], language: Language) -> tuple[int, int]:
    if not run:
        return 0, 0
    return _french(run) if language == "fr" else _english(run)


def _french(run: list[str]) -> tuple[int, int]:
    if run[0] == "quatre" and run[1:2] and run[1] in ("vingt", "vingts"):
        return _with_units(80, run, 2, teens=True)
    if run[0] in _FR_TENS:
        return _with_units(_FR_TENS[run[0]], run, 1, teens=run[0] == "soixante")
    value = _FR_UNITS.get(run[0])
    if value == 10 and run[1:2] and _FR_UNITS.get(run[1]) in (7, 8, 9):
        return 10 + _FR_UNITS[run[1]], 2
    return (value, 1) if value else (0, 0)


def _with_units(tens: int, run: list[str], used: int, *, teens: bool) -> tuple[int, int]:
    """ "vingt et un", "soixante-douze", "quatre-vingt-dix-neuf"."""
    at = (
        used + 1 if run[used : used + 1] == ["et"] and run[used + 1 : used + 2] in (["un"], ["une"], ["onze"]) else used
    )
    if at >= len(run):
        return tens, used
    value, more = _french(run[at:]) if run[at] in _FR_UNITS and run[at] != "zero" else (0, 0)
    if run[at : at + 2] in (["quatre", "vingt"], ["quatre", "vingts"]):
        return tens, used  # "vingt quatre-vingt" is 20 80
    if 1 <= value <= 9 or (teens and 10 <= value <= 19):
        return tens + value, at + more
    return tens, used


def _english(run: list[str]) -> tuple[int, int]:
    if run[0] in _EN_TENS:
        value = _EN_UNITS.get(run[1], 0) if run[1:] else 0
        return (_EN_TENS[run[0]] + value, 2) if 1 <= value <= 9 else (_EN_TENS[run[0]], 1)
    value = _EN_UNITS.get(run[0])
    return (value, 1) if value else (0, 0)
