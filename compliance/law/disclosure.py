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
    """`what`: ai, ai_first, identity, principal, commercial or recording; `reference`: the article."""

    what: Literal["ai", "ai_first", "identity", "principal", "commercial", "recording"]
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
    """Where the text says that an AI speaks, or None."""
    told = _AI[_known(language)].search(text)
    return told.start() if told else None


def records(text: str, language: str) -> bool:
    """Whether the text says that the call is recorded."""
    return bool(_RECORDED[_known(language)].search(text))


def unheard(answered_at: datetime | None, ended_at: datetime, side: str) -> str:
    """Why the person did not hear that an AI spoke; `side` is who hung up."""
    if answered_at is None:
        return "not heard: the call was not answered"
    return f"not heard: the {side} hung up after {(ended_at - answered_at).total_seconds():.1f} s"


def _known(language: str) -> str:
    return "en" if language.lower().startswith("en") else "fr"
