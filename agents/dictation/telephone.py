"""Telephone numbers, dictated in groups over several breaths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import phonenumbers

from agents.dictation.numerals import NumberWord, groups
from agents.dictation.pieces import Piece
from agents.dictation.result import Result, content, talks
from agents.slots.text import Language, fold, listed
from store.base import numbering
from store.base.errors import BadInput
from store.base.numbering import e164

Breaths = tuple[tuple[Piece, ...], ...]

UNITS = re.compile(
    r"(?:heures?|h|minutes?|min|secondes?|ans?|annees?|mois|jours?|semaines?|euros?|fois|personnes?|enfants?|adultes?"
    r"|pieces?|nuits?|metres?|kilometres?|km|pour cent|janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre"
    r"|octobre|novembre|decembre|years?|months?|weeks?|days?|hours?|times|people|children|am|pm|pounds?|o)"
)
"""A number before one of these counts something."""
_BACK = frozenset(listed("non pardon enfin plutot erreur trompe trompee no sorry rather actually mistake"))
"""What was said just before is taken back."""
_MOST = 15


def dictates(breath: Sequence[Piece], language: Language, *, begun: bool) -> bool:
    """The sentence dictates a number, or more of one that was begun, and does not just hold numbers."""
    said = "".join(_flat([_counted_out(breath)], language))
    words = [piece.text for piece in breath if piece.kind == "word"]
    others, digits = content(words, language), len(said.strip("+"))
    if begun:
        return digits >= (4 if talks(words, language) else 1) and len(others) <= max(1, digits // 3)
    if said[:1] in ("0", "+"):
        return digits >= (2 if others else 1) and len(others) <= 2 * digits
    return digits >= 4 and not others


def read(breaths: Breaths, language: Language, region: str = "FR") -> Result:
    """What the breaths come to."""
    taken = tuple(_counted_out(breath) for breath in breaths)
    taken = _since_restart(taken, language)
    said = "".join(_flat(taken, language))
    value = valid(said, region)
    if value:
        return Result(value, said, value)
    if _too_long(said, region):
        said = "".join(_flat(taken, language, joined=True))
        value = valid(said, region)
        return Result(value, said, value) if value else Result(so_far=said, wrong=_too_long(said, region))
    return Result(so_far=said, settled=_settled(taken, language, region) if said else "")


def missing(said: str, region: str = "FR") -> int:
    """How many digits a French number still wants; 0 where it cannot be told."""
    french = region == "FR" and said[:1] == "0" and said[:2] != "00"
    return max(0, 10 - len(said)) if french else 0


def valid(said: str, region: str = "FR") -> str:
    """E.164 of a whole number (digits, "+" before them or not); "" where it is none."""
    if len(said) < 8 or (said[:1] == "0" and said[1:2] != "0" and region == "FR" and len(said) != 10):
        return ""
    said = re.sub(r"^(\+|00)33\(?0(?=\d{9}$)", r"\g<1>33", said)
    if said[:1] not in "0+" and region == "FR":
        return ""
    try:
        value = e164(said, region=region)
        # the plan of France is the house's own (it knows the numbers for fiction); of the others the tables tell
        number = numbering.read(value)
        ours = number is not None and number.french
        return value if ours or phonenumbers.is_valid_number(phonenumbers.parse(value)) else ""
    except (BadInput, phonenumbers.NumberParseException):
        return ""


def _too_long(said: str, region: str) -> bool:
    if region == "FR" and said[:1] == "0" and said[1:2] != "0":
        return len(said) >= 10  # ten that are valid were taken before
    return len(said.strip("+")) > _MOST


def _counted_out(breath: Sequence[Piece]) -> tuple[Piece, ...]:
    """Without the numbers that count something: "dans dix minutes"."""
    kept: list[Piece] = []
    for at, piece in enumerate(breath):
        following = breath[at + 1] if at + 1 < len(breath) else None
        counts = following is not None and following.kind == "word" and UNITS.fullmatch(fold(following.text))
        counts = counts or (at > 0 and fold(breath[at - 1].text) in ("heure", "heures", "h"))
        if not (piece.kind == "digits" and counts):
            kept.append(piece)
    return tuple(kept)


def _flat(breaths: Sequence[Sequence[Piece]], language: Language, *, joined: bool = False) -> list[str]:
    """The groups of all breaths, what was taken back left out."""
    found: list[str] = []
    words: list[NumberWord] = []
    back: int | None = None

    def close() -> None:
        nonlocal back
        said = groups(words, language, joined=joined)
        words.clear()
        if back is not None and said:
            del found[_taken_back(found, said) :]
            back = None
        found.extend(said)

    for breath in breaths:
        for at, piece in enumerate(breath):
            if piece.kind == "digits":
                words += [replace(piece.words[0], pause=True), *piece.words[1:]]
            elif piece.kind == "sign" and piece.text == "+" and _next_is_digits(breath, at) and not found and not words:
                found.append("+")
            elif piece.kind == "word" and fold(piece.text) in _BACK:
                close()
                back = len(found) if found else None
    close()
    return found


def _next_is_digits(breath: Sequence[Piece], at: int) -> bool:
    return at + 1 < len(breath) and breath[at + 1].kind == "digits"


def _taken_back(before: list[str], after: list[str]) -> int:
    """Where in `before` the groups `after` begin anew: at the same group said again, else at the last one."""
    best, length = max(len(before) - 1, 0), 0
    for start in range(len(before)):
        same = 0
        while start + same < len(before) and same < len(after) and before[start + same] == after[same]:
            same += 1
        if same and same >= length:
            best, length = start, same
    return best


def _since_restart(breaths: Breaths, language: Language) -> Breaths:
    """The breaths since the caller last began anew with the same digits."""
    start, before = 0, ""
    for at, breath in enumerate(breaths):
        said = "".join(_flat((breath,), language))
        again = len(said) > len(before) >= 2 and said.startswith(before)
        again = again or (len(before) >= 4 and len(said) >= 4 and said[:4] == before[:4])
        if before and (again or (valid(said) and not valid(before + said))):
            start, before = at, ""
        before = "".join(_flat(breaths[start : at + 1], language))
    return breaths[start:]


def _settled(breaths: Breaths, language: Language, region: str) -> str:
    """The number if nothing more comes: "soixante douze" was 60 12, or the zero was left out."""
    said = "".join(_flat(breaths, language))
    if region == "FR" and len(said) == 9 and said[0] not in "0+":
        return valid("0" + said)
    found = {value for apart in _apart(breaths, language) if (value := valid("".join(_flat(apart, language)), region))}
    return found.pop() if len(found) == 1 else ""


def _apart(breaths: Breaths, language: Language) -> Iterator[Breaths]:
    """The same words with one or two more pauses, where two groups may have been taken for one."""
    places = [(b, p, w) for b, breath in enumerate(breaths) for p, piece in enumerate(breath)
              for w in range(1, len(piece.words)) if _two_groups(piece.words, w, language)]  # fmt: skip
    for count in (1, 2):
        for chosen in combinations(places, count):
            made = [list(breath) for breath in breaths]
            for b, p, w in chosen:
                words = list(made[b][p].words)
                words[w] = replace(words[w], pause=True)
                made[b][p] = replace(made[b][p], words=tuple(words))
            yield tuple(tuple(breath) for breath in made)


def _two_groups(words: Sequence[NumberWord], at: int, language: Language) -> bool:
    """ "soixante douze" may be 60 12; "trente quatre" is not 30 4, which would be said with its zero."""
    word, before = words[at], words[at - 1]
    if word.pause or word.tight or before.text == "et" or word.text == "et":
        return False
    sides = (groups(words[at - 1 : at], language), groups(words[at:], language))
    return all(side and len(side[i]) >= 2 for side, i in zip(sides, (-1, 0), strict=True))
