"""What a sentence claims that can be wrong in a way that costs somebody something, and whether it was said. Pure.

Numbers, prices, times, dates, days, names, addresses, promises. What is doubtful is held against the sentence: one that
is left out costs a line of a summary, one that is invented costs trust.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from agents.after.promises import Promise, promised, stands
from agents.judging import comparable
from agents.slots.dates import MONTHS, WEEKDAYS
from agents.slots.text import Language, fold

_PRICE = r"\b\d+ (?:euros?|dollars?|pounds?|livres?)(?: \d+)?\b"
_RATE = r"\b\d+(?: \d+)? (?:percent|per cent|pour cent)\b"
_TIME = {"fr": r"\b\d{1,2} heures?(?: \d{1,2})?\b", "en": r"\b\d{1,2}(?::\d\d)? ?(?:am|pm|o clock)\b|\b\d{1,2}:\d\d\b"}
_RUN = re.compile(r"\b\d+(?: \d+){2,}\b")
_NUMBER = re.compile(r"\d+")
_ADDRESS = re.compile(r"\S+@\S+|\b(?:https?://|www\.)\S+|\b\w+\.(?:fr|com|org|net|eu|io)\b", re.IGNORECASE)
_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-ÞŒ][\wÀ-ÿœ-]*")
_SIGNS = (("%", " percent "), ("$", " dollars "), ("£", " pounds "), ("€", " euros "))
_RELATIVE = {
    "fr": ("demain", "aujourd hui", "apres demain", "hier", "ce matin", "ce soir", "cet apres midi",
           "la semaine prochaine", "le mois prochain", "midi", "minuit"),
    "en": ("tomorrow", "today", "yesterday", "tonight", "this morning", "this afternoon", "next week", "next month",
           "noon", "midnight"),
}  # fmt: skip
_OPENERS = frozenset(
    [
        "l",
        "la",
        "le",
        "les",
        "un",
        "une",
        "il",
        "elle",
        "ils",
        "elles",
        "on",
        "nous",
        "vous",
        "ce",
        "cet",
        "cette",
        "ces",
        "son",
        "sa",
        "ses",
        "leur",
        "aucun",
        "aucune",
        "appelant",
        "appelante",
        "client",
        "cliente",
        "patient",
        "patiente",
        "personne",
        "interlocuteur",
        "demande",
        "souhaite",
        "veut",
        "appel",
        "rendez",
        "message",
        "agent",
        "apres",
        "avant",
        "pas",
        "puis",
        "ensuite",
        "enfin",
        "pour",
        "a",
        "au",
        "aux",
        "en",
        "d",
        "de",
        "des",
        "du",
        "qui",
        "que",
        "elle",
        "lui",
        "tout",
        "toute",
        "the",
        "a",
        "an",
        "he",
        "she",
        "they",
        "it",
        "we",
        "this",
        "that",
        "his",
        "her",
        "their",
        "no",
        "caller",
        "customer",
        "patient",
        "person",
        "call",
        "message",
        "agent",
        "after",
        "before",
        "then",
        "finally",
        "for",
        "to",
        "in",
        "of",
        "at",
        "asks",
        "asked",
        "wants",
        "wanted",
        "nothing",
    ]
)
"""Words that open a sentence with a capital and name nobody."""
_EVERYWHERE = frozenset(
    [
        "monsieur",
        "madame",
        "mademoiselle",
        "mme",
        "mlle",
        "mr",
        "mrs",
        "ms",
        "m",
        "dr",
        "docteur",
        "doctor",
        "i",
        "ia",
        "ai",
        "rdv",
    ]
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a sentence says is so. `kind`: number, price, rate, time, digits, date, day, name, address,
    promise."""

    kind: str
    what: str


