"""How values are said: dates, times, telephone numbers; and templates filled with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time

import phonenumbers

from agents.slots.text import Language
from store.base.numbering import NINE_DIGITS

_WEEKDAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet",
           "août", "septembre", "octobre", "novembre", "décembre"),
    "en": ("January", "February", "March", "April", "May", "June", "July",
           "August", "September", "October", "November", "December"),
}  # fmt: skip
_FIELD = re.compile(r"\{(\w+)\}")


def say_date(day: date, today: date, language: Language) -> str:
    """ "jeudi 26 novembre"; the year only when it is not within the coming months."""
    far = f" {day.year}" if day.year != today.year and (day - today).days > 180 else ""
    weekday, month = _WEEKDAYS[language][day.weekday()], _MONTHS[language][day.month - 1]
    if language == "fr":
        return f"{weekday} {'1er' if day.day == 1 else day.day} {month}{far}"
    ending = "th" if 11 <= day.day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{weekday}, {month} {day.day}{ending}{far}"


def say_time(at: time, language: Language) -> str:
    """ "14 heures 30", "midi"; "2:30 PM", "noon"."""
    if language == "fr":
        if at.hour == 12:
            return "midi" if at.minute == 0 else f"12 heures {at.minute:02d}".replace(" 0", " zéro ")
        unit = "heure" if at.hour in (0, 1) else "heures"
        return f"{at.hour} {unit}" + (f" {at.minute}" if at.minute else "")
    if at == time(12):
        return "noon"
    half = "AM" if at.hour < 12 else "PM"
    minutes = f":{at.minute:02d}" if at.minute else ""
    return f"{(at.hour - 1) % 12 + 1}{minutes} {half}"


def say_phone(number: str, language: Language) -> str:
    """In national form, grouped as people say it: "06 12 34 56 78"."""
    try:
        parsed = phonenumbers.parse(number, "FR")
    except phonenumbers.NumberParseException:
        return number
    if language == "fr" and parsed.country_code in NINE_DIGITS - {33}:  # overseas: said as it is dialled in France
        national = f"0{phonenumbers.national_significant_number(parsed)}"
        return " ".join(national[i : i + 2] for i in range(0, len(national), 2))
    if parsed.country_code == 33 or language != "fr":
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def say_email(address: str, language: Language) -> str:
    """With its signs in words."""
    at, dot = (" arobase ", " point ") if language == "fr" else (" at ", " dot ")
    return address.replace("@", at).replace(".", dot)


def fields(template: str) -> list[str]:
    """The names in braces in `template`, in order."""
    return _FIELD.findall(template)


def fill(template: str, value: Callable[[str], str] | Mapping[str, str]) -> str:
    """`template` with each {name} replaced; an unknown name becomes nothing."""
    look: Callable[[str], str | None] = value if callable(value) else value.get
    filled = _FIELD.sub(lambda match: look(match[1]) or "", template)
    return re.sub(r"\s+([,.])", r"\1", re.sub(r" {2,}", " ", filled)).strip()
