"""The client's month as pages: figures, pictures with their numbers, what callers wanted and what was not known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from agents.slots.text import listed
from ari_app.stats.charts import SECOND, lying, standing
from store.statistics import Figures, Statistics

Language = Literal["fr", "en"]

_MONTHS = {
    "fr": listed("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    "en": listed("January February March April May June July August September October November December"),
}
WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "title": "Appels de {month}", "calls": "Appels", "inbound": "Reçus", "answered": "Répondus", "missed": "Perdus",
        "booked": "Rendez-vous pris", "transferred": "Transférés", "messages": "Messages pris",
        "opted_out": "Oppositions", "disclosed": "Mention IA entendue", "minutes": "Minutes répondues",
        "average": "Durée moyenne", "hours": "Appels par heure (répondus, puis perdus)", "agents": "Par agent",
        "numbers": "Par numéro", "reasons": "Ce que voulaient les appelants",
        "unknown": "Ce que l'agent ne savait pas", "none": "Rien ce mois-ci.",
        "summaries": "Résumés faits : {made} ; non faits : {skipped}.", "agent": "Agent", "number": "Numéro",
        "clock": "Heures de {zone}. Un appel compte dans l'heure et le mois où il a commencé.",
    },
    "en": {
        "title": "Calls of {month}", "calls": "Calls", "inbound": "Received", "answered": "Answered",
        "missed": "Missed", "booked": "Appointments made", "transferred": "Transferred", "messages": "Messages taken",
        "opted_out": "Objections", "disclosed": "AI notice heard", "minutes": "Minutes answered",
        "average": "Average length", "hours": "Calls by hour (answered, then missed)", "agents": "By agent",
        "numbers": "By number", "reasons": "What callers wanted", "unknown": "What the agent did not know",
        "none": "Nothing this month.", "summaries": "Summaries made: {made}; not made: {skipped}.", "agent": "Agent",
        "number": "Number", "clock": "Hours of {zone}. A call counts in the hour and the month in which it began.",
    },
}  # fmt: skip
_SHOWN = ("calls", "answered", "missed", "booked", "transferred", "messages")


def page(found: Statistics, client: str, language: Language) -> str:
    """The report as HTML, its pictures within."""
    words = WORDS[language]
    facts: dict[str, Any] = {
        "language": language, "client": client, "words": words,
        "title": words["title"].format(month=_month(found.since.date(), language)),
        "figures": [(words[name], text) for name, text in _figures(found.total, language)],
        "hours": Markup(_hours(found, words["hours"])),  # noqa: S704  our own SVG, its texts escaped
        "tables": [(words["agents"], words["agent"], _rows(found.by_agent)),
                   (words["numbers"], words["number"], _rows(found.by_number))],
        "heads": [words[name] for name in _SHOWN],
        "lists": [(words["reasons"], _bars(found.reasons, words["reasons"])),
                  (words["unknown"], _bars(found.unknown, words["unknown"], SECOND))],
        "summaries": words["summaries"].format(made=found.analysed, skipped=found.skipped),
        "clock": words["clock"].format(zone=found.timezone),
    }  # fmt: skip
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)
    return pages.get_template("report.html").render(facts)


def _month(day: date, language: Language) -> str:
    return f"{_MONTHS[language][day.month - 1]} {day.year}"


def _figures(total: Figures, language: Language) -> list[tuple[str, str]]:
    """What is told at the head, as it is read."""
    average = round(total.seconds / total.answered) if total.answered else 0
    shown = ("calls", "inbound", "answered", "missed", "booked", "transferred", "messages", "opted_out")
    counts = [(name, str(getattr(total, name))) for name in shown]
    minutes = f"{total.seconds / 60:.1f}"
    return [
        *counts,
        ("disclosed", f"{total.disclosed} / {total.answered}"),
        ("minutes", minutes.replace(".", ",") if language == "fr" else minutes),
        ("average", f"{average // 60} min {average % 60:02} s"),
    ]


def _hours(found: Statistics, title: str) -> str:
    return standing({hour: (f.calls - f.missed, f.missed) for hour, f in found.by_hour.items()}, title=title)


def _rows(groups: Mapping[str, Figures]) -> list[tuple[str, list[int]]]:
    return [(name or "—", [getattr(figures, column) for column in _SHOWN]) for name, figures in groups.items()]


def _bars(values: Mapping[str, int], title: str, colour: str = "") -> Markup | None:
    if not values:
        return None
    return Markup(lying(values, title=title, **({"colour": colour} if colour else {})))  # noqa: S704  as above
