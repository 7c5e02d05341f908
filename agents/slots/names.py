# ruff: noqa: E501 (tables read better whole)
"""People's names: "je m'appelle Claire Martin, M-A-R-T-I-N", "au nom de monsieur Lefèvre", "it's John Smith"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.dictation.spelling import PARTICLES, capitals, respell, spellings, without
from agents.slots.name_words import AROUND, SENTENCE
from agents.slots.text import Language, fold

_NAME = r"(?P<name>[^\W\d_][\w'’.-]*(?:\s+[^\W\d_][\w'’.-]*){0,4})"
_STATED = {
    "fr": (
        rf"je\s+m['’]\s?appelle\s+{_NAME}", rf"(?:mon|le)\s+nom\s*,?\s*(?:de\s+famille\s+)?(?:c['’]\s?)?est\s+{_NAME}",
        rf"au\s+nom\s+d(?:e\s+|['’]){_NAME}", rf"de\s+la\s+part\s+d(?:e\s+|['’]){_NAME}", rf"\b(?:ici|moi\s+c['’]est)\s+{_NAME}", rf"c['’]est\s+{_NAME}\s+à\s+l['’]appareil",
        rf"{_NAME}\s+à\s+l['’]appareil", rf"je\s+suis\s+(?=m(?:adame|onsieur|me|\.|lle|ademoiselle)\b){_NAME}",
        rf"pour\s+(?=m(?:adame|onsieur|me|\.|lle|ademoiselle)\b){_NAME}", rf"\b(?=m(?:adame|onsieur|me|lle|ademoiselle)\s){_NAME}",
    ),
    "en": (
        rf"my\s+name\s*(?:['’]s|is)\s+{_NAME}", rf"the\s+name\s*(?:['’]s|is)\s+{_NAME}", rf"(?:under|in)\s+the\s+name\s+(?:of\s+)?{_NAME}",
        rf"this\s+is\s+{_NAME}\s+(?:speaking|calling)", rf"\b(?=(?:mrs?|ms|miss|mister|missus|dr|doctor)\.?\s){_NAME}",
        rf"(?:i['’]?m\s+called|i\s+am\s+called|call\s+me)\s+{_NAME}",
    ),
}  # fmt: skip
_TITLES = {
    "fr": ["madame", "monsieur", "mademoiselle", "mme", "mr", "mlle", "m", "docteur", "dr", "maitre", "professeur"],
    "en": ["mrs", "mr", "ms", "miss", "mister", "missus", "sir", "madam", "dr", "doctor", "professor"],
}
_ENDS = re.compile(
    r"[,;:!?\n]|\.\s|\.$|\s[-–—]\s|\b(?:s['’]il vous|et je|et mon|and my|and i|please|ça s['’]|c['’]est|it['’]?s|je|pour|à l['’])\b",
    re.I,
)
_JOINED = re.compile(r"\s*,?\s*\b(?:trait d['’ ]union|tiret|hyphen)\b\s*,?\s*(?=[^\W\d_])", re.IGNORECASE)


def find_name(raw: str, language: Language, *, asked: bool = False) -> str | None:
    """A person's name in the ear's text. `asked`: a short bare answer ("Claire Martin.") is one.

    A spelling that follows ("M-A-R-T-I-N") corrects the last name. Titles are left out, particles kept.
    """
    spelt = spellings(raw, language)
    letters = [found.letters for found in spelt]
    rest = _JOINED.sub("-", without(raw, spelt))
    for pattern in _STATED[language]:
        for match in re.finditer(pattern, rest, re.IGNORECASE):
            name = _clean(match["name"], language)
            if name:
                return _respelt(name, letters)
    if not asked:
        return None
    before = raw[: spelt[0].start] if spelt else ""
    name = _bare(rest, language) or _last_named(rest, language) or _bare(before, language)
    if name:
        return _respelt(name, letters)
    return capitals(" ".join(letters)) if letters else None


def _respelt(name: str, letters: Sequence[str]) -> str:
    for each in letters:
        name = respell(name, each)
    return name


def _clean(said: str, language: Language) -> str | None:
    """The words of `said` that make a name: up to the first that cannot."""
    end = _ENDS.search(said)
    kept: list[str] = []
    for word in (said[: end.start()] if end else said).split():
        plain = fold(word)
        if plain.rstrip(".") in _TITLES[language] and not kept:
            continue
        if not plain or (set(plain.split()) & SENTENCE[language]) or _is_around(plain, language):
            break
        kept.append(word.strip(".,'’"))
    while kept and fold(kept[-1]) in PARTICLES:
        kept.pop()
    return capitals(" ".join(kept)) if kept else None


def _is_around(plain: str, language: Language) -> bool:
    return plain not in PARTICLES and plain in AROUND[language]


def _bare(rest: str, language: Language) -> str | None:
    words = re.sub(r"[,;:!?…]|\.(?=\s|$)", " ", rest.replace("’", "'")).split()
    words = [part for word in words for part in _unglue(word)]
    while words and (fold(words[0]) in AROUND[language] or fold(words[0]) in _TITLES[language] or not fold(words[0])):
        if fold(words[0]) in PARTICLES and words[0].istitle() and words[1:] and words[1][:1].isupper():
            break  # "Le Goff"
        words.pop(0)
    while words and (fold(words[-1]) in AROUND[language] or not fold(words[-1])):
        words.pop()
    if not 1 <= len(words) <= 4 or any(not _can_be_name(word, language) for word in words):
        return None
    return capitals(" ".join(words))


def _last_named(rest: str, language: Language) -> str | None:
    """ "La maman de Théo, Céline Abadie": what stands last, with its capitals."""
    said = re.split(r"[,;:]", rest.rstrip(" ."))
    words = said[-1].split()
    if len(said) < 2 or not 2 <= len(words) <= 4 or not all(word[:1].isupper() or word in PARTICLES for word in words):
        return None
    return _bare(said[-1], language)


def _unglue(word: str) -> list[str]:
    """ "c'est" is two words, "O'Brien" one."""
    return word.split("'") if re.match(r"(?:c|l|s|m|j|it|i|that|name)'", word, re.IGNORECASE) else [word]


def _can_be_name(word: str, language: Language) -> bool:
    plain = fold(word)
    return bool(plain) and not re.search(r"\d", plain) and not (set(plain.split()) & SENTENCE[language])


def tidy_name(said: str, language: Language) -> str | None:
    """A name given as such, without titles or filler; None if it cannot be one."""
    return _bare(said, language)
