"""Spelled names: the letters of a sentence, where they stand in it, and the name with its word respelled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from agents.dictation.pieces import Piece, pieces
from agents.slots.text import Language, fold, listed

_LEAST = 3
"""Letters that make a spelling: fewer stand in any sentence ("il y a")."""
PARTICLES = frozenset(listed("de du des la le von van der den da di el ben d"))
_ANNOUNCED: dict[Language, re.Pattern[str]] = {
    "fr": re.compile(r"\b(?:je (?:vous )?(?:l )?epelle|j epelle|je vais (?:vous )?(?:l )?epeler|s ecrit)$"),
    "en": re.compile(r"\b(?:(?:i ll|let me) spell (?:it|that)(?: for you)?|spelled|spelt)$"),
}


@dataclass(frozen=True, slots=True)
class Spelt:
    """Letters in lower case, with hyphens and spaces between the words they make; from `start` to `end` of the text.

    `open`: more must come (it ends with a hyphen, or with "double"). `surely`: letters given with a word.
    """

    letters: str
    start: int
    end: int
    open: bool = False
    surely: str = ""


def spellings(heard: str, language: Language, *, least: int = _LEAST) -> list[Spelt]:
    """Every spelling in `heard`, in order."""
    found: list[Spelt] = []
    run: list[Piece] = []
    for piece in (*pieces(heard, language), None):
        if piece is not None and (piece.kind == "letter" or (run and piece.kind == "sign" and piece.text in "-' ")):
            run.append(piece)
            continue
        if run and sum(len(piece.text) for piece in run if piece.kind == "letter") >= least:
            found.append(_made(run))
        run = []
    return found


def _made(run: Sequence[Piece]) -> Spelt:
    letters = "".join(piece.text for piece in run)
    sure = "".join(piece.text for piece in run if piece.surely)
    return Spelt(letters.strip("- "), run[0].start, run[-1].end, run[-1].kind == "sign", sure)


def announced(heard: str, language: Language) -> bool:
    """The sentence ends where a spelling is to begin: "Dupuy, ça s'écrit"."""
    text = fold(heard)
    return bool(_ANNOUNCED[language].search(text)) or bool(re.search(r"\b(?:double|comme|trait d union|tiret)$", text))


def unfinished(words: Sequence[str], letters: str) -> bool:
    """The letters begin one of the words and do not end it ("Dupuy, D, U, P"), and are none of them whole."""
    plain, said = [re.sub(r"[^a-z]", "", fold(word)) for word in words], re.sub(r"[^a-z]", "", fold(letters))
    return said not in plain and any(len(said) + 1 < len(word) and word.startswith(said) for word in plain)


def without(heard: str, found: Sequence[Spelt]) -> str:
    """`heard` without the letters."""
    for spelling in reversed(found):
        heard = f"{heard[: spelling.start].rstrip(' ,.:-')} {heard[spelling.end :].lstrip(' ,.:')}"
    return heard.strip()


def respell(name: str, letters: str) -> str:
    """`name` with the words that sound most like the spelling replaced by it; the last one where none does."""
    if not letters:
        return name
    words = name.split()
    best, likeness = (len(words) - 1, len(words)), 0.4
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            alike = likeness_of("".join(words[start:end]), letters)
            if alike > likeness:
                best, likeness = (start, end), alike
    words[best[0] : best[1]] = [capitals(letters)]
    return " ".join(words)


def likeness_of(word: str, letters: str) -> float:
    """How alike they are written, 0 to 1, hyphens and spaces apart."""
    plain = [re.sub(r"[^a-z]", "", fold(text)) for text in (word, letters)]
    return SequenceMatcher(None, plain[0], plain[1]).ratio() if all(plain) else 0.0


def capitals(name: str) -> str:
    """A name as it is written: capitals where the ear gave none, particles within it small."""
    words: list[str] = []
    for word in name.split():
        plain = word.lower()
        if plain in PARTICLES and words:
            words.append(plain)
        elif word.isupper() or word.islower():
            words.append(re.sub(r"[^\W\d_]+", lambda m: m[0].capitalize(), word))
        else:
            words.append(word)
    return " ".join(words)
