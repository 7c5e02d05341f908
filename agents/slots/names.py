# ruff: noqa: E501 (tables read better whole)
"""People's names: "je m'appelle Claire Martin, M-A-R-T-I-N", "au nom de monsieur Lefèvre", "it's John Smith"."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

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
_PARTICLES = {"de", "du", "des", "la", "le", "von", "van", "der", "den", "da", "di", "el", "ben", "d"}
_ENDS = re.compile(
    r"[,;:!?\n]|\.\s|\.$|\s[-–—]\s|\b(?:s['’]il vous|et je|et mon|and my|and i|please|ça s['’]|c['’]est|it['’]?s|je|pour|à l['’])\b",
    re.I,
)
_LETTER_NAMES = {
    "fr": {"tiret": "-", "apostrophe": "'", "espace": " "},
    "en": {"hyphen": "-", "dash": "-", "apostrophe": "'"},
}
_DOUBLE = {"fr": {"deux", "2", "double"}, "en": {"double", "two", "2"}}
_ACCENTS = {("e", "aigu"): "é", ("e", "grave"): "è", ("e", "circonflexe"): "ê", ("e", "trema"): "ë",
            ("i", "trema"): "ï", ("c", "cedille"): "ç", ("a", "grave"): "à", ("o", "circonflexe"): "ô"}  # fmt: skip


def find_name(raw: str, language: Language, *, asked: bool = False) -> str | None:
    """A person's name in the ear's text. `asked`: a short bare answer ("Claire Martin.") is one.

    A spelling that follows ("M-A-R-T-I-N") corrects the last name. Titles are left out, particles kept.
    """
    spelt, rest = _spelling(raw, language)
    for pattern in _STATED[language]:
        for match in re.finditer(pattern, rest, re.IGNORECASE):
            name = _clean(match["name"], language)
            if name:
                return _respell(name, spelt)
    if not asked:
        return None
    name = _bare(rest, language) or _last_named(rest, language)
    if name:
        return _respell(name, spelt)
    return _capitals(spelt) if spelt else None


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
    while kept and fold(kept[-1]) in _PARTICLES:
        kept.pop()
    return _capitals(" ".join(kept)) if kept else None


def _is_around(plain: str, language: Language) -> bool:
    return plain not in _PARTICLES and plain in AROUND[language]


def _bare(rest: str, language: Language) -> str | None:
    words = re.sub(r"[,;:!?…]|\.(?=\s|$)", " ", rest.replace("’", "'")).split()
    words = [part for word in words for part in _unglue(word)]
    while words and (fold(words[0]) in AROUND[language] or fold(words[0]) in _TITLES[language] or not fold(words[0])):
        if fold(words[0]) in _PARTICLES and words[0].istitle() and words[1:] and words[1][:1].isupper():
            break  # "Le Goff"
        words.pop(0)
    while words and (fold(words[-1]) in AROUND[language] or not fold(words[-1])):
        words.pop()
    if not 1 <= len(words) <= 4 or any(not _can_be_name(word, language) for word in words):
        return None
    return _capitals(" ".join(words))


def _last_named(rest: str, language: Language) -> str | None:
    """ "La maman de Théo, Céline Abadie": what stands last, with its capitals."""
    said = re.split(r"[,;:]", rest.rstrip(" ."))
    words = said[-1].split()
    if len(said) < 2 or not 2 <= len(words) <= 4 or not all(word[:1].isupper() or word in _PARTICLES for word in words):
        return None
    return _bare(said[-1], language)


def _unglue(word: str) -> list[str]:
    """ "c'est" is two words, "O'Brien" one."""
    return word.split("'") if re.match(r"(?:c|l|s|m|j|it|i|that|name)'", word, re.IGNORECASE) else [word]


def _can_be_name(word: str, language: Language) -> bool:
    plain = fold(word)
    return bool(plain) and not re.search(r"\d", plain) and not (set(plain.split()) & SENTENCE[language])


def _capitals(name: str) -> str:
    words: list[str] = []
    for word in name.split():
        plain = word.lower()
        if plain in _PARTICLES and words:
            words.append(plain)
        elif word.isupper() or word.islower():
            words.append(re.sub(r"[^\W\d_]+", lambda m: m[0].capitalize(), word))
        else:
            words.append(word)
    return " ".join(words)


_FR_AS = re.compile(r"\b([A-Za-zÀ-ÿ])\s+(?:comme|for|as in)\s+[^\W\d_]+", re.IGNORECASE)


def _spelling(raw: str, language: Language) -> tuple[str, str]:
    """The letters spelt out in `raw`, joined ("" when none), and `raw` without them."""
    text = _FR_AS.sub(r"\1", raw)
    tokens = list(re.finditer(r"[^\s,.\-–]+", text))
    best: tuple[int, int, str] | None = None
    start = 0
    while start < len(tokens):
        letters, at = _run(tokens, start, language)
        if len(letters) >= 3 and (best is None or len(letters) > len(best[2])):
            best = (tokens[start].start(), tokens[at - 1].end(), letters)
        start = max(at, start + 1)
    if best is None:
        return "", raw
    return best[2], (text[: best[0]].rstrip(" ,.-") + " " + text[best[1] :]).strip()


def _run(tokens: list[re.Match[str]], start: int, language: Language) -> tuple[str, int]:
    """The letters from token `start` on, and the token after them."""
    letters, at, twice = "", start, False
    while at < len(tokens):
        word = fold(tokens[at][0])
        if len(tokens[at][0]) == 1 and word.isalpha():
            letters += tokens[at][0].lower() * (2 if twice else 1)
            twice = False
        elif letters and word in _DOUBLE[language]:
            twice = True
        elif letters and (letters[-1], word) in _ACCENTS:
            letters = letters[:-1] + _ACCENTS[letters[-1], word]
        elif letters and word == "accent":
            pass
        elif letters and word in _LETTER_NAMES[language]:
            letters += _LETTER_NAMES[language][word]
        else:
            break
        at += 1
    return letters, at


def _respell(name: str, spelt: str) -> str:
    """`name` with the word that sounds most like the spelling replaced by it."""
    if not spelt:
        return name
    words = name.split()
    likeness = [SequenceMatcher(None, fold(word), fold(spelt)).ratio() for word in words]
    best = max(range(len(words)), key=lambda i: likeness[i])
    if likeness[best] < 0.4:
        best = len(words) - 1
    words[best] = _capitals(spelt)
    return " ".join(words)


def tidy_name(said: str, language: Language) -> str | None:
    """A name given as such, without titles or filler; None if it cannot be one."""
    return _bare(said, language)
