"""Card numbers and IBANs as they are dictated, so that they are not kept: found, and shortened. Pure.

A card number has the length and the first digits of its network and passes Luhn's check (ISO/IEC 7812-1); an IBAN
has its country's length and is 1 modulo 97 (ISO 13616).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from agents.dictation.pieces import Piece, pieces
from agents.dictation.result import FILLERS
from agents.slots.text import Language, fold, listed

HIDDEN = "****"
"""What stands for the digits that are not kept."""

_NETWORKS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}"  # Visa
    r"|(?:5[1-5]|2[2-7])\d{14}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|[689]\d)\d{11}"  # Diners Club
    r"|35\d{14}"  # JCB
    r"|(?:6\d|5[06-9])\d{14,17}"  # Discover, UnionPay, Maestro
)
_LONGEST_CARD = 19
_LENGTHS = {
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
    "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21,
    "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "TN": 24, "MA": 28, "TR": 26, "VA": 22,
}  # fmt: skip
"""Characters of an IBAN of each country (the SWIFT registry): SEPA's, and those that callers in France name."""
_BETWEEN = frozenset(
    listed("et puis alors donc euh heu tiret espace point oui voila ensuite and then dash space dot yes")
)
_LETTERS = 4
"""A word of so many capitals at most is letters of an IBAN ("FR", "NWBK")."""


@dataclass(frozen=True, slots=True)
class Part:
    """Where a number stands in one of several sentences: which, and from character `start` to `end`."""

    at: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Payment:
    """A card number or an IBAN that was said. `short`: what may be kept of it."""

    kind: Literal["card", "iban"]
    short: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Sign:
    """A piece of letters or digits in one sentence, from character `start` to `end`; without text, a word between."""

    text: str
    start: int
    end: int


Read = Callable[[str, Language], tuple[Sign, ...]]
"""`signs`, or what remembers what it told: nothing here keeps a sentence."""


@dataclass(frozen=True, slots=True)
class _Run:
    """A piece of letters or digits, and in which sentence it stands."""

    text: str
    at: int
    start: int
    end: int


def is_card(digits: str) -> bool:
    """The digits are those of a payment card."""
    return bool(_NETWORKS.fullmatch(digits)) and _luhn(digits)


def is_iban(text: str) -> bool:
    """Letters and digits without spaces are an IBAN."""
    if len(text) != _LENGTHS.get(text[:2], 0) or not text[2:4].isdigit() or not text.isalnum() or not text.isascii():
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def signs(text: str, language: Language) -> tuple[Sign, ...]:
    """What of a sentence may be part of a number, in order, and where another word interrupts it."""
    found: list[Sign] = []
    for piece in pieces(text, language):
        letters = _dictated(piece)
        if letters:
            found.append(Sign(letters, piece.start, piece.end))
        elif piece.kind == "word" and not _between(piece, language) and (not found or found[-1].text):
            found.append(Sign("", piece.start, piece.end))
    return tuple(found)


def payments(said: Sequence[str], language: Language, read: Read = signs) -> list[Payment]:
    """The card numbers and IBANs in sentences that follow each other: each may go over several of them."""
    found: list[Payment] = []
    for run in _runs(said, language, read):
        at = 0
        while at < len(run):
            taken = _iban(run[at:]) or _card(run[at:])
            if taken is None:
                at += 1
                continue
            payment, used = taken
            found.append(payment)
            at += used
    return found


def hidden(text: str, language: Language, read: Read = signs) -> str:
    """`text` without its card numbers and IBANs."""
    return cut(text, [(part.start, part.end, payment.short) for payment in payments([text], language, read)
                      for part in payment.parts])  # fmt: skip


def cut(text: str, spans: Sequence[tuple[int, int, str]]) -> str:
    """`text` with each (start, end) replaced."""
    for start, end, short in sorted(spans, reverse=True):
        text = text[:start] + short + text[end:]
    return text


def figures(text: str, language: Language, read: Read = signs) -> tuple[str, int, int]:
    """All digits of a sentence, and from where to where they stand in it; the letters of an IBAN among them."""
    digits = [sign for sign in read(text, language) if sign.text.isdigit()]
    if not digits:
        return "", 0, 0
    return "".join(piece.text for piece in digits), digits[0].start, digits[-1].end


def _iban(run: Sequence[_Run]) -> tuple[Payment, int] | None:
    text = ""
    for used, piece in enumerate(run, 1):
        text += piece.text.upper()
        if len(text) >= 2 and text[:2] not in _LENGTHS:
            return None
        length = _LENGTHS.get(text[:2], 2)
        if len(text) >= length > 2:
            return (_payment("iban", text, run[:used]), used) if is_iban(text) else None
    return None


def _card(run: Sequence[_Run]) -> tuple[Payment, int] | None:
    digits, best = "", None
    for used, piece in enumerate(run, 1):
        digits += piece.text
        if not digits.isdigit() or len(digits) > _LONGEST_CARD:
            break
        if is_card(digits):
            best = _payment("card", digits, run[:used]), used
    return best


def _payment(kind: Literal["card", "iban"], text: str, run: Sequence[_Run]) -> Payment:
    parts: dict[int, Part] = {}
    for piece in run:
        first = parts.get(piece.at)
        parts[piece.at] = Part(piece.at, first.start if first else piece.start, piece.end)
    return Payment(kind, (text[:2] if kind == "iban" else "") + HIDDEN + text[-4:], tuple(parts.values()))


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits))]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _runs(said: Sequence[str], language: Language, read: Read) -> Iterator[list[_Run]]:
    """What is dictated without another word between: one run may go on in the next sentence."""
    run: list[_Run] = []
    for at, text in enumerate(said):
        for sign in read(text, language):
            if sign.text:
                run.append(_Run(sign.text, at, sign.start, sign.end))
            elif run:
                yield run
                run = []
    yield run


def _dictated(piece: Piece) -> str:
    if piece.kind in ("digits", "letter"):
        return piece.text
    word = piece.text
    if piece.kind == "word" and len(word) <= _LETTERS and word.isascii() and (word.isupper() or word.lower() == "fr"):
        return word
    return ""


def _between(piece: Piece, language: Language) -> bool:
    word = fold(piece.text)
    return word in _BETWEEN or (len(word) <= 2 and word in FILLERS[language])


__all__ = [
    "HIDDEN", "Part", "Payment", "Read", "Sign", "cut", "figures", "hidden", "is_card", "is_iban", "payments", "signs",
]  # fmt: skip
