"""What a telephone number tells: whether it is possible, its kind, and where its holder may be.

The written form may be any French way (06 12 34 56 78, +33 (0)6…, 0033…), E.164 or a short number.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

from compliance.law.rulebook import rulebook

# National overseas numbers are dialled with ten digits but belong to another country code (T2).
# 063998 is the mainland's range for works of fiction.
_OVERSEAS = {
    "262": 262, "263": 262, "269": 262, "692": 262, "693": 262, "639": 262,
    "590": 590, "690": 590, "691": 590, "594": 594, "694": 594,
    "596": 596, "696": 596, "697": 596, "508": 508,
}  # fmt: skip
FRENCH = frozenset({33, 262, 590, 594, 596, 508, 681, 687, 689})
_NINE_DIGITS = {f"+{code}": code for code in (33, 262, 590, 594, 596)}
_SEPARATORS = re.compile(r"[\s.\-()/\u00a0\u202f\u2010-\u2015]+")
_MASKED = frozenset({"", "anonymous", "unknown", "restricted", "private", "unavailable"})


class Number(NamedTuple):  # made for each case: see `cases.Attempt`
    """A possible number. `national` has no leading zero; `short` numbers have no country code of their own."""

    e164: str
    code: int
    national: str
    short: bool = False
    emergency: bool = False
    premium: str = ""
    """Id of the rule that makes it premium, or empty."""

    @property
    def french(self) -> bool:
        return self.code in FRENCH


@lru_cache(maxsize=4096)  # a long list is read once a number: more would only be kept for nothing
def read(text: str) -> Number | None:
    """The number written in `text`, or None when it is not a possible one."""
    code = _NINE_DIGITS.get(text[:-9])
    if code and text[-9] in "12345679" and text.isascii() and text[-9:].isdigit():
        return Number(text, code, text[-9:])  # the common case: phonenumbers would say the same, slowly
    compact = _SEPARATORS.sub("", text)
    return _national(compact) or _short(compact) or _long(compact)


def _national(compact: str) -> Number | None:
    """A French number as people write it, ten digits: phonenumbers would say the same, slowly."""
    if not (len(compact) == 10 and compact[0] == "0" and compact.isascii() and compact.isdigit()):
        return None
    national = compact[1:]
    code = 33 if national.startswith("63998") else _OVERSEAS.get(national[:3], 33)
    usual = national[0] in "12345679" and code in _NINE_DIGITS.values()
    return Number(f"+{code}{national}", code, national) if usual else None


def _short(compact: str) -> Number | None:
    digits = compact.removeprefix("+33").removeprefix("0033")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 6:
        return None
    rules = rulebook()
    premium = rules.latest("T4").parameters
    if digits in rules.latest("T3").parameters["short"]:
        return Number(digits, 33, digits, short=True, emergency=True)
    if any(_like(digits, pattern) for pattern in premium["short"]):
        return Number(digits, 33, digits, short=True, premium="T4")
    if len(digits) == 4 and any(low <= int(digits) <= high for low, high in premium["free_ranges"]):
        return Number(digits, 33, digits, short=True)
    return None


def _long(compact: str) -> Number | None:
    try:
        parsed = phonenumbers.parse(compact, "FR")
    except phonenumbers.NumberParseException:
        return None
    code, national = parsed.country_code or 0, phonenumbers.national_significant_number(parsed)
    if compact.startswith("0") and not compact.startswith("00") and len(compact) == 10 and code == 33:
        overseas = _OVERSEAS.get(national[:3])
        if overseas and not national.startswith("63998"):
            return _long(f"+{overseas}{national}")
    if not phonenumbers.is_possible_number(parsed):
        return None
    return Number(f"+{code}{national}", code, national, premium=_premium(code, national, parsed))


def _premium(code: int, national: str, parsed: phonenumbers.PhoneNumber) -> str:
    rules = rulebook()
    if code in rules.latest("T6").parameters["codes"]:
        return "T6"
    if code in (33, 262, 590, 594, 596):
        return "T4" if national.startswith(tuple(rules.latest("T4").parameters["prefixes"])) else ""
    kind = phonenumbers.number_type(parsed)
    return "T6" if kind == phonenumbers.PhoneNumberType.PREMIUM_RATE else ""


@lru_cache(maxsize=4096)
def read_shown(text: str) -> Number | None:
    """The number a call would show: also the short codes nobody dials here (any 3BPQ, 118XYZ)."""
    number = read(text)
    digits = _SEPARATORS.sub("", text)
    if number is None and digits.isascii() and digits.isdigit():
        codes = rulebook().latest("C12").parameters["short"]
        return Number(digits, 33, digits, short=True) if any(_like(digits, code) for code in codes) else None
    return number


def masked(text: str | None) -> bool:
    """Whether a caller id shows no number."""
    return text is None or text.strip().lower() in _MASKED


def forbidden(number: Number) -> bool:
    """Whether a caller id is one of those C12 forbids."""
    rule = rulebook().latest("C12").parameters
    if number.short:
        allowed = any(_like(number.national, pattern) for pattern in rule["short_allowed"])
        return not allowed and any(_like(number.national, pattern) for pattern in rule["short"])
    return number.french and number.national.startswith(tuple(rule["prefixes"]))


def mobile(number: Number) -> bool:
    """Whether a caller id is a French 06 or 07 number."""
    return number.code in (33, 262, 590, 594, 596, 508) and (len(number.national) == 9 and number.national[0] in "67")


def npv(number: Number, *, new_overseas: bool = False) -> bool:
    """Whether a French number is a verified polyvalent one (N4, N5; with the switch, N6)."""
    rule = rulebook().latest("N4").parameters
    if len(number.national) != 9:
        return False
    overseas: dict[str, list[str]] = rule["overseas"]
    if number.code == 33:
        prefixes = [*rule["france"], *(p for each in overseas.values() for p in each)]
    else:
        prefixes = list(overseas.get(str(number.code), []))
    if new_overseas:
        prefixes += rule["new_overseas"]
    return number.national.startswith(tuple(prefixes))


def _like(digits: str, pattern: str) -> bool:
    return len(digits) == len(pattern) and digits.startswith(pattern.rstrip("x"))
