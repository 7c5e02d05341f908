"""The kinds of numbers the law knows: emergency, premium, polyvalent, forbidden to show. How a number is written is the
numbering plan's (`store.base.numbering`)."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

from compliance.law.rulebook import Rule, rulebook
from store.base import numbering
from store.base.numbering import Number

_MASKED = frozenset({"", "anonymous", "unknown", "restricted", "private", "unavailable"})
_SEPARATORS = re.compile(r"[\s.\-()/\u00a0\u202f\u2010-\u2015]+")


def read(text: str) -> Number | None:
    """The number written in `text`, or None when it is not one that may be dialled from here."""
    number = numbering.read(text)
    return number if number is None or not number.short or _dialled(number.national) else None


@lru_cache(maxsize=4096)
def _dialled(short: str) -> bool:
    """A short code that rules know: emergency, premium, or free."""
    rules = rulebook()
    if short in rules.latest("T3").parameters["short"]:
        return True
    premium = rules.latest("T4").parameters
    free = len(short) == 4 and any(low <= int(short) <= high for low, high in premium["free_ranges"])
    return free or any(_like(short, pattern) for pattern in premium["short"])


@lru_cache(maxsize=4096)
def emergency(number: Number) -> bool:
    """Whether it is an emergency or social number (T3)."""
    return number.short and number.national in rulebook().latest("T3").parameters["short"]


@lru_cache(maxsize=4096)
def premium(number: Number) -> str:
    """Id of the rule that makes it premium, or empty."""
    rules = rulebook()
    if number.short:
        shorts = rules.latest("T4").parameters["short"]
        return "T4" if any(_like(number.national, pattern) for pattern in shorts) else ""
    if number.code in rules.latest("T6").parameters["codes"]:
        return "T6"
    if number.code in numbering.NINE_DIGITS:
        return "T4" if number.national.startswith(tuple(rules.latest("T4").parameters["prefixes"])) else ""
    kind = phonenumbers.number_type(phonenumbers.parse(number.e164))
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


def dear(number: Number, rule: Rule) -> bool:
    """Whether a number shown costs more than an ordinary call, by a rule's prefixes and short codes (N12)."""
    if number.short:
        return any(_like(number.national, pattern) for pattern in rule.parameters["short"])
    return number.french and number.national.startswith(tuple(rule.parameters["prefixes"]))


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
