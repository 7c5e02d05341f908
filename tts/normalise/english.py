"""English: the rules, in the order they must run (addresses before numbers, sums before decimals …)."""

from __future__ import annotations

import re

from tts.normalise import english_numbers as say
from tts.normalise.english_words import ABBREVIATIONS, SAID, SPELLED, UNITS
from tts.normalise.rules import (
    DOMAIN,
    EMAIL,
    FRENCH_PHONE,
    INTERNATIONAL,
    URL,
    Rule,
    Signs,
    acronyms,
    address,
    apply,
    country,
    pairs,
)

_SIGNS = Signs(at="at", dot="dot", hyphen="dash", underscore="underscore", slash="slash", plus="plus")
_MONEY: dict[str, tuple[str, str, str, str]] = {
    "€": ("euro", "euros", "cent", "cents"),
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
}
_SIGN_OF = {"EUR": "€", "euro": "€", "euros": "€", "USD": "$", "dollar": "$", "dollars": "$", "GBP": "£"} | {
    "pound": "£",
    "pounds": "£",
}
_PER = {"h": "hour", "hr": "hour", "min": "minute", "day": "day", "month": "month", "year": "year", "kg": "kilo"} | {
    "m2": "square metre",
    "s": "second",
    "week": "week",
    "person": "person",
    "mo": "month",
    "yr": "year",
}
_FRACTIONS = {
    "1/2": "a half",
    "1/3": "a third",
    "2/3": "two thirds",
    "1/4": "a quarter",
    "3/4": "three quarters",
    "24/7": "twenty-four seven",
}
_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DAYS = r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_NUMBER = r"(\d{1,3}(?:[, ]\d{3})+|\d+)"
_CURRENCY = r"(€|\$|£|EUR\b|euros?\b|USD\b|GBP\b|dollars?\b|pounds?\b)"
_SCALES = {"k": "thousand", "K": "thousand", "m": "million", "M": "million", "bn": "billion"}


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _international(match: re.Match[str]) -> str:
    written = re.sub(r"\(0\)", "", match[1])
    code, rest = country(_digits(written))
    if code == "33" and len(rest.lstrip("0")) == 9:
        return f" {say.phone(pairs('0' + rest.lstrip('0')))} "
    return f" plus {say.spell(code)}, {say.phone(pairs(rest))} "


def _grouped(match: re.Match[str]) -> str:
    return f" {say.phone(re.findall(r'[0-9]+', match[0]))} "


def _date(match: re.Match[str]) -> str:
    """Day first, as in Europe; month first when it cannot be read otherwise."""
    day, month, year = int(match[2]), int(match[3]), match[4] or ""
    if month > 12 >= day >= 1:
        day, month = month, day
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    said = say.date(day, month, year)
    prefix = match[1] or ""
    return f"{prefix}{said.removeprefix('the ') if prefix.lower().endswith('the ') else said}"


def _iso(match: re.Match[str]) -> str:
    month, day = int(match[2]), int(match[3])
    return say.date(day, month, match[1]) if 1 <= month <= 12 and 1 <= day <= 31 else match[0]


def _day_month(match: re.Match[str]) -> str:
    """`24 November 2026`, `the 24th of November`: with one `the`."""
    day, year = int(match[2]), match[4] or ""
    if not 1 <= day <= 31:
        return match[0]
    return f"the {say.ordinal(day)} of {match[3]}{' ' + say.year(year) if year else ''}"


def _month_day(match: re.Match[str]) -> str:
    day, year = int(match[2]), match[3] or ""
    if not 1 <= day <= 31:
        return match[0]
    return f"{match[1]} the {say.ordinal(day)}{', ' + say.year(year) if year else ''}"


def _clock(match: re.Match[str]) -> str:
    hours, minutes = int(match[1]), int(match[2] or 0)
    half = (match[3] or "").replace(".", "").lower()
    if hours > 24 or minutes > 59:
        return match[0]
    return say.time(hours, minutes, half)


def _sum(whole: str, fraction: str, sign: str) -> str:
    key = _SIGN_OF.get(sign, sign)
    return f"{say.money(_digits(whole), fraction, _MONEY[key])} "


def _scaled(match: re.Match[str]) -> str:
    number = say.decimal(match[2], match[3]) if match[3] else say.cardinal(match[2])
    return f"{number} {_SCALES[match[4]]} {_MONEY[match[1]][1]}"


def _unit(match: re.Match[str]) -> str:
    one, many = UNITS[match[3]]
    whole, fraction = _digits(match[1]), match[2]
    number = say.decimal(whole, fraction) if fraction else say.cardinal(whole)
    return f"{number} {one if int(whole) == 1 and not fraction else many}"


def _slash(match: re.Match[str]) -> str:
    return _FRACTIONS.get(match[0]) or f"{say.cardinal(match[1])} out of {say.cardinal(match[2])}"


