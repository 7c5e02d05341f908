"""What was read back, corrected: "non, quarante-deux, pas cinquante-deux", "c'est un b comme Bernard", "deux n"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.dictation.alphabet import ALIKE
from agents.dictation.pieces import Piece, grouped
from agents.dictation.result import FILLERS
from agents.slots.text import Language, fold, listed, unaccent

_NOT = {"fr": frozenset({"pas"}), "en": frozenset({"not"})}
_INSTEAD = {
    "fr": re.compile(r"\b(?:au lieu (?:de|du|des|d)|a la place (?:de|du|des|d)|plutot que?)\b"),
    "en": re.compile(r"\b(?:instead of|rather than)\b"),
}
_SAID_AROUND = frozenset(
    listed(
        "non oui pardon attendez erreur trompe trompee plutot y un une deux fois il avec mais correction corrige "
        "corriger no sorry wait one should been actually faut fallait ya sans seul seule deuxieme fin debut "
        "dernier derniere premier premiere without only just end last "
        "start first beginning accent"
    )
)
_LAST = re.compile(
    r"\b(?:a la fin|dernier|derniere|derniers|finit par|termine par|pour finir|at the end|last|ends (?:in|with))\b"
)
_FIRST = re.compile(r"\b(?:au debut|premier|premiere|commence par|at the start|at the beginning|first|starts with)\b")
_ONE = {
    "fr": re.compile(r"\bun seul\b|\bune seule fois\b|\bpas deux\b"),
    "en": re.compile(r"\b(?:only|just) one\b|\bsingle\b"),
}
_WITHOUT = {"fr": re.compile(r"\bsans\b|\bpas de\b|\by a pas\b"), "en": re.compile(r"\bwithout\b|\bthere s no\b")}


@dataclass(frozen=True, slots=True)
class Correction:
    """The characters as they are now, and the letters that were told with a word or a contrast."""

    text: str
    told: str = ""


def corrected(value: str, breath: Sequence[Piece], heard: str, language: Language) -> Correction | None:
    """`value` (a run of letters, digits and signs) with what `heard` corrects in it; None where that cannot be told."""
    plain = fold(heard)
    swap = _swap(grouped(breath, language), plain, language)
    if swap is not None:
        right, wrong = swap
        made = _replaced(value, wrong, right, last=bool(_LAST.search(plain)), first=bool(_FIRST.search(plain)))
        return Correction(made, _letters(right)) if made is not None else None
    said = [piece for piece in _said(breath, language) if not (piece.text == "1" and _ONE[language].search(plain))]
    held = set(fold(value).split())
    said = [piece for piece in said if piece.kind != "word" or fold(piece.text) not in held]  # "Durand, avec un t"
    if not said or not all(piece.kind == "letter" for piece in said) or len(said) > 2:
        return None
    head, at, rest = value.partition("@")  # of an address, a letter is one of what stands before its @
    made = _by_letter(head, said, plain, language)
    return Correction(made.text + at + rest, made.told) if made else None


def digits_corrected(value: str, breath: Sequence[Piece], heard: str, language: Language) -> str | None:
    """The digits of a number with a group corrected: said against the wrong one, as the last, or much like only one."""
    made = corrected(value, breath, heard, language)
    if made is not None:
        return made.text
    said = _said(grouped(breath, language), language)
    if len(said) != 1 or said[0].kind != "digits" or not 2 <= len(said[0].text) <= 4:
        return None
    group = said[0].text
    if _LAST.search(fold(heard)):
        return value[: -len(group)] + group
    if len(group) != 2 or _FIRST.search(fold(heard)):
        return None
    pairs = [at for at in range(len(value) % 2, len(value), 2) if sum(map(str.__eq__, value[at : at + 2], group)) == 1]
    return value[: pairs[0]] + group + value[pairs[0] + 2 :] if len(pairs) == 1 else None


def _by_letter(value: str, said: Sequence[Piece], plain: str, language: Language) -> Correction | None:
    letter = said[-1].text
    if _WITHOUT[language].search(plain):
        made = _removed(value, letter, last=bool(_LAST.search(plain)))
    elif _ONE[language].search(plain):
        made = _once(value, letter)
    elif len(letter) > 1:
        made = _doubled(value, letter)
    elif _LAST.search(plain) and not said[-1].surely and not _alike(value[-1:], letter, language):
        made = value + (letter.upper() if value.isupper() else letter)
    else:
        made = _sounding(value, letter, language, last=bool(_LAST.search(plain)), first=bool(_FIRST.search(plain)))
    return Correction(made, letter) if made is not None and made != value else None


def _swap(breath: Sequence[Piece], plain: str, language: Language) -> tuple[str, str] | None:
    """(right, wrong) of "X, pas Y", "pas Y, X", "X au lieu de Y"."""
    cut = next((i for i, p in enumerate(breath) if p.kind == "word" and fold(p.text) in _NOT[language]), None)
    after = 1
    if cut is None and _INSTEAD[language].search(plain):
        heads = {"lieu": 2, "place": 2, "plutot": 2, "instead": 2, "rather": 2}
        cut = next((i for i, p in enumerate(breath) if p.kind == "word" and fold(p.text) in heads), None)
        after = 2
    if cut is None:
        return None
    left, right = _said(breath[:cut], language), _said(breath[cut + after :], language)
    if not left and len(right) > 1:
        left, right = _said(right[1:], language), right[:1]  # "pas cinquante-deux, quarante-deux"
    made = _plain(left), _plain(right)
    return made if all(made) and made[0] != made[1] else None


def _said(breath: Sequence[Piece], language: Language) -> list[Piece]:
    around = FILLERS[language] | _SAID_AROUND | _NOT[language]
    return [p for p in breath if p.kind != "word" or not (fold(p.text) in around or p.text.endswith(("'", "’")))]


def _plain(said: Sequence[Piece]) -> str:
    return "".join(unaccent(piece.text).lower() if piece.kind == "word" else piece.text.lower() for piece in said)


def _letters(text: str) -> str:
    return text if text.isalpha() and len(text) == 1 else ""


def _replaced(value: str, wrong: str, right: str, *, last: bool, first: bool) -> str | None:
    """`wrong` replaced where it stands once; digits only where a pair begins, if that is what makes it once."""
    low = unaccent(value).lower()
    if len(low) != len(value):
        return None
    places = [m.start() for m in re.finditer(f"(?={re.escape(unaccent(wrong))})", low)]
    if wrong.isdigit() and len(places) > 1:
        places = [at for at in places if at % 2 == 0] or places
    if len(places) > 1 and (last or first):
        places = places[-1:] if last else places[:1]
    if len(places) != 1:
        return None
    at = places[0]
    return value[:at] + _cased(right, value[at : at + len(wrong)]) + value[at + len(wrong) :]


def _cased(text: str, like: str) -> str:
    if like.isupper() and (len(like) > 1 or not text[1:]):
        return text.upper()
    return text.capitalize() if like[:1].isupper() and len(like) > 1 else text


def _alike(one: str, other: str, language: Language) -> bool:
    return any(fold(one) in group and fold(other) in group for group in ALIKE[language]) if one and other else False


def _sounding(value: str, letter: str, language: Language, *, last: bool, first: bool) -> str | None:
    """The one letter of `value` that sounds like `letter` is taken to be it."""
    places = [i for i, c in enumerate(value) if c.isalpha() and fold(c) != fold(letter) and _alike(c, letter, language)]
    if len(places) > 1 and (last or first):
        places = places[-1:] if last else places[:1]
    if len(places) != 1:
        return None
    at = places[0]
    return value[:at] + (letter.upper() if value[at].isupper() else letter) + value[at + 1 :]


def _doubled(value: str, letters: str) -> str | None:
    """ "Deux n": the one n that stands alone is doubled."""
    letter, times = letters[0], len(letters)
    alone = list(re.finditer(rf"(?i)(?<!{re.escape(letter)}){re.escape(letter)}(?!{re.escape(letter)})", value))
    if len(alone) != 1:
        return None
    at = alone[0].start()
    return (
        value[: at + 1]
        + (letter.upper() if value[at:].isupper() and len(value) > 1 else letter) * (times - 1)
        + value[at + 1 :]
    )


def _once(value: str, letter: str) -> str | None:
    """ "Un seul n"."""
    doubled = list(re.finditer(rf"(?i){re.escape(letter[0])}{{2,}}", value))
    if len(doubled) != 1:
        return None
    return value[: doubled[0].start() + 1] + value[doubled[0].end() :]


def _removed(value: str, letter: str, *, last: bool) -> str | None:
    if fold(value[-1:]) == fold(letter):
        return value[:-1]
    if last:
        return None
    places = [i for i, c in enumerate(value) if fold(c) == fold(letter)]
    return value[: places[0]] + value[places[0] + 1 :] if len(places) == 1 else None
