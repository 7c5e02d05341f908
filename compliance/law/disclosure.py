"""What people must be told at the opening of a call, looked for in the words: pure, no calls, no files.

AI Act art. 50(1) and (5): that an AI speaks, before anything is asked. C. conso L221-16, for canvassing: who
calls, on whose behalf, that it is commercial. And, where the call is recorded, that it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

_AI = {
    "fr": re.compile(
        r"intelligence artificielle|\bIA\b|\brobot\b|\bautomate\b|agent conversationnel"
        r"|assistant(?:e)? (?:vocal|automatique)",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"artificial intelligence|\bA\.?I\.?\b|\brobot\b|virtual agent|automated (?:assistant|agent|voice)",
        re.IGNORECASE,
    ),
}
_DENIED = {
    "fr": re.compile(r"\b(?:pas|ni|jamais|aucune?|nullement|non|sauf)\b|\bplut[ôo]t qu|\bau lieu d", re.IGNORECASE),
    "en": re.compile(
        r"\b(?:not|no|never|neither|nor|without|except)\b|n['’]t\b|\brather than\b|\binstead of\b", re.IGNORECASE
    ),
}
"""What follows one of these is what the speaker is not."""
_SPEAKER = {
    "fr": re.compile(
        r"\bje (?:suis|m['’]appelle)\b|\bvous (?:parlez|êtes (?:en (?:ligne|communication|relation)|au téléphone))\b"
        r"|\bc['’]est\b|\bici\b|\bvous (?:répond|écoute|appelle)|\bà l['’]appareil\b|\bcet appel\b|\bmoi\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\bI(?:['’]m| am)\b|\bmy name is\b|\byou(?:['’]re| are) (?:speaking|talking|through)\b|\bthis (?:is|call)\b"
        r"|\bit(?:['’]s| is)\b|\bspeaking\b|\bhere\b",
        re.IGNORECASE,
    ),
}
"""A sentence with one of these is about who speaks, and not about a product of that name."""
_SENTENCE_END = re.compile(r"[.!?…;]+(?:\s+|$)")
_COMMERCIAL = {
    "fr": re.compile(r"commercia|publicitaire|démarch|offre|vendre|promotion", re.IGNORECASE),
    "en": re.compile(r"commercial|sales|marketing|advertis|offer|promotion", re.IGNORECASE),
}
_RECORDED = {
    "fr": re.compile(r"enregistr", re.IGNORECASE),
    "en": re.compile(r"record", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Missing:
    """`what` is not said, or (insurance) cannot be kept; `reference`: the article."""

    what: Literal["ai", "ai_first", "identity", "principal", "commercial", "recording", "opt_out", "insurance"]
    reference: str
    message: str


def missing(
    opening: str,
    *,
    language: str,
    purpose: str,
    professional: str = "",
    principal: str = "",
    recorded: bool = False,
) -> list[Missing]:
    """What the opening (all that is said before the person first speaks) fails to say; empty when lawful.

    `professional` and `principal`: the names that must be heard in canvassing. An agent may be published
    only when this is empty.
    """
    found: list[Missing] = []
    told = ai(opening, language)
    if told is None:
        found.append(Missing("ai", "AI Act art. 50", "the opening does not say that an AI speaks"))
    elif 0 <= opening.find("?") < told:
        found.append(
            Missing("ai_first", "AI Act art. 50", "the opening asks something before it says that an AI speaks")
        )
    if recorded and not records(opening, language):
        found.append(Missing("recording", "RGPD art. 13", "the opening does not say that the call is recorded"))
    if purpose == "canvassing":
        found += _canvassing(opening, language, professional, principal)
    return found


def _canvassing(opening: str, language: str, professional: str, principal: str) -> list[Missing]:
    article = "C. conso L221-16"
    found: list[Missing] = []
    if not professional or professional.lower() not in opening.lower():
        found.append(Missing("identity", article, f"the opening does not name who calls ({professional or 'unset'})"))
    if principal and principal.lower() not in opening.lower():
        found.append(Missing("principal", article, f"the opening does not name on whose behalf ({principal})"))
    if not _COMMERCIAL[_known(language)].search(opening):
        found.append(Missing("commercial", article, "the opening does not say that the call is commercial"))
    return found


def ai(text: str, language: str) -> int | None:
    """Where the text says that an AI speaks, or None.

    A word alone does not say so: its sentence is about who speaks, and denies nothing ("je ne suis pas un robot").
    """
    known, begins = _known(language), 0
    for end in [*(m.end() for m in _SENTENCE_END.finditer(text)), len(text)]:
        sentence = text[begins:end]
        for told in _AI[known].finditer(sentence):
            if _says_so(sentence, told.start(), known):
                return begins + told.start()
        begins = end
    return None


def _says_so(sentence: str, at: int, known: str) -> bool:
    """The word at `at` is what the speaker is: nothing between the last "je suis" and it denies that."""
    before = [match.start() for match in _SPEAKER[known].finditer(sentence[:at])]
    if before:
        return not _DENIED[known].search(sentence[before[-1] : at])
    return bool(_SPEAKER[known].search(sentence)) and not _DENIED[known].search(sentence)


def records(text: str, language: str) -> bool:
    """Whether the text says that the call is recorded."""
    return bool(_RECORDED[_known(language)].search(text))


def unheard(answered_at: datetime | None, ended_at: datetime, side: str, *, talked_over: bool = False) -> str:
    """Why the person did not hear that an AI spoke; `side` is who hung up, `talked_over`: they spoke meanwhile."""
    if answered_at is None:
        return "not heard: the call was not answered"
    if talked_over:
        return "not heard: talked over by the caller"
    return f"not heard: the {side} hung up after {(ended_at - answered_at).total_seconds():.1f} s"


def _known(language: str) -> str:
    return "en" if language.lower().startswith("en") else "fr"
