"""Opening hours: is it open then, and how the hours are said."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ari_app.agents.slots.dates import WEEKDAYS
from ari_app.agents.slots.text import Language
from ari_app.agents.spoken import say_date, say_time

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


_JOIN: dict[Language, tuple[str, str, str, Literal["le ", ""]]] = {
    "fr": ("de {0} à {1}", " et ", "du {0} au {1}", "le "),
    "en": ("from {0} to {1}", " and ", "{0} to {1}", ""),
}


def say_spans(spans: Spans, language: Language) -> str:
    """ "de 9 heures à midi et de 14 heures à 18 heures 30"."""
    span, join, _, _ = _JOIN[language]
    return join.join(span.format(say_time(a, language), say_time(b, language)) for a, b in spans)


def say_week(hours: Hours, language: Language) -> str:
    """The week's hours, days with the same hours together."""
    names = WEEKDAYS[language] if language == "fr" else tuple(d.capitalize() for d in WEEKDAYS["en"])
    _, _, through, one = _JOIN[language]
    groups: list[tuple[int, int, Spans]] = []
    for number, spans in enumerate(hours.week()):
        if groups and groups[-1][1] == number - 1 and groups[-1][2] == spans:
            groups[-1] = (groups[-1][0], number, spans)
        else:
            groups.append((number, number, spans))
    said: list[str] = []
    for first, last, spans in groups:
        if spans:
            day = one + names[first] if first == last else through.format(names[first], names[last])
            said.append(f"{day} {say_spans(spans, language)}")
    return ", ".join(said)


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
