"""What a sentence says will be done, by whom, and whether somebody said that it would. Pure.

A promise is a verb in the future ("rappellera", "va envoyer", "will call back"), a word that binds ("garantit"), or
what the house is said to give ("le cabinet offre"). It stands where the same verb was said and not denied in the same
breath: by the house, unless it is the caller's promise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from agents.slots.text import Language, fold, listed

_FUTURE = re.compile(r"(?:er|ir|dr|tr|vr|rr|ur|our|fe|se|i)(?:a|ont|ai|ons)$")
_NOT_FUTURE = frozenset(
    [
        "camera",
        "opera",
        "extra",
        "contra",
        "infra",
        "supra",
        "sera",
        "seront",
        "fera",
        "feront",
        "ira",
        "iront",
        "aura",
        "auront",
    ]
)
_HELPERS = {"sera", "seront", "aura", "auront"}
_GOING = {"va", "vont", "allons", "vais", "doit", "doivent", "devra", "devront", "pourra", "pourront"}
_BINDING = {
    "fr": re.compile(r"^(?:promi\w*|promet\w*|garanti\w*|assure\w*|engage\w*|certifi\w*)$"),
    "en": re.compile(r"^(?:promis\w*|guarante\w*|assure\w*|commit\w*|warrant\w*)$"),
}
_WILL = {"will", "shall", "ll", "wont"}
_SMALL = frozenset(
    [
        "le",
        "la",
        "les",
        "l",
        "lui",
        "leur",
        "se",
        "s",
        "me",
        "te",
        "nous",
        "vous",
        "de",
        "d",
        "du",
        "des",
        "un",
        "une",
        "y",
        "en",
        "bien",
        "tout",
        "aussi",
        "etre",
        "ete",
        "a",
        "ne",
        "pas",
        "plus",
        "be",
        "been",
        "to",
        "the",
        "a",
        "an",
        "him",
        "her",
        "them",
        "us",
        "you",
        "back",
        "soon",
        "also",
        "have",
        "has",
        "not",
    ]
)
_CALLER = frozenset(
    [
        "appelant",
        "appelante",
        "client",
        "cliente",
        "patient",
        "patiente",
        "caller",
        "customer",
        "interlocuteur",
        "interlocutrice",
    ]
)
_HOUSE = frozenset(
    listed(
        "agent assistant assistante cabinet agence garage societe entreprise docteur medecin dentiste secretariat"
        " secretaire mairie equipe nous on practice company office doctor dentist team reception we"
    )
)
_GIVING = re.compile(
    r"^(?:donn|envoi|offr|rembours|propos|accept|confirm|rappell|livr|repar|annul|transmet|fourni|accord|give|send|offer"
    r"|refund|accept|confirm|deliver|repair|cancel|provid|grant|call)\w*$"
)
"""What the house gives or grants binds it in the present too: "le cabinet offre le devis"."""
_IRREGULAR = (
    ("enver", ("envo", "enver")), ("viendr", ("vien", "veni", "venu")), ("fera", ("fai", "fera", "fass")),
    ("feront", ("fai", "fera", "fass")), ("tiendr", ("tien", "teni")), ("ira", ("aller", "ira", "allez", "vais")),
    ("pourr", ("pouv", "peu", "pourr")), ("recevr", ("recev", "recoi", "recu")), ("verr", ("voir", "voi", "verr")),
    ("obtiendr", ("obten", "obtien")), ("prendr", ("pren", "pris")), ("mettr", ("met", "mis")),
)  # fmt: skip
_CLAUSE = re.compile(r"[.,;:!?…]|\b(?:mais|but)\b", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:ne|n|pas|jamais|aucun|aucune|sans|not|never|cannot|no|nor|t|wont)\b")
_DONE = re.compile(r"(?:é|ée|és|ées)\W*$")
_TO_COME = re.compile(r"\b(?:sera|serez|seront|serons|serai|aura|aurez|auront|va|vais|vas|vont|allez|allons)\b")


@dataclass(frozen=True, slots=True)
class Promise:
    """`verb` as the sentence has it; `stems`: how the same verb may begin elsewhere; whose promise it is."""

    verb: str
    stems: tuple[str, ...]
    by_caller: bool


def promised(sentence: str, language: Language) -> list[Promise]:
    """The promises of a sentence."""
    found: list[Promise] = []
    for clause in _CLAUSE.split(sentence):
        words = fold(clause).split()
        for n, word in enumerate(words):
            given = _GIVING.match(word) and any(each in _HOUSE for each in words[:n])
            verb = _verb(words, n, word, language) or (word if given else "")
            if verb:
                found.append(Promise(verb, _stems(verb), _of_caller(words[:n])))
    return found


def stands(promise: Promise, texts: Iterable[str]) -> bool:
    """Somebody said that it would be done, and did not deny it in the same breath."""
    clauses = (clause for text in texts for clause in _CLAUSE.split(text))
    return any(_backs(clause, promise.stems) for clause in clauses)


def _backs(clause: str, stems: tuple[str, ...]) -> bool:
    """What was done ("remboursé") backs nothing that will be, unless it is said to be to come ("sera remboursé")."""
    folded = fold(clause)
    if _DENIED.search(folded):
        return False
    coming = bool(_TO_COME.search(folded))
    words = [word for word in clause.lower().split() if coming or not _DONE.search(word)]
    return any(word.startswith(stems) for each in words for word in fold(each).split())


def _verb(words: list[str], n: int, word: str, language: Language) -> str:
    """The verb that the word at `n` makes a promise of; empty: none."""
    if _BINDING[language].match(word):
        return word
    if language == "en":
        going = word == "going" and words[n + 1 : n + 2] == ["to"]
        return _next(words, n + 1) if word in _WILL or going else ""
    if word in _HELPERS:
        return _next(words, n + 1)
    if word in _GOING:
        following = _next(words, n + 1)
        return following if following.endswith(("er", "ir", "re", "oir")) else ""
    if word in ("fera", "feront", "ira", "iront"):
        return word
    return word if len(word) > 4 and word not in _NOT_FUTURE and _FUTURE.search(word) else ""


def _next(words: list[str], start: int) -> str:
    return next((word for word in words[start:] if word not in _SMALL), "")


def _stems(verb: str) -> tuple[str, ...]:
    for start, stems in _IRREGULAR:
        if verb.startswith(start):
            return stems
    return (verb[: max(4, min(5, len(verb) - 2))],)


def _of_caller(before: list[str]) -> bool:
    """The nearest who is named before it is the caller."""
    return any(word in _CALLER for word in before)
