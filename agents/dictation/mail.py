"""E-mail addresses, said in words, spelled, or both, over several breaths."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from agents.dictation.pieces import Piece
from agents.dictation.result import FILLERS, Result, content, talks
from agents.dictation.telephone import UNITS
from agents.slots.name_words import SENTENCE
from agents.slots.text import Language, fold, listed, unaccent

Breaths = tuple[tuple[Piece, ...], ...]

KNOWN = {
    "gmail": "com", "orange": "fr", "free": "fr", "wanadoo": "fr", "sfr": "fr", "hotmail": "com", "outlook": "com",
    "yahoo": "fr", "laposte": "net", "live": "fr", "icloud": "com", "neuf": "fr", "bbox": "fr", "numericable": "fr",
    "proton": "me", "protonmail": "com", "gmx": "fr", "aol": "com", "msn": "com", "me": "com", "btinternet": "com",
}  # fmt: skip
"""Domains that are said as words, and what most often follows their dot."""
_HEARD_AS = {
    "jimail": "gmail", "gemail": "gmail", "jmail": "gmail", "jemail": "gmail", "djimail": "gmail", "gmel": "gmail",
    "gimel": "gmail", "geemail": "gmail", "wanadou": "wanadoo", "ouanadoo": "wanadoo", "wanado": "wanadoo",
    "yaou": "yahoo", "yahou": "yahoo", "hotmel": "hotmail", "otmail": "hotmail", "autlook": "outlook",
    "outlouk": "outlook", "aicloud": "icloud", "icloude": "icloud", "poste": "laposte", "essefr": "sfr",
}  # fmt: skip
"""As the ear may spell them."""
_TLD_HEARD_AS = {
    "come": "com",
    "comme": "com",
    "komm": "com",
    "comission": "com",
    "commission": "com",
    "francais": "fr",
    "effere": "fr",
    "efferre": "fr",
    "nette": "net",
}
TLDS = frozenset(
    listed(
        "fr com net org eu be ch lu io info biz re pro paris bzh de es it pt nl uk co ca app dev me tv gp mq gf "
        "nc pf yt ie us at pl ai shop site online fm alsace corsica"
    )
)
_WHOLE = re.compile(r"[a-z0-9](?:[a-z0-9._+'-]*[a-z0-9_+-])?@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_GLUE = frozenset(
    listed("attache attaches attachee colle colles minuscule minuscules majuscule majuscules lower case lowercase")
)
_ABOUT: dict[Language, frozenset[str]] = {
    "fr": frozenset(listed("est adresse mail email courriel note notez cest voici dis")),
    "en": frozenset(listed("is address email mail its")),
}
"""What follows the last of these is the address."""
_JOINED = re.compile(r"(?:tout|en un(?: seul)? mot|sans espaces?|all one word|one word|no spaces?)$")
_NOT_IN_ONE = re.compile(
    r"\b(?:est ce que|combien|pourquoi|rappelle[rz]|rendez vous|pouvez|voudrais|avez|faut|why|could|would)\b"
)


def dictates(breath: Sequence[Piece], language: Language, *, begun: bool) -> bool:
    """The sentence dictates an address, or more of one that was begun."""
    words = [piece.text for piece in breath if piece.kind == "word"]
    others = content(words, language)
    signs = [piece.text for piece in breath if piece.kind == "sign" and not piece.written]
    letters = _longest_run(breath)
    if any(piece.kind == "sign" and piece.text == "@" for piece in breath):
        return True
    if _NOT_IN_ONE.search(fold(" ".join(words))) or any(UNITS.fullmatch(fold(word)) for word in words):
        return False
    if talks(words, language):
        return letters >= 3
    if letters >= 2 or (set(signs) & {".", "-", "_"} and len(others) <= 4):
        return True
    if not words and (begun or letters):
        return bool(breath)
    alone = begun or all(piece.kind == "word" for piece in breath)
    return alone and 1 <= len(others) <= 2 and not set(others) & SENTENCE[language]


def _longest_run(breath: Sequence[Piece]) -> int:
    """Letters one after the other."""
    longest = run = 0
    for piece in breath:
        run = run + len(piece.text) if piece.kind == "letter" else 0
        longest = max(longest, run)
    return longest


def read(breaths: Breaths, language: Language) -> Result:
    """What the breaths come to: the address in lower case, without accents."""
    best = Result()
    for start in _starts(breaths, language):
        found = _read([piece for breath in breaths[start:] for piece in breath], language)
        if found.value or not best.so_far:
            best = found
        if best.value:
            break
    return best


def _starts(breaths: Breaths, language: Language) -> list[int]:
    """The last breath that begins anew first: it repeats how the address began."""
    first = _head([piece for breath in breaths for piece in breath], language)
    again = [at for at in range(len(breaths) - 1, 0, -1) if first and _head(breaths[at], language) == first
             and not (breaths[at - 1] and breaths[at - 1][-1].kind == "sign")]  # fmt: skip
    return [*again, 0]


def _head(breath: Sequence[Piece], language: Language) -> str:
    """Its first word, or its first three letters; none where it goes on from the one before."""
    if breath and breath[0].kind == "sign":
        return ""
    told = _beginning(list(breath), language)
    if told and told[0].kind == "word" and len(told[0].text) > 2:
        return fold(told[0].text)
    letters = [piece.text for piece in told[:3] if piece.kind == "letter"]
    return "".join(letters) if len(letters) == 3 else ""


def _read(said: list[Piece], language: Language) -> Result:
    at = max((i for i, piece in enumerate(said) if piece.kind == "sign" and piece.text == "@"), default=len(said))
    local = re.sub(r"\.{2,}", ".", _joined(_respelt(_beginning(said[:at], language, closed=at < len(said)))))
    local = local.strip(".") if at < len(said) else local.lstrip(".")
    if at == len(said):
        return Result(so_far=local)
    domain, whole = _domain(said[at + 1 :])
    so_far = f"{local}@{domain}"
    if whole and _WHOLE.fullmatch(so_far):
        return Result(so_far, so_far, so_far)
    guess = so_far if "." in domain else f"{so_far}.{KNOWN.get(domain, '')}"
    return Result(so_far=so_far, settled=guess if _WHOLE.fullmatch(guess) else "")


def _beginning(said: list[Piece], language: Language, *, closed: bool = False) -> list[Piece]:
    """What is said before the @, without "mon adresse, c'est bien" and without "tout attaché"."""
    said = [piece for piece in said if not _is_glue(piece)]
    about = [i for i, piece in enumerate(said[:-1]) if piece.kind == "word" and fold(piece.text) in _ABOUT[language]
             and not (i and said[i - 1].kind == "sign") and said[i + 1].kind != "sign"]  # fmt: skip
    said = said[about[-1] + 1 :] if about else said
    while len(said) > 1 and said[0].kind == "word" and _around(said[0], language):
        said = said[1:]
    while said and (said[0].kind == "sign" or (not closed and len(said) == 1 and _around(said[0], language))):
        said = said[1:]
    while said and said[-1].kind == "word" and _JOINED.fullmatch(fold(said[-1].text)):
        said = said[:-1]
    return [piece for piece in said if not (piece.kind == "word" and fold(piece.text) in ("euh", "tout", "um", "uh"))]


def _around(piece: Piece, language: Language) -> bool:
    plain = fold(piece.text)
    return piece.kind == "word" and (plain in FILLERS[language] or not plain or piece.text.endswith(("'", "’")))


def _is_glue(piece: Piece) -> bool:
    return piece.kind == "word" and fold(piece.text) in _GLUE


def _respelt(said: list[Piece]) -> list[Piece]:
    """A word and its spelling after it are one: the spelling is kept."""
    kept: list[Piece] = []
    at = 0
    while at < len(said):
        run = _run(said, at + 1)
        if said[at].kind == "word" and len(run) >= 3:
            word, spelt = fold(said[at].text), fold("".join(piece.text for piece in run))
            if SequenceMatcher(None, word, spelt).ratio() >= 0.6:
                kept += run
                at += 1 + len(run)
                continue
        kept.append(said[at])
        at += 1
    return kept


def _run(said: list[Piece], start: int) -> list[Piece]:
    after = start
    while after < len(said) and said[after].kind == "letter":
        after += 1
    return said[start:after]


def _joined(said: Sequence[Piece]) -> str:
    return "".join(_plain(piece) for piece in said)


def _plain(piece: Piece) -> str:
    if piece.kind == "sign":
        return "" if piece.text in (" ", "/") else piece.text
    return re.sub(r"[^a-z0-9]", "", unaccent(piece.text).lower())


def _domain(said: list[Piece]) -> tuple[str, bool]:
    """The domain, and whether it is whole: what follows its end ("s'il vous plaît") is no part of it."""
    labels, label = list[str](), ""
    for at, piece in enumerate(said):
        if piece.kind == "sign" and piece.text == ".":
            labels.append(_HEARD_AS.get(label, label))
            label = ""
            continue
        if _is_glue(piece):
            continue
        if labels and label in TLDS and not (piece.kind == "letter" and said[at - 1].kind == "letter"):
            break
        label += _plain(piece)
        label = _TLD_HEARD_AS.get(label, label) if labels else label
    if not labels:
        return _HEARD_AS.get(label, label), False
    return ".".join([*labels, label]), label in TLDS