@dataclass(frozen=True)
class Said:
    """What was said, read once: `texts` all of it, `promising` what may be a promise of the house's."""

    texts: tuple[str, ...]
    promising: tuple[str, ...]
    language: Language

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """Each text folded, for words that stand in it as they are."""
        return tuple(fold(text) for text in self.texts)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word."""
        return frozenset(word for text in self.folded for word in text.split())

    @cached_property
    def claims(self) -> frozenset[Claim]:
        """What the texts themselves claim."""
        return frozenset(claim for text in self.texts for claim in _countable(text, self.language))

    @cached_property
    def runs(self) -> tuple[str, ...]:
        """The digits of each text, as they follow each other."""
        return tuple(re.sub(r"\D", "", comparable(_signs(text), self.language)) for text in self.texts)

    def verbatim(self, sentence: str) -> bool:
        """The sentence stands in one text as it is."""
        wanted = fold(sentence)
        return bool(wanted) and any(f" {wanted} " in f" {text} " for text in self.folded)


def claims(sentence: str, language: Language) -> list[Claim]:
    """Everything the sentence claims."""
    names = [Claim("name", name) for name in _names(sentence)]
    told = [Claim("promise", promise.verb) for promise in promised(sentence, language)]
    return list(dict.fromkeys([*_countable(sentence, language), *names, *told]))


def unsaid(sentence: str, said: Said) -> list[Claim]:
    """What the sentence claims that nobody said and nothing done shows; empty: it may be kept."""
    if said.verbatim(sentence):
        return []
    wrong = [claim for claim in _countable(sentence, said.language) if not _counted(claim, said)]
    wrong += [Claim("name", name) for name in _names(sentence) if not set(fold(name).split()) <= said.words]
    wrong += [Claim("promise", p.verb) for p in promised(sentence, said.language) if not _kept(p, said)]
    return list(dict.fromkeys(wrong))


def _kept(promise: Promise, said: Said) -> bool:
    return stands(promise, said.texts if promise.by_caller else said.promising)


def _counted(claim: Claim, said: Said) -> bool:
    if claim.kind == "digits":
        return any(claim.what in run for run in said.runs)
    if claim.kind in ("day", "address"):
        return any(f" {claim.what} " in f" {text} " for text in said.folded)
    return claim in said.claims


def _countable(text: str, language: Language) -> list[Claim]:
    """Numbers and what they count, days, addresses."""
    plain = comparable(_signs(text), language)
    found = [Claim("address", fold(address)) for address in _ADDRESS.findall(text)]
    found += [Claim("price", _price(price)) for price in re.findall(_PRICE, plain)]
    found += [Claim("rate", rate) for rate in re.findall(_RATE, plain)]
    found += [Claim("time", time.replace("heures", "heure")) for time in re.findall(_TIME[language], plain)]
    found += [Claim("digits", re.sub(r"\D", "", run)) for run in _RUN.findall(plain)]
    found += [Claim("number", number) for number in _NUMBER.findall(plain) if number != "1"]  # "un" is an article
    return list(dict.fromkeys([*found, *_dated(plain, language)]))


def _dated(plain: str, language: Language) -> list[Claim]:
    """Days by their names, and a day of the month with its month."""
    months = "|".join(MONTHS[language])
    pairs = re.findall(rf"\b\d{{1,2}}(?:er|st|nd|rd|th)? (?:{months})\b|\b(?:{months}) \d{{1,2}}\b", plain)
    found = [
        Claim("date", " ".join(sorted(re.sub(r"(?<=\d)(?:er|st|nd|rd|th)\b", "", pair).split()))) for pair in pairs
    ]
    words = plain.split()
    found += [Claim("day", word) for word in words if word in WEEKDAYS[language]]
    found += [Claim("day", word) for word in words if word in MONTHS[language] and word != "may"]
    return found + [Claim("day", day) for day in _RELATIVE[language] if f" {day} " in f" {plain} "]


def _price(text: str) -> str:
    """One euro is an euro of euros."""
    return re.sub(r"\b(euro|dollar|pound|livre)\b", r"\1s", text)


def _names(sentence: str) -> list[str]:
    """Words with a capital that are nobody's title and do not merely open a sentence."""
    found: list[str] = []
    for match in _CAPITAL.finditer(sentence):
        word = fold(match[0])
        opens = not re.search(r"[^\s\"'«“(-]", re.split(r"[.!?…:]\s", sentence[: match.start()])[-1])
        if word and word not in _EVERYWHERE and not (opens and word in _OPENERS) and not word.isdecimal():
            found.append(match[0])
    return found


def _signs(text: str) -> str:
    for sign, word in _SIGNS:
        text = text.replace(sign, word)
    return re.sub(r"\bpour ?cent\b|\bper cent\b", "percent", text, flags=re.IGNORECASE)


def said_in(texts: Iterable[str], promising: Iterable[str], language: Language) -> Said:
    """What was said: `texts`, of which `promising` may be promises of the house's."""
    return Said(tuple(texts), tuple(promising), language)
