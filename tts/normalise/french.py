"""French: the rules, in the order they must run (addresses before numbers, sums before decimals …)."""

from __future__ import annotations

import re

from tts.normalise import french_numbers as say
from tts.normalise.french_words import ABBREVIATIONS, SAID, SPELLED, UNITS
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

_SIGNS = Signs(at="arobase", dot="point", hyphen="tiret", underscore="tiret bas", slash="barre oblique", plus="plus")
_MONEY: dict[str, tuple[str, str, str, str]] = {
    "€": ("euro", "euros", "centime", "centimes"),
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("livre", "livres", "penny", "pence"),
}
_PER = {"h": "heure", "min": "minute", "mn": "minute", "j": "jour", "s": "seconde", "m2": "mètre carré"} | {
    "kg": "kilo",
    "km": "kilomètre",
    "l": "litre",
    "pers": "personne",
    "mois": "mois",
    "an": "an",
}
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_DAY = r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|le|du|au|avant|après|depuis|dès)\s+"
_NUMBER = r"(\d{1,3}(?:[ .]\d{3})+|\d+)"
_CURRENCY = r"(€|\$|£|EUR\b|euros?\b|USD\b|GBP\b)"
_FRACTIONS = {"1/2": "un demi", "1/3": "un tiers", "2/3": "deux tiers", "1/4": "un quart", "3/4": "trois quarts"}


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _international(match: re.Match[str]) -> str:
    code, rest = country(_digits(match[1]))
    if code == "33" and len(rest.lstrip("0")) == 9:
        return f" {say.phone(pairs('0' + rest.lstrip('0')))} "
    return f" plus {say.cardinal(code)}, {say.phone(pairs(rest))} "


def _short(match: re.Match[str]) -> str:
    return f"{match[1]}{say.cardinal(match[2])} {say.cardinal(match[3])}"


def _date(match: re.Match[str]) -> str:
    day, month = int(match[2]), int(match[3])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    return f"{match[1] or ''}{say.date(day, month, match[4] or '')}"


def _iso(match: re.Match[str]) -> str:
    month, day = int(match[2]), int(match[3])
    return say.date(day, month, match[1]) if 1 <= month <= 12 and 1 <= day <= 31 else match[0]


def _time(match: re.Match[str]) -> str:
    hours, minutes, seconds = match[1], match[2] or "", (match[3] if match.re.groups > 2 else "") or ""
    if int(minutes or 0) > 59 or (":" in match[0] and int(hours) > 24):
        return match[0]
    return f"{say.time(hours, minutes, seconds)} "


def _price(match: re.Match[str]) -> str:
    whole, fraction, sign = _digits(match[1]), match[2] or "", match[3]
    return _sum(whole, fraction, sign)


def _price_before(match: re.Match[str]) -> str:
    return _sum(_digits(match[2]), match[3] or "", match[1])


def _sum(whole: str, fraction: str, sign: str) -> str:
    key = {"USD": "$", "GBP": "£"}.get(sign, sign if sign in _MONEY else "€")
    return f"{say.money(whole, fraction, _MONEY[key], feminine=key == '£')} "


def _scaled(match: re.Match[str]) -> str:
    number = say.decimal(match[1], match[2]) if match[2] else say.cardinal(match[1])
    many = int(match[1]) > 1
    scale = {"k": "mille euros", "M": f"million{'s' * many} d'euros", "Md": f"milliard{'s' * many} d'euros"}[match[3]]
    return scale if match[3] == "k" and match[1] == "1" and not match[2] else f"{number} {scale}"


def _unit(match: re.Match[str]) -> str:
    one, many = UNITS[match[3]]
    whole, fraction = _digits(match[1]), match[2]
    number = say.decimal(whole, fraction) if fraction else say.before(whole, many)
    return f"{number} {one if int(whole) < 2 else many}"


def _roman(match: re.Match[str]) -> str:
    values = [_ROMAN[letter] for letter in match[1]]
    total = sum(-v if i + 1 < len(values) and v < values[i + 1] else v for i, v in enumerate(values))
    return f"{say.ordinal(str(total), 'er' if total == 1 else 'e')} siècle"


def _slash(match: re.Match[str]) -> str:
    return _FRACTIONS.get(match[0]) or f"{say.cardinal(match[1])} sur {say.cardinal(match[2])}"


def _count(match: re.Match[str]) -> str:
    """An integer with the noun after it, which tells its gender."""
    digits, noun = _digits(match[1]), match[2] or ""
    return f" {say.before(digits, noun.strip())} {noun}"