_UNIT_NAMES = "|".join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True))
_HALF = r"\s?([ap]\.?m\b\.?)"
_RULES: list[Rule] = [
    (EMAIL, lambda m: address(m[0], _SIGNS)),
    (URL, lambda m: address(m[0], _SIGNS)),
    (DOMAIN, lambda m: address(m[0], _SIGNS)),
    (INTERNATIONAL, _international),
    (FRENCH_PHONE, lambda m: f" {say.phone([m[1], m[3], m[4], m[5], m[6]])} "),
    (re.compile(r"(?<![\w,.])0\d{2,4}[ -]\d{3,4}[ -]?\d{3,4}(?![\d,.])"), _grouped),
    (re.compile(r"(?<![\w,.])\(?\d{3}\)?[ .-]\d{3}[.-]\d{4}(?!\d)"), _grouped),
    (re.compile(r"(?<=\b(?i:call|dial|ring|code) )\d{3,6}\b(?![.,:/]\d|\s?[%€])"), lambda m: say.spell(m[0])),
    (re.compile(r"\b(?:999|911|112|101|111)\b(?![.,:/]\d|\s?[%€])"), lambda m: say.spell(m[0])),
    (re.compile(r"\b24/7\b"), lambda m: _FRACTIONS[m[0]]),
    (re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?:T(?=\d))?\b"), _iso),
    (re.compile(r"((?i:the )?)\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})\b(?!\.\d)"), _date),
    (re.compile(rf"(\b(?i:on|until|before|after|from|{_DAYS}) (?i:the )?)(\d{{1,2}})/(\d{{1,2}})()\b(?!/)"), _date),
    (re.compile(r"()\b(\d{1,2})/(0[1-9]|1[0-2])()\b(?!/)"), _date),
    (re.compile(rf"\b((?i:the ))?(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_MONTH})(?:,? (\d{{4}}))?\b"), _day_month),
    (re.compile(rf"\b({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (\d{{4}})\b)?(?![:\d])"), _month_day),
    (re.compile(rf"\b({_MONTH}|(?i:in|since|until|year|by)) ((?:1[1-9]|20)\d\d)\b(?![,.:/]?\d|\s?[%€$£])"),
     lambda m: f"{m[1]} {say.year(m[2])}"),
    (re.compile(r"(?<=[\dm])\s?(?:-|–)\s?(?=\d{1,2}\s?(?:[ap]\.?m\b|:\d))"), lambda _: " to "),
    (re.compile(rf"(?<![\w,.:])(\d{{1,2}})(?:[:.]([0-5]\d))?{_HALF}", re.IGNORECASE), _clock),
    (re.compile(r"(?<![\w,.:])(\d{1,2})[:h]([0-5]\d)()(?::[0-5]\d)?(?![\w:])"), _clock),
    (re.compile(r"(?<![\w,.:])(\d{1,2}) o'clock()()"), lambda m: f"{say.cardinal(m[1])} o'clock"),
    (re.compile(r"(€|\$|£)\s?(\d+)(?:\.(\d+))?\s?(k|K|m|M|bn)\b"), _scaled),
    (re.compile(rf"(€|\$|£)\s?{_NUMBER}(?:[.,](\d+))?"), lambda m: _sum(m[2], m[3] or "", m[1])),
    (re.compile(rf"(?<![\w,.]){_NUMBER}(?:[.,](\d+))?\s?{_CURRENCY}"), lambda m: _sum(m[1], m[2] or "", m[3])),
    (re.compile(r"/\s?(hr|h|min|day|month|mo|year|yr|week|person|kg|m2|s)\b"), lambda m: f" per {_PER[m[1]]}"),
    (re.compile(r"(?<![\w)])-(?=\d)"), lambda _: "minus "),
    (re.compile(r"\s?%"), lambda _: " percent"),
    (re.compile(r"\s?‰"), lambda _: " per thousand"),
    (re.compile(r"\b(\d{1,9})(?:st|nd|rd|th)\b", re.IGNORECASE), lambda m: say.ordinal(m[1])),
    (re.compile(rf"(?<![\w,.]){_NUMBER}(?:\.(\d+))?\s?({_UNIT_NAMES})(?![\w/'°])"), _unit),
    (re.compile(r"(?<=\d)\s?(?:-|–)\s?(?=\d)"), lambda _: " to "),
    (re.compile(r"(?<![\d/])(\d{1,4})/(\d{1,4})(?![\d/])"), _slash),
    (re.compile(r"\d+(?:\.\d+){2,}"), lambda m: " point ".join(map(say.cardinal, m[0].split(".")))),
    (re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.(\d+))?"),
     lambda m: say.decimal(_digits(m[0].split(".")[0]), m[1]) if m[1] else say.cardinal(_digits(m[0]))),
    (re.compile(r"(\d+)[.,](\d+)"), lambda m: say.decimal(m[1], m[2])),
    (re.compile(r"\d+"), lambda m: f" {say.cardinal(m[0])} "),
]  # fmt: skip
_ABBREVIATIONS: list[Rule] = [
    (re.compile(rf"(?<!\w)(?:{pattern})(?!\w)"), lambda _, said=said: said) for pattern, said in ABBREVIATIONS.items()
]
_SYMBOLS: list[Rule] = [
    (re.compile(r"\s?&\s?"), lambda _: " and "),
    (re.compile(r"\s?\+\s?"), lambda _: " plus "),
    (re.compile(r"\s?=\s?"), lambda _: " equals "),
    (re.compile(r"\s?@\s?"), lambda _: " at "),
    (re.compile(r"\s?€"), lambda _: " euros"),
    (re.compile(r"\s?\$"), lambda _: " dollars"),
    (re.compile(r"\s?£"), lambda _: " pounds"),
    (re.compile(r"\s?°[CF]?"), lambda _: " degrees"),
    (re.compile(r"\s?/\s?"), lambda _: " "),
    (re.compile(r"\s–\s"), lambda _: ", "),
]


def english(text: str) -> str:
    """The words of an already cleaned text."""
    text = apply(text, _ABBREVIATIONS)
    return apply(acronyms(apply(text, _RULES), SAID, SPELLED), _SYMBOLS)
