"""French numbers, sums and dates in words."""

from __future__ import annotations

import re

from num2words import num2words  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
_FEMININE = frozenset(
    [
        "heure",
        "heures",
        "minute",
        "minutes",
        "seconde",
        "secondes",
        "semaine",
        "semaines",
        "année",
        "années",
        "livre",
        "livres",
        "personne",
        "personnes",
        "fois",
        "place",
        "places",
        "chambre",
        "chambres",
        "pièce",
        "pièces",
        "tonne",
        "tonnes",
        "journée",
        "journées",
        "nuit",
        "nuits",
        "question",
        "questions",
        "page",
        "pages",
        "option",
        "options",
        "séance",
        "séances",
        "consultation",
        "consultations",
        "réunion",
        "réunions",
        "offre",
        "offres",
        "visite",
        "visites",
    ]
)
_LONGEST = 15


def cardinal(digits: str | int, *, feminine: bool = False) -> str:
    """An integer in words. Longer than a billion of millions: digit by digit. Keeps leading zeros."""
    text = str(digits)
    bare = text.lstrip("0")
    if len(text) > _LONGEST:
        return spell(text)
    zeros = ["zéro"] * (len(text) - len(bare) if bare else max(1, len(text)))
    words = " ".join([*zeros, str(num2words(int(bare), lang="fr"))] if bare else zeros)
    return re.sub(r"\bun$", "une", words) if feminine else words


def spell(digits: str) -> str:
    """Digit by digit."""
    return " ".join(str(num2words(int(d), lang="fr")) for d in digits)


def before(digits: str, noun: str) -> str:
    """An integer in words as it is said before `noun`: `une` heure, `vingt et une` minutes."""
    return cardinal(digits, feminine=noun.lower() in _FEMININE)


def ordinal(number: str, ending: str) -> str:
    """`1er`, `1re`, `2e`, `2nd`, `2nde`, `21e`."""
    value = int(number)
    if value == 1:
        return "première" if ending.startswith(("re", "ère", "ere")) else "premier"
    if ending.startswith("nd"):
        return "seconde" if ending.startswith("nde") else "second"
    if len(number) > 9 or value == 0:
        return cardinal(number)
    return str(num2words(value, lang="fr", to="ordinal"))


def decimal(whole: str, fraction: str) -> str:
    """`12,5`, `3,05`: the decimals as a number with their leading zeros, or one by one when many."""
    tail = cardinal(fraction) if len(fraction) <= 3 else spell(fraction)
    return f"{cardinal(whole)} virgule {tail}"


def money(whole: str, fraction: str, unit: tuple[str, str, str, str], *, feminine: bool = False) -> str:
    """A sum. `unit`: euro, euros, centime, centimes."""
    one, many, cent, cents = unit
    if len(fraction) > 2:
        return f"{decimal(whole, fraction)} {one if int(whole) < 2 else many}"
    small = int(fraction.ljust(2, "0") or 0)
    if int(whole) == 0 and small:
        return f"{cardinal(small)} {cent if small == 1 else cents}"
    link = ("d'" if many[0] in "aeiou" else "de ") if re.fullmatch(r"[1-9]\d*0{6}", whole) else ""
    sum_ = f"{cardinal(whole, feminine=feminine)} {link}{one if int(whole) < 2 else many}"
    return f"{sum_} {cardinal(small)}" if small else sum_


def date(day: int, month: int, year: str = "") -> str:
    """`premier décembre deux mille vingt-six`. Two digits of year are of this century."""
    if len(year) == 2:
        year = f"20{year}"
    said = "premier" if day == 1 else cardinal(day)
    return " ".join(filter(None, [said, MONTHS[month - 1], cardinal(int(year)) if year else ""]))


def time(hours: str, minutes: str = "", seconds: str = "") -> str:
    """`quatorze heures trente`. Midnight is said when it is written 0 h or 00:00."""
    if int(hours) == 0 and int(seconds or 0) == 0:
        return "minuit" if int(minutes or 0) == 0 else f"minuit {cardinal(int(minutes), feminine=True)}"
    words = f"{cardinal(int(hours), feminine=True)} {'heure' if int(hours) < 2 else 'heures'}"
    if int(minutes or 0):
        words += f" {cardinal(int(minutes), feminine=True)}"
    if int(seconds or 0):
        words += f" et {cardinal(int(seconds), feminine=True)} {'seconde' if int(seconds) < 2 else 'secondes'}"
    return words


def phone(groups: list[str]) -> str:
    """Groups of digits with a breath between: `zéro un, soixante-deux, zéro zéro`."""
    return ", ".join(cardinal(group) for group in groups)
