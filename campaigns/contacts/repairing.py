"""A telephone number as people's tables hold it: read, repaired where only one repair is possible, else named. Pure.

Nothing is guessed: a wrong number is somebody else's telephone, who has agreed to nothing.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from campaigns.contacts.files.sheet import Cell
from store.base.numbering import Number, read

_UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
"""What copying from an address book leaves: joiners, direction marks."""
_DECIMALS = re.compile(r"(\d+)[.,]0+")
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?\s*[eE]\+?(\d{1,2})")
_PARTS = re.compile(r"\s*(?:[;/|,&\n\r]|\bou\b|\bet\b|\bpuis\b|\bor\b|\band\b)\s*", re.IGNORECASE)
_LABEL = re.compile(
    r"(?:t[ée]l(?:[ée]phone)?|mob(?:ile)?|port(?:able)?|gsm|fixe|bureau|domicile|perso(?:nnel)?|pro(?:fessionnel)?"
    r"|maison|travail|num[ée]ro|n°|phone|cell|home|work)[.:\s]*",
    re.IGNORECASE,
)
"""Words that only say which telephone it is."""
_SIGNS = re.compile(r"[\s.\-()/\u00a0\u202f]+")
_NATIONAL = re.compile(r"0(?!508)[1-9]\d{8}", re.ASCII)
_LOST_ZERO = re.compile(r"[1-9]\d{8}", re.ASCII)
_ROUND = re.compile(r"[1-9]\d*0{6,}")


class Reading(NamedTuple):
    """What a cell says: `e164` ('' where it is no number to call), `reason`: what was repaired, or what is wrong."""

    e164: str
    reason: str = ""


def number(cell: Cell) -> Reading:
    """The one number in a cell. `typed` numbers have lost their zeros, and maybe their digits."""
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", cell.text)).strip().strip("'")
    if not text:
        return Reading("", "no number")
    if text.startswith("#"):
        return Reading("", f"the cell holds the error {text[:20]}")
    whole, note = _whole(text)
    if not whole:
        return Reading("", note)
    if (cell.typed or note or whole.isdigit()) and _ROUND.fullmatch(whole):
        return Reading("", f"{text}: its last digits were lost (a spreadsheet rounded it)")
    if found := _read(whole, note):
        return found
    return _among(text)


def _whole(text: str) -> tuple[str, str]:
    """The text without what a spreadsheet did to its number, and what that was; ('', why) where digits are lost."""
    if match := _DECIMALS.fullmatch(text):
        return match[1], "decimals taken off"
    if match := _SCIENTIFIC.fullmatch(text):
        digits = match[1] + (match[2] or "")
        if int(match[3]) + 1 != len(digits):
            return "", f"{text}: its last digits were lost (written as a power of ten)"
        return digits, "written out again from a power of ten"
    return text, ""


def _read(text: str, note: str = "") -> Reading | None:
    """The text as one number, a lost zero put back; None where it is none."""
    digits = _SIGNS.sub("", text)
    if _NATIONAL.fullmatch(digits):
        found = read(f"+33{digits[1:]}")  # what the plan makes of it too, by a shorter way: most of a list is so
    elif _LOST_ZERO.fullmatch(digits):
        found, note = read(f"0{digits}"), "; ".join(filter(None, (note, "its first zero put back")))
    elif re.fullmatch(r"\+?[\d\s.\-()\u00a0\u202f/]+|tel:.*|sip:.*", text):
        found = read(text)
    else:
        return None
    return _told(found, text, note) if found is not None else None


def _told(found: Number, text: str, note: str) -> Reading:
    if found.short:
        return Reading("", f"{text}: a short or emergency number, nobody's own")
    if not re.fullmatch(r"\+[1-9]\d{5,14}", found.e164):
        return Reading("", _why_not(text))
    return Reading(found.e164, note)


def _among(text: str) -> Reading:
    """Several numbers, or one with words beside it."""
    numbers: dict[str, None] = {}
    rest: list[str] = []
    for part in filter(None, _PARTS.split(text)):
        bare = _LABEL.sub("", part).strip(" ()")
        found = _read(bare) if bare else None
        if found and found.e164:
            numbers[found.e164] = None
        elif re.search(r"\d", part):
            rest.append(part)
    if len(numbers) > 1:
        return Reading("", f"several numbers in one cell: {', '.join(numbers)}")
    if len(numbers) == 1 and not rest:
        return Reading(next(iter(numbers)), "what stood beside the number left out")
    return Reading("", _why_not(text))


def _why_not(text: str) -> str:
    shown = text if len(text) <= 40 else f"{text[:39]}…"
    digits = re.sub(r"\D", "", text)
    if not digits:
        return f"{shown!r} is no number"
    if re.search(r"[^\W\d_]", text):
        return f"{shown!r}: letters among the digits"
    if len(digits) >= 18:
        return f"{shown!r}: {len(digits)} digits, several numbers written together?"
    if len(digits) < 9:
        return f"{shown!r}: {len(digits)} digits, too few"
    if digits.startswith("0"):
        return f"{shown!r}: {len(digits)} digits, a French number has 10"
    return f"{shown!r}: of which country? Write it with + and the country's code"


def postcode(cell: Cell) -> Reading:
    """A French postcode: five digits, or '' with why. One that lost its zero gets it back."""
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", cell.text)).removesuffix(".0")
    if re.fullmatch(r"\d{5}", text) or not text:
        return Reading(text)
    if re.fullmatch(r"[1-9]\d{3}", text) and cell.typed:
        return Reading(f"0{text}", "the postcode's first zero put back")
    return Reading("", f"postcode {text[:20]!r} is not five digits: left out")
