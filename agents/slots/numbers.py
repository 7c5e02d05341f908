"""How many, as callers say it: "trois adultes et deux petits", "une vingtaine", "mon mari et moi", "just me".

A number that counts something else than is asked ("quatre-vingt-dix ans", "dans deux heures") is none, nor is the
article of a thing ("un ordinateur").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.slots.number_words import (
    A_CHILD,
    ADJECTIVE,
    ALONE,
    COMPANION,
    COUPLE,
    DOZEN,
    DOZENS,
    FUNCTION,
    JOINT,
    ME,
    NEVER,
    PERSON,
    SEVERAL,
)
from agents.slots.text import fold
from agents.slots.times import COUNTED

_WHOLE = re.compile(r"(?<![\d:/@])\b(\d{1,3}(?: \d{3})+|\d+)\b(?! ?[:/h]\d)")
_SHORT = 4


@dataclass(frozen=True, slots=True)
class _Claim:
    """A number said, where, and the words after it."""

    value: int
    start: int
    end: int
    after: str


def find_number(text: str, unit: str = "", *, asked: bool = True) -> str | None:
    """A whole number of `text` (as `text.digits` makes it): how many `unit`; if it is `asked`, how many at all."""
    text = A_CHILD.sub("1 ", text)
    text = DOZEN.sub(lambda m: f"{DOZENS[m[1]]} ", text)
    claims = [_claim(text, match) for match in _WHOLE.finditer(text)]
    stem = fold(unit).split(" ")[0].rstrip("sx")
    own = [claim for claim in claims if stem and re.match(rf"{re.escape(stem)}\w{{0,2}}\b", claim.after)]
    people = bool(stem) and bool(PERSON.match(stem) or PERSON.match(f"{stem}s"))
    if own:
        return str(_summed(text, own))
    several = [m[1] for m in SEVERAL.finditer(text) if not COUNTED.match(text, m.end())] if people else []
    if several:
        return several[-1]  # "on n'est plus deux, on est trois"
    if not asked:
        return None
    return _counted(text, claims, stem, people=people or not stem)


def _claim(text: str, match: re.Match[str]) -> _Claim:
    after = text[match.end() :].lstrip()
    adjective = ADJECTIVE.match(after)
    if adjective and after[adjective.end() :].split(" ")[0] not in FUNCTION:
        after = after[adjective.end() :]
    return _Claim(int(match[1].replace(" ", "")), match.start(), match.end(), after)


def _summed(text: str, claims: list[_Claim]) -> int:
    """The first claim, and those that follow it in one breath: "2 adultes et 3 petits"."""
    total, last = claims[0].value, claims[0]
    for claim in claims[1:]:
        between = " ".join(text[last.end : claim.start].split()[1:])
        if not JOINT.match(f" {between} " if between else ""):
            break
        total, last = total + claim.value, claim
    return total


def _counted(text: str, claims: list[_Claim], stem: str, *, people: bool) -> str | None:
    words = len(text.replace("|", " ").split())
    sorts = [claim for claim in claims if PERSON.match(claim.after) and not _aged(claim.after)]
    companions = len(COMPANION.findall(text)) if people else 0
    if companions and (ME.search(text) or companions > 1):
        return str(companions + sum(claim.value for claim in sorts) + bool(ME.search(text)))
    if sorts:
        return str(_summed(text, sorts))
    told = [claim for claim in claims if _stands(claim, words, known=bool(stem))]
    if told:
        return str(told[0].value)
    if people and ALONE.search(text):
        return "1"
    return "2" if people and COUPLE.search(text) else None


def _aged(after: str) -> bool:
    """ "Un petit de quatre ans" is one, "quatre ans" none: the age follows the child."""
    return bool(re.match(r"ans?\b|years?\b", after))


def _stands(claim: _Claim, words: int, *, known: bool) -> bool:
    """It is a number alone, or counts what may be asked for; an article is no number. `known`: there is a unit."""
    if NEVER.match(claim.after) or (known and COUNTED.match(f" {claim.after}")):
        return False
    word = claim.after.split(" ")[0] if claim.after else ""
    alone = not word or word == "|" or word in FUNCTION
    if claim.value == 1:
        return (alone and words <= 2 * _SHORT) or words <= 2
    return alone or not known or words <= _SHORT
