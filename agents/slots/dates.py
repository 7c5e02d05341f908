"""Dates as callers say them, relative to now: "mardi prochain", "le 24", "in two weeks"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from agents.slots.text import Language

Part = Literal["", "morning", "afternoon", "evening"]

WEEKDAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
}
MONTHS = {
    "fr": ("janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet",
           "aout", "septembre", "octobre", "novembre", "decembre"),
    "en": ("january", "february", "march", "april", "may", "june", "july",
           "august", "september", "october", "november", "december"),
}  # fmt: skip

_PARTS: dict[str, tuple[tuple[str, Part], ...]] = {
    "fr": (
        (r"\b(?:apr(?:es)? ?midi|aprem)\b", "afternoon"),
        (r"\b(?:soir|soiree|fin de journee)\b", "evening"),
        (r"\b(?:matin|matinee)\b", "morning"),
    ),
    "en": ((r"\bafternoon\b", "afternoon"), (r"\b(?:evening|tonight)\b", "evening"),
           (r"\bmorning\b", "morning")),
}  # fmt: skip


_Rule = tuple[str, Callable[[re.Match[str], date], date | None]]
"""A pattern, and what its match means on a given day."""


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date and where it stood in the text."""

    value: date
    start: int
    end: int


def part_of_day(text: str, language: Language) -> Part:
    """Morning, afternoon or evening, if the folded `text` says so."""
    for pattern, part in _PARTS[language]:
        if re.search(pattern, text):
            return part
    return ""


def find_date(text: str, language: Language, today: date, *, asked: bool = False) -> FoundDate | None:
    """The first date in `text` (as `text.digits` makes it). `asked`: a bare "24" is a day of the month.

    The day-of-month alone, or a weekday alone, is the next one to come: "jeudi" said on a Thursday is
    in a week.
    """
    for pattern, read in _RULES[language]:
        for match in re.finditer(pattern, text):
            value = read(match, today)
            if value is not None:
                return FoundDate(value, match.start(), match.end())
    if asked and (
        match := re.fullmatch(
            r"(?:\D*\s)?(\d{1,2})(?:er|st|nd|rd|th)?(?! ?(?:h\b|heure|:|minutes?\b|ans?\b))(?: \D*)?", text
        )
    ):
        value = _next_day(int(match[1]), today)
        if value is not None:
            return FoundDate(value, match.start(1), match.end(1))
    return None


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _on(day: int, month: int, year: str | None, today: date) -> date | None:
    if year:
        return _make(int(year) + (2000 if len(year) == 2 else 0), month, day)
    this_year = _make(today.year, month, day)
    if this_year is not None and this_year >= today:
        return this_year
    return _make(today.year + 1, month, day) or _make(today.year + 2, month, day)


def _next_day(day: int, today: date, weekday: int | None = None) -> date | None:
    """The next such day of the month; on that weekday where one comes within a year."""
    if not 1 <= day <= 31:
        return None
    coming: list[date] = []
    for ahead in range(12):
        year, month = divmod(today.year * 12 + today.month - 1 + ahead, 12)
        made = _make(year, month + 1, day)
        if made is not None and made >= today:
            coming.append(made)
    fitting = [d for d in coming if weekday is None or d.weekday() == weekday]
    return next(iter(fitting or coming), None)


def _coming(weekday: int, today: date) -> date:
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _in_week(weekday: int, today: date, weeks: int) -> date:
    return today - timedelta(days=today.weekday()) + timedelta(days=7 * weeks + weekday)


def _months_on(count: int, today: date) -> date | None:
    year, month = divmod(today.year * 12 + today.month - 1 + count, 12)
    return next((d for back in range(4) if (d := _make(year, month + 1, today.day - back))), None)


def _span(count: int, unit: str, today: date, language: Language) -> date | None:
    if unit.startswith(("mois", "month")):
        return _months_on(count, today)
    if unit.startswith(("semaine", "week")):
        return today + timedelta(weeks=count)
    # "dans huit jours" is a week, "dans quinze jours" two: the French count both ends
    idiom = {8: 7, 15: 14} if language == "fr" else {}
    return today + timedelta(days=idiom.get(count, count))


