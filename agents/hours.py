"""Opening hours: is it open then, and how the hours are said."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from agents.slots.dates import WEEKDAYS
from agents.slots.text import Language
from agents.spoken import say_date, say_time

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RANGE = re.compile(r"\s*(\d{1,2})(?:[:h](\d{2}))?h?\s*[-–]\s*(\d{1,2})(?:[:h](\d{2}))?h?\s*")

Spans = tuple[tuple[time, time], ...]


def parse_spans(text: str) -> Spans:
    """ "9:00-12:30, 14:00-18:30" as (open, close) pairs in order. Raises ValueError."""
    if text.strip().lower() in ("", "closed", "fermé"):
        return ()
    spans: list[tuple[time, time]] = []
    for piece in text.split(","):
        match = _RANGE.fullmatch(piece)
        if match is None:
            raise ValueError(f"'{piece.strip()}' is not opening hours; write 9:00-12:30, 14:00-18:30")
        opens = time(int(match[1]) % 24, int(match[2] or 0))
        closes = time(int(match[3]) % 24, int(match[4] or 0))
        if closes <= opens or (spans and opens < spans[-1][1]):
            raise ValueError(f"'{piece.strip()}' ends before it begins, or overlaps the hours before it")
        spans.append((opens, closes))
    return tuple(spans)


def _checked(text: str) -> str:
    parse_spans(text)
    return text


HoursText = Annotated[str, AfterValidator(_checked)]


class Closure(BaseModel):
    """An exceptional closure, both days included."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    first: date = Field(alias="from")
    last: date | None = Field(None, alias="to")
    reason: str = ""

    def holds(self, day: date) -> bool:
        """Closed on that day."""
        return self.first <= day <= (self.last or self.first)


class Hours(BaseModel):
    """The hours of a week, and the closures."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mon: HoursText = ""
    tue: HoursText = ""
    wed: HoursText = ""
    thu: HoursText = ""
    fri: HoursText = ""
    sat: HoursText = ""
    sun: HoursText = ""
    closed: list[Closure] = []

    @model_validator(mode="after")
    def _some(self) -> Hours:
        if not any(self.week()):
            raise ValueError("no day has hours; leave 'hours' out if the agent has none")
        return self

    def week(self) -> list[Spans]:
        """The spans of each day, Monday first."""
        return [parse_spans(getattr(self, day)) for day in DAYS]

    def spans(self, day: date) -> Spans:
        """The hours of that day; empty when closed."""
        if any(closure.holds(day) for closure in self.closed):
            return ()
        return parse_spans(getattr(self, DAYS[day.weekday()]))

    def open_at(self, day: date, at: time) -> bool:
        """Open then: from the opening up to, not including, the closing."""
        return any(opens <= at < closes for opens, closes in self.spans(day))

    def reason(self, day: date) -> str:
        """Why that day is exceptionally closed; empty if it is not, or if no reason is given."""
        return next((closure.reason for closure in self.closed if closure.holds(day)), "")


_SPAN: dict[Language, tuple[str, str]] = {"fr": ("de {0} à {1}", " et "), "en": ("from {0} to {1}", " and ")}


def say_spans(spans: Spans, language: Language) -> str:
    """ "de 9 heures à midi et de 14 heures à 18 heures 30"."""
    span, join = _SPAN[language]
    return join.join(span.format(say_time(a, language), say_time(b, language)) for a, b in spans)


def say_week(hours: Hours, language: Language) -> str:
    """The week's hours, days with the same hours together: "lundi, mardi et jeudi de 9 heures à midi"."""
    together: dict[Spans, list[int]] = {}
    for number, spans in enumerate(hours.week()):
        if spans:
            together.setdefault(spans, []).append(number)
    return ", ".join(f"{_days(days, language)} {say_spans(spans, language)}" for spans, days in together.items())


def _days(days: list[int], language: Language) -> str:
    names = [WEEKDAYS[language][day] for day in days]
    names = [name.capitalize() for name in names] if language == "en" else names
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"du {names[0]} au {names[-1]}" if language == "fr" else f"{names[0]} to {names[-1]}"
    if len(days) == 1:
        return f"le {names[0]}" if language == "fr" else names[0]
    joint = " et " if language == "fr" else " and "
    return ", ".join(names[:-1]) + joint + names[-1]


def say_day(hours: Hours, day: date, today: date, language: Language) -> str:
    """Whether it is open that day, in a sentence."""
    spans, named = hours.spans(day), say_date(day, today, language)
    if language == "fr":
        return (
            f"{named.capitalize()}, nous sommes ouverts {say_spans(spans, 'fr')}."
            if spans
            else f"{named.capitalize()}, nous sommes fermés."
        )
    if spans:
        return f"On {named} we are open {say_spans(spans, 'en')}."
    return f"On {named} we are closed."