_UNIT_NAMES = "|".join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True))
_RULES: list[Rule] = [
    (EMAIL, lambda m: address(m[0], _SIGNS)),
    (URL, lambda m: address(m[0], _SIGNS)),
    (DOMAIN, lambda m: address(m[0], _SIGNS)),
    (INTERNATIONAL, _international),
    (FRENCH_PHONE, lambda m: f" {say.phone([m[1], m[3], m[4], m[5], m[6]])} "),
    (re.compile(r"(?<![\d.,])()(11[68]) ?(\d{3})(?![\d]|[.,]\d)(?!\s*(?:€|euro|%))"), _short),
    (re.compile(r"()\b(30|31|36|39)(14|19|18|33|28|37|46|77|20|39|10)\b(?![.,]\d|\s*(?:€|euro|%|k?[mg]\b))"),
     _short),
    (re.compile(r"((?:au|appelez|composez|composer|faites|tapez|numéro)(?: le)? )(3\d)(\d\d)\b(?![.,]\d|\s*€)"),
     _short),
    (re.compile(r"((?i:siren|siret)\W{1,4})(\d[\d ]{7,16}\d)(?!\d)"),
     lambda m: m[1] + ", ".join(say.cardinal(g) for g in re.findall(r"\d{1,3}", _digits(m[2])))),
    (re.compile(r"\b24 ?h?/24\b"), lambda _: "vingt-quatre heures sur vingt-quatre"),
    (re.compile(r"\b7 ?j?/7\b"), lambda _: "sept jours sur sept"),
    (re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?:T(?=\d))?\b"), _iso),
    (re.compile(r"()\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})\b(?!\.\d)"), _date),
    (re.compile(rf"(\b{_DAY})(\d{{1,2}})/(\d{{1,2}})()\b(?!/)", re.IGNORECASE), _date),
    (re.compile(r"()\b(\d{1,2})/(0[1-9]|1[0-2])()\b(?!/)"), _date),
    (re.compile(r"\b1(?= (?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)\b)"),
     lambda _: "premier"),
    (re.compile(r"(?<=[\dh])\s?(?:-|–)\s?(?=\d{1,2}\s?(?:h|:\d))"), lambda _: " à "),
    (re.compile(r"(?<![\w,.])(\d{1,2})\s?(?:h|heures?)\s?([0-5]\d)\s?(?:min|mn)?\b(?!\s?(?:€|%|[/:]))"), _time),
    (re.compile(r"(?<![\w,.])(\d{1,2})\s?[hH](?![\w/'])()"), _time),
    (re.compile(r"(?<![\w,.:])(\d{1,2}):([0-5]\d)(?::([0-5]\d))?(?![\w:])"), _time),
    (re.compile(r"(?<![\w,.])(\d+)(?:,(\d+))?\s?(k|M|Md)€"), _scaled),
    (re.compile(rf"(?<![\w,.]){_NUMBER}(?:[,.](\d+))?\s?{_CURRENCY}"), _price),
    (re.compile(rf"(€|\$|£)\s?{_NUMBER}(?:[,.](\d+))?"), _price_before),
    (re.compile(r"/\s?(h|min|mn|j|s|m2|kg|km|l|pers|mois|an)\b"), lambda m: f" par {_PER[m[1]]}"),
    (re.compile(r"(?<![\w)])-(?=\d)"), lambda _: "moins "),
    (re.compile(r"\s?%"), lambda _: " pour cent"),
    (re.compile(r"\s?‰"), lambda _: " pour mille"),
    (re.compile(r"\b([IVXLC]+)(?:er|e|ème)\s+siècle"), _roman),
    (re.compile(r"\b(\d{1,9})(er|re|ère|ere|ème|eme|e|nde|nd)s?\b"), lambda m: say.ordinal(m[1], m[2])),
    (re.compile(rf"(?<![\w,.]){_NUMBER}(?:,(\d+))?\s?({_UNIT_NAMES})(?![\w/'°])"), _unit),
    (re.compile(r"(?<=\d)\s?(?:-|–)\s?(?=\d)"), lambda _: " à "),
    (re.compile(r"(?<![\d/])(\d{1,4})/(\d{1,4})(?![\d/])"), _slash),
    (re.compile(r"\d+(?:\.\d+){2,}"), lambda m: " point ".join(map(say.cardinal, m[0].split(".")))),
    (re.compile(r"(\d{1,3}(?: \d{3})+|\d+)[,.](\d+)"), lambda m: say.decimal(_digits(m[1]), m[2])),
    (re.compile(r"((?<!\d)[1-9]\d{0,2}(?: \d{3})+(?! ?\d)|\d+)( [^\W\d_]+)?"), _count),
]  # fmt: skip
_ABBREVIATIONS: list[Rule] = [
    (re.compile(rf"(?<![\w])(?:{pattern})(?!\w)"), lambda _, said=said: said) for pattern, said in ABBREVIATIONS.items()
]
_SYMBOLS: list[Rule] = [
    (re.compile(r"\s?&\s?"), lambda _: " et "),
    (re.compile(r"\s?\+\s?"), lambda _: " plus "),
    (re.compile(r"\s?=\s?"), lambda _: " égale "),
    (re.compile(r"\s?@\s?"), lambda _: " arobase "),
    (re.compile(r"\s?€"), lambda _: " euros"),
    (re.compile(r"\s?\$"), lambda _: " dollars"),
    (re.compile(r"\s?£"), lambda _: " livres"),
    (re.compile(r"\s?°C?"), lambda _: " degrés"),
    (re.compile(r"\s?/\s?"), lambda _: " "),
    (re.compile(r"\s–\s"), lambda _: ", "),
]


def french(text: str) -> str:
    """The words of an already cleaned text."""
    text = apply(text, _ABBREVIATIONS)
    return apply(acronyms(apply(text, _RULES), SAID, SPELLED), _SYMBOLS)
