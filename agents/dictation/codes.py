"""Number plates and references: letters and digits, said one by one, in groups, or with words for the letters.

A French plate is AB-123-CD (since 2009, arrêté du 9 février 2009) or 1234 AB 69 (before); a British one AB12 CDE.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import product

from agents.dictation.alphabet import CODE_WORDS
from agents.dictation.numerals import groups
from agents.dictation.pieces import Piece
from agents.dictation.result import FILLERS, Result, content, talks
from agents.dictation.telephone import UNITS
from agents.slots.text import Language, fold, listed, unaccent

Breaths = tuple[tuple[Piece, ...], ...]

_SIV = re.compile(r"([A-HJ-NP-TV-Z]{2})(\d{3})([A-HJ-NP-TV-Z]{2})")
_FNI = re.compile(r"([1-9]\d{0,3})([A-Z]{2,3})(\d{2}|2[AB]|97[1-6])")
_BRITISH = re.compile(r"([A-Z]{2}\d{2})([A-Z]{3})")
_ACCENTED = {"bé": "b", "cé": "c", "dé": "d", "gé": "g", "pé": "p", "té": "t", "vé": "v", "zède": "z", "zèd": "z"}
"""Names of letters that the ear writes with their accent: no other word of French is written so."""
_SHORTEST = 4
"""Characters of a reference whose form the file does not say."""
_NO_CODE = (
    FILLERS["fr"]
    | FILLERS["en"]
    | frozenset(
        listed(
            "ce ces cette de des du en es est et il ils je la le les ma mes mon nos on ou pas sa se ses si son sur ta "
            "te tu un une vos ai ah eh oh hm an as at by do go he if in is it me my no of or so to up us we non oui yes"
        )
    )
)


def dictates(breath: Sequence[Piece], language: Language, *, begun: bool) -> bool:
    """The sentence dictates a plate or a reference, or more of one that was begun."""
    said = _characters(breath)
    words = [piece.text for piece in breath if piece.kind == "word" and not _is_code(piece)]
    others = content(words, language)
    if talks(words, language) and len(said) < 5:
        return False
    if any(p.kind == "word" and not p.text.isupper() and UNITS.fullmatch(fold(p.text)) for p in breath[1:]):
        return False
    if begun:
        return len(said) >= 1 and len(others) <= max(1, len(said) // 3)
    alone = all(piece.kind in ("letter", "digits") for piece in breath)
    return len(said) >= (1 if alone else 2) and 3 * len(others) <= len(said)


def read_plate(breaths: Breaths, language: Language) -> Result:
    """A plate, as it is written."""
    best = Result()
    for start in range(len(breaths)):
        for said in _ways(breaths[start:], language):
            value = plate(re.sub(r"[^A-Z0-9]", "", said), language)
            if value:
                return Result(value, said, value)
            if start == 0 and not best.so_far:
                mixed = 5 <= len(said) <= 9 and any(map(str.isdigit, said)) and any(map(str.isalpha, said))
                best = Result(so_far=said, settled=said if mixed else "", wrong=len(said) > 10)
    return best


def plate(said: str, language: Language) -> str:
    """`said` (capitals and digits) as a plate is written; "" where it is none."""
    if language == "fr":
        said = _without_ohs(said)
    if (siv := _SIV.fullmatch(said)) and language == "fr":
        return "-".join(siv.groups())
    if (british := _BRITISH.fullmatch(said)) and language == "en":
        return " ".join(british.groups())
    if fni := _FNI.fullmatch(said):
        return " ".join(fni.groups())
    return "-".join(siv.groups()) if siv else ""


def _without_ohs(said: str) -> str:
    """Plates of today have no letter O, and none stands among digits."""
    return re.sub(r"(?<=\d)O|O(?=\d)", "0", said)


def read_reference(breaths: Breaths, language: Language, accepts: Callable[[str], bool] | None = None) -> Result:
    """A reference; `accepts` says which are whole, else any of four characters is."""
    said = ""
    for start in range(len(breaths)):
        for way in _ways(breaths[start:], language):
            forms = (way, re.sub(r"[^A-Z0-9]", "", way))
            said = said or way
            value = next((form for form in forms if accepts(form)), "") if accepts else ""
            if value:
                return Result(value, way, value)
    if accepts:
        return Result(so_far=said)
    return Result(said if len(said) >= _SHORTEST else "", said, said)


def _ways(breaths: Breaths, language: Language) -> list[str]:
    """What is dictated, and what it may be if pauses between numbers were none."""
    flat = [piece for breath in breaths for piece in breath]
    plain = _characters(flat)
    joined = "".join(
        "".join(groups(p.words, language, joined=True)) if p.kind == "digits" and p.words else _character(p)
        for p in flat
    )
    apart = _split_numbers(flat, language)
    return list(dict.fromkeys([plain, joined, *apart]))


def _split_numbers(flat: Sequence[Piece], language: Language) -> list[str]:
    """ "cent, vingt-trois" is 123 for a plate that wants three digits."""
    choices: list[tuple[str, ...]] = []
    for piece in flat:
        if piece.kind == "digits" and len(said := groups(piece.words, language)) == 2 and said[0].endswith("00"):
            choices.append((piece.text, str(int(said[0]) + int(said[1]))))
        else:
            choices.append((_character(piece),))
    return ["".join(way) for way in product(*choices)][1:8]


def _characters(breath: Sequence[Piece]) -> str:
    return "".join(_character(piece) for piece in breath)


def _character(piece: Piece) -> str:
    if piece.kind == "letter":
        return unaccent(piece.text).upper()
    if piece.kind == "digits":
        return piece.text
    if piece.kind == "sign":
        return piece.text if piece.text in "-/._" and not piece.written else ""
    return _code(piece)


def _is_code(piece: Piece) -> bool:
    return piece.kind == "word" and _code(piece) != ""


def _code(piece: Piece) -> str:
    """The letters of a word that is none: "AB", "CX", a word of the radio alphabet."""
    plain = fold(piece.text)
    if plain in CODE_WORDS:
        return CODE_WORDS[plain].upper()
    if (named := _ACCENTED.get(piece.text.lower())) is not None:
        return named.upper()
    if not plain.isalnum() or plain != unaccent(piece.text).lower():
        return ""
    written = len(piece.text) <= 4 and piece.text.isupper() and len(piece.text) >= 2
    return unaccent(piece.text).upper() if written or (len(plain) == 2 and plain not in _NO_CODE) else ""
