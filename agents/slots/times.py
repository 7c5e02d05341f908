# ruff: noqa: E501 (tables read better whole)
"""Times of day as callers say them: "quatorze heures trente", "midi et quart", "half past two"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from agents.slots.dates import Part
from agents.slots.text import Language


@dataclass(frozen=True, slots=True)
class FoundTime:
    """Hour and minute, and where they stood. `settled`: the words say which half of the day."""

    hour: int
    minute: int
    settled: bool
    start: int
    end: int

    def candidates(self, part: Part) -> list[time]:
        """The times it may be, likeliest first: "2 heures" is 14:00 unless someone is up at night."""
        here, later = time(self.hour, self.minute), time((self.hour + 12) % 24, self.minute)
        if self.settled or self.hour > 12 or self.hour == 0:
            return [here]
        if self.hour == 12:
            return [here] if part != "morning" else [here, time(0, self.minute)]
        if part == "morning":
            return [here]
        if part in ("afternoon", "evening"):
            return [later]
        return [here, later] if self.hour >= 7 else [later, here]


_FR = re.compile(
    r"\b(?P<hour>\d{1,2}) ?(?:h(?:eures?)?\b ?|h(?=\d)|: ?(?=\d))"
    r"(?P<rest>(?:et )?demie?|(?:et )?(?:quart|1 quart|le quart)|(?:et )?(?:3|trois) quarts?|moins (?:le |1 )?quart"
    r"|moins (?P<less>\d{1,2})|(?:et )?(?P<minute>[0-5]?\d)\b(?! ?(?:h\b|heure|\d)))?"
    r"(?P<half> ?(?:du mat(?:in)?|de l apr(?:es)? ?midi|du soir))?"
)
_FR_NOON = re.compile(
    r"\b(?P<word>midi|minuit)\b ?(?P<rest>et demie?|et quart|moins (?:le )?quart|(?:et )?(?P<minute>[0-5]?\d)\b)?"
)
_FR_BARE = re.compile(r"\b(?:(?:a|vers|pour|plutot|disons) )?(?P<hour>\d{1,2})(?: (?P<minute>[0-5]\d))?\b")
_FR_HALF = re.compile(
    r"\b(?P<sign>(?:a|vers|pour|sur les|disons) )?(?P<hour>\d{1,2}) (?P<rest>et demie?|et quart|moins (?:le )?quart)\b(?P<minute>)"
)
_FR_RANGE = re.compile(r"\b(?:entre|de) (?P<hour>\d{1,2}) (?:et|a) (?:\d{1,2} ?h(?:eures?)?\b|midi)")
_FR_NOT = re.compile(r"(?:dans|pendant|depuis|duree|toutes les|apres midi de) $")

_EN_HALF = r"(?P<half> ?(?:a ?m\b|p ?m\b|in the morning|in the afternoon|in the evening|at night|tonight))?"
_EN = (
    re.compile(rf"\bhalf (?:past )?(?P<hour>\d{{1,2}})\b(?P<rest>){_EN_HALF}"),
    re.compile(rf"\b(?P<quarter>(?:a )?quarter|\d{{1,2}}(?: minutes)?) (?P<side>past|to|after|before) (?P<hour>\d{{1,2}})\b{_EN_HALF}"),
    re.compile(rf"\b(?P<hour>\d{{1,2}})[: ](?P<minute>[0-5]\d)\b(?! ?\d){_EN_HALF}"),
    re.compile(rf"\b(?P<hour>\d{{1,2}}) o ?clock\b{_EN_HALF}"),
    re.compile(r"\b(?P<hour>\d{1,2})(?P<half> ?(?:a ?m\b|p ?m\b)| (?:in the (?:morning|afternoon|evening)|at night))"),
    re.compile(rf"\b(?:at|around|about|by|for|after) (?P<hour>\d{{1,2}})\b(?! ?(?:st|nd|rd|th|/|\d|people|days|weeks)){_EN_HALF}"),
)  # fmt: skip
_EN_NOON = re.compile(r"\b(?P<word>noon|midday|mid day|midnight|lunch ?time)\b")
_EN_BARE = re.compile(r"\b(?P<hour>\d{1,2})(?: (?P<minute>[0-5]\d))?\b")


COUNTED = re.compile(
    r" ?(?:demi heures?|quarts? d heure|heures? de (?:route|trajet|train|voiture|marche|vol|bus)|ans?|annees?|mois|jours?|semaines?|fois|minutes?|mn|secondes?|euros?|centimes?|personnes?|enfants?|adultes?|gamins?|gosses?|filles?"
    r"|garcons?|petite?s?|chiens?|chats?|kilos?|kg|kilometres?|km|metres?|cm|pour cent|etages?|pieces?|chambres?|places?|points?|dents?|cartons?|voitures?"
    r"|janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre"
    r"|years?|months?|weeks?|days?|times|minutes?|people|persons?|children|kids|adults?|pounds?|dollars?|miles?|percent|rooms?"
    r"|de (?!preference|l)|d (?!accord)"
    r"|january|february|march|april|may|june|july|august|september|october|november|december)\b"
)
"""After a number: it counts that, and is no time of day."""


def find_time(text: str, language: Language, *, asked: bool = False) -> FoundTime | None:
    """The first time of day in `text` (as `text.digits` makes it). `asked`: a bare "14 30" is one."""
    if language == "fr":
        return _find_fr(text, asked)
    return _find_en(text, asked)


def _find_fr(text: str, asked: bool) -> FoundTime | None:
    if match := _FR_RANGE.search(text):  # "entre 14 et 15 heures" begins at 14
        return FoundTime(int(match["hour"]) % 24, 0, False, match.start(), match.end())
    for match in _FR.finditer(text):
        travelled = COUNTED.match(text, match.end("hour"))
        if _FR_NOT.search(text[: match.start()]) or int(match["hour"]) > 24 or travelled:
            continue
        found = _minutes_fr(match, int(match["hour"]) % 24, settled=bool(match["half"]))
        return _halved(found, match["half"], late=("midi", "soir"))
    if match := _FR_NOON.search(re.sub(r"apres midi", "apres-----", text)):
        return _minutes_fr(match, 12 if match["word"] == "midi" else 0, settled=True)
    if (match := _FR_HALF.search(text)) and (asked or match["sign"]) and int(match["hour"]) < 24:
        return _minutes_fr(match, int(match["hour"]), settled=False)
    return _bare(_FR_BARE, text) if asked else None


def _minutes_fr(match: re.Match[str], hour: int, *, settled: bool) -> FoundTime:
    rest, minute = match["rest"] or "", 0
    less = match["less"] if "less" in match.re.groupindex else None
    if match["minute"]:
        minute = int(match["minute"])
    elif "demi" in rest:
        minute = 30
    elif less:
        hour, minute = (hour - 1) % 24, 60 - int(less)
    elif "moins" in rest:
        hour, minute = (hour - 1) % 24, 45
    elif "quarts" in rest or "3 quart" in rest:
        minute = 45
    elif "quart" in rest:
        minute = 15
    end = match.start() + len(match[0].rstrip())
    return FoundTime(hour, min(minute, 59), settled, match.start(), end)


def _halved(found: FoundTime, words: str | None, *, late: tuple[str, ...]) -> FoundTime:
    """`found`, moved to the half of the day that `words` ("du soir", "p m") name."""
    if not words:
        return found
    hour = found.hour
    if any(word in words for word in late):
        hour = hour + 12 if hour < 12 else hour
    elif hour == 12:
        hour = 0
    return FoundTime(hour, found.minute, True, found.start, found.end)


def _find_en(text: str, asked: bool) -> FoundTime | None:
    late = ("pm", "p m", "afternoon", "evening", "night")
    for pattern in _EN:
        for match in pattern.finditer(text):
            hour = int(match["hour"])
            if hour > 23:
                continue
            found = _minutes_en(match, hour)
            return _halved(found, match["half"], late=late)
    if match := _EN_NOON.search(text):
        hour = 0 if match["word"] == "midnight" else 12
        return FoundTime(hour, 0, True, match.start(), match.end())
    return _bare(_EN_BARE, text) if asked else None


def _minutes_en(match: re.Match[str], hour: int) -> FoundTime:
    groups, minute = match.groupdict(), 0
    if groups.get("quarter"):
        said = groups["quarter"]
        minute = 15 if "quarter" in said else min(59, int(said.split()[0]))
        if groups["side"] in ("to", "before"):
            hour, minute = (hour - 1) % 24, 60 - minute
    elif "rest" in groups:
        minute = 30
    elif groups.get("minute"):
        minute = int(groups["minute"])
    return FoundTime(hour or 12 if groups.get("quarter") else hour, minute, False, match.start(), match.end())


def _bare(pattern: re.Pattern[str], text: str) -> FoundTime | None:
    """A number alone, unless it counts something else: "4 ans", "le 12 mars", "2 fois", "20 euros"."""
    match = next((m for m in pattern.finditer(text) if not COUNTED.match(text, m.end())), None)
    if match is None or int(match["hour"]) > 23:
        return None
    return FoundTime(int(match["hour"]), int(match["minute"] or 0), False, match.start(), match.end())