def _nth(number: str, weekday: int, month: str | None, today: date) -> date | None:
    """ "Le dernier lundi du mois", "le 2eme jeudi de mars": this month's, or the next that has one to come."""
    for ahead in range(14):
        year, index = divmod(today.year * 12 + today.month - 1 + ahead, 12)
        if month in MONTHS["fr"] and index != MONTHS["fr"].index(month):
            continue
        if month == "prochain" and ahead == 0:
            continue
        days = [d for n in range(1, 32) if (d := _make(year, index + 1, n)) and d.weekday() == weekday]
        at = -1 if number.startswith("dernier") else _NTH.get(number, 0)
        if at < len(days) and days[at] >= today:
            return days[at]
    return None


_NTH = {"1er": 0, "premier": 0, "2eme": 1, "second": 1, "3eme": 2, "4eme": 3}
_FEASTS = {
    "la veille de noel": (12, 24), "le reveillon de noel": (12, 24), "le lendemain de noel": (12, 26), "noel": (12, 25),
    "la saint sylvestre": (12, 31), "la veille du jour de l an": (12, 31), "le jour de l an": (1, 1),
    "la saint valentin": (2, 14), "la fete nationale": (7, 14), "la toussaint": (11, 1), "l armistice": (11, 11),
}  # fmt: skip


def _feast(name: str, today: date) -> date | None:
    month, day = _FEASTS[name]
    return _on(day, month, None, today)


def _rules_fr() -> list[_Rule]:
    day = "(" + "|".join(WEEKDAYS["fr"]) + ")"
    month = "(" + "|".join(MONTHS["fr"]) + ")"
    days, months = WEEKDAYS["fr"], MONTHS["fr"]

    def weekday_number(m: re.Match[str], today: date) -> date | None:
        return _next_day(int(m[2]), today, days.index(m[1]))

    return [
        (r"\b(\d{1,2}) ?/ ?(\d{1,2})(?: ?/ ?(\d{4}|\d{2}))?\b",
         lambda m, t: _on(int(m[1]), int(m[2]), m[3], t) if int(m[2]) <= 12 else None),
        (rf"\b(?:{day} )?(?:le )?(\d{{1,2}})(?:er)? {month}(?: (\d{{4}}))?\b",
         lambda m, t: _on(int(m[2]), months.index(m[3]) + 1, m[4], t)),
        (rf"\b({'|'.join(_FEASTS)})\b", lambda m, t: _feast(m[1], t)),
        (rf"\b(1er|premier|2eme|second|3eme|4eme|dernier) {day}(?: (?:du mois(?: (prochain))?|(?:de|d) {month}))?\b",
         lambda m, t: _nth(m[1], days.index(m[2]), m[3] or m[4], t)),
        (r"\b(?:d aujourd ?hui|de demain|demain) en (8|15)\b",
         lambda m, t: t + timedelta(days=(7 if m[1] == "8" else 14) + ("demain" in m[0]))),
        (r"\bapres demain\b", lambda m, t: t + timedelta(days=2)),
        (r"\bdemain\b", lambda m, t: t + timedelta(days=1)),
        (r"\b(?:aujourd ?hui|ce (?:matin|midi|soir)|cet(?:te)? apres midi|tout de suite|maintenant)\b",
         lambda m, t: t),
        (rf"\b(?:dans|d ici) (\d{{1,2}}) semaines?(?: le)? {day}\b",
         lambda m, t: _in_week(days.index(m[2]), t, int(m[1]))),
        (r"\b(?:dans|d ici) (\d{1,2}) (jours?|semaines?|mois)\b", lambda m, t: _span(int(m[1]), m[2], t, "fr")),
        (r"\b(?:dans|d ici) (?:1 )?(huitaine|quinzaine|dizaine)(?: de jours)?\b",
         lambda m, t: t + timedelta(days={"huitaine": 7, "quinzaine": 14, "dizaine": 10}[m[1]])),
        (rf"\bpas (?:ce |le )?{day}(?: ci| la)? (?:mais )?(?:celui|le) d apres\b",
         lambda m, t: _coming(days.index(m[1]), t) + timedelta(days=7)),
        (rf"\b{day} (?:mais )?pas cette semaine (?:mais )?(?:celle|la semaine) d apres\b",
         lambda m, t: _in_week(days.index(m[1]), t, 1)),
        (rf"\bpas cette semaine (?:mais )?(?:celle|la semaine) d apres(?: le)? {day}\b",
         lambda m, t: _in_week(days.index(m[1]), t, 1)),
        (rf"\b{day} en (8|15)\b",
         lambda m, t: _coming(days.index(m[1]), t) + timedelta(days=7 if m[2] == "8" else 14)),
        (rf"\b{day} (?:de )?(?:la )?semaine (?:prochaine|suivante|qui vient)\b",
         lambda m, t: _in_week(days.index(m[1]), t, 1)),
        (rf"\bsemaine (?:prochaine|suivante|qui vient),? (?:le )?{day}\b",
         lambda m, t: _in_week(days.index(m[1]), t, 1)),
        (rf"\b{day} (?:de )?cette semaine\b", lambda m, t: _in_week(days.index(m[1]), t, 0)),
        (rf"\b{day} (?:le )?(\d{{1,2}})(?:er)?\b(?! ?(?:h\b|h\d|heure|:))", weekday_number),
        (rf"\b(?:ce |le )?{day}(?: prochain| qui vient)?\b",
         lambda m, t: _coming(days.index(m[1]), t)),
        (r"\ble (\d{1,2})(?:er)?\b(?! ?(?:h\b|h\d|heure|:|/|\d|e\b|eme))", lambda m, t: _next_day(int(m[1]), t)),
    ]  # fmt: skip


def _rules_en() -> list[_Rule]:
    day = "(" + "|".join(WEEKDAYS["en"]) + ")"
    month = "(" + "|".join(MONTHS["en"]) + ")"
    nth = r"(\d{1,2})(?:st|nd|rd|th)"
    days, months = WEEKDAYS["en"], MONTHS["en"]
    return [
        (r"\b(\d{1,2}) ?/ ?(\d{1,2})(?: ?/ ?(\d{4}|\d{2}))?\b",
         lambda m, t: _on(int(m[1]), int(m[2]), m[3], t) if int(m[2]) <= 12 else None),
        (rf"\b(?:{day} )?(?:the )?(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {month}(?: (\d{{4}}))?\b",
         lambda m, t: _on(int(m[2]), months.index(m[3]) + 1, m[4], t)),
        (rf"\b(?:{day} )?{month} (?:the )?(\d{{1,2}})(?:st|nd|rd|th)?\b(?: (\d{{4}})\b)?",
         lambda m, t: _on(int(m[3]), months.index(m[2]) + 1, m[4], t)),
        (r"\bday after tomorrow\b", lambda m, t: t + timedelta(days=2)),
        (rf"\b(?:a|1) week (?:on |from )?{day}\b",
         lambda m, t: _coming(days.index(m[1]), t) + timedelta(days=7)),
        (rf"\b{day} week\b", lambda m, t: _coming(days.index(m[1]), t) + timedelta(days=7)),
        (r"\btomorrow\b", lambda m, t: t + timedelta(days=1)),
        (r"\b(?:today|tonight|this (?:morning|afternoon|evening)|right now)\b", lambda m, t: t),
        (r"\bin (?:a|(\d{1,2})) (days?|weeks?|months?)\b",
         lambda m, t: _span(int(m[1] or 1), m[2], t, "en")),
        (r"\b(?:a|1) (fortnight)\b", lambda m, t: t + timedelta(days=14)),
        (rf"\b{day} (?:of )?next week\b", lambda m, t: _in_week(days.index(m[1]), t, 1)),
        (rf"\bnext week (?:on )?{day}\b", lambda m, t: _in_week(days.index(m[1]), t, 1)),
        # "next Thursday" said on a Monday is mostly meant as next week's; the read-back settles it
        (rf"\bnext {day}\b", lambda m, t: _in_week(days.index(m[1]), t, 1)),
        (rf"\b{day} (?:the )?{nth}\b", lambda m, t: _next_day(int(m[2]), t, days.index(m[1]))),
        (rf"\b(?:this |on )?(?:coming )?{day}\b", lambda m, t: _coming(days.index(m[1]), t)),
        (rf"\b(?:on )?the {nth}\b", lambda m, t: _next_day(int(m[1]), t)),
    ]  # fmt: skip


_RULES = {"fr": _rules_fr(), "en": _rules_en()}
