"""A dictation: what has been heard so far of a number, an address, a name or a code, over several breaths. Pure.

Breaths in, a new dictation out; `result` says what they come to, `patience_ms` how long to wait for more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from agents.dictation import codes, mail, telephone
from agents.dictation.pieces import Piece, pieces
from agents.dictation.result import DONE, Result, content, talks
from agents.dictation.spelling import announced, spellings, unfinished, without
from agents.slots.names import find_name
from agents.slots.text import Language, fold, has

Kind = Literal["phone", "email", "name", "plate", "reference"]
KINDS: tuple[Kind, ...] = ("phone", "email", "name", "plate", "reference")
Accepts = Callable[[str], bool]

BETWEEN_MS = 2500
"""Least silence before the agent takes the turn while more must come."""
SPELLING_MS = 1800
"""… while it may be whole: a reference whose form nobody told, a name of letters only."""
_MOST_BREATHS = 24
"""So many breaths dictate nothing: it is somebody else, or a radio."""


@dataclass(frozen=True, slots=True)
class Dictation:
    """What is dictated for `slot`, breath by breath, as the ear wrote it."""

    slot: str
    kind: Kind
    language: Language
    breaths: tuple[str, ...] = ()
    done: bool = False
    """The caller said that nothing more comes."""


def hear(dictation: Dictation, heard: str, accepts: Accepts | None = None) -> Dictation | None:
    """The dictation with one more breath; None: `heard` dictates nothing of it."""
    begun = bool(dictation.breaths)
    if begun and _is_done(heard, dictation):
        return replace(dictation, done=True)
    if not _dictates(dictation, heard, begun=begun):
        return None
    before = dictation if len(dictation.breaths) < _MOST_BREATHS else replace(dictation, breaths=())
    return replace(before, breaths=(*before.breaths, heard), done=False)


def result(dictation: Dictation, accepts: Accepts | None = None) -> Result:
    """What the breaths come to; `accepts` says which values a reference may have."""
    found = _read(dictation, accepts)
    if dictation.done and not found.value and found.settled:
        return replace(found, value=found.settled)
    return found


def patience_ms(dictation: Dictation, accepts: Accepts | None = None) -> int:
    """How long a silence to bear before the turn is the agent's, in milliseconds; 0: as long as usual, it is whole."""
    found = result(dictation, accepts)
    if found.value and dictation.kind in ("phone", "email", "plate"):
        return 0
    return SPELLING_MS if found.value else BETWEEN_MS


def missing(dictation: Dictation) -> int:
    """How many digits a French number still wants; 0 where that cannot be told."""
    return telephone.missing(result(dictation).so_far) if dictation.kind == "phone" else 0


def _cut(heard: str, dictation: Dictation) -> tuple[Piece, ...]:
    return pieces(heard, dictation.language, counts=dictation.kind in ("plate", "reference"))


def _dictates(dictation: Dictation, heard: str, *, begun: bool) -> bool:
    breath, language = _cut(heard, dictation), dictation.language
    if dictation.kind == "phone":
        return telephone.dictates(breath, language, begun=begun)
    if dictation.kind == "email":
        return mail.dictates(breath, language, begun=begun)
    if dictation.kind == "name":
        return _spells(breath, heard, language, begun=begun)
    return codes.dictates(breath, language, begun=begun)


def _spells(breath: tuple[Piece, ...], heard: str, language: Language, *, begun: bool) -> bool:
    letters = sum(len(piece.text) for piece in breath if piece.kind == "letter")
    words = [piece.text for piece in breath if piece.kind == "word"]
    if begun and not talks(words, language):
        return letters >= 1 and len(content(words, language)) <= 1
    alone = all(piece.kind == "letter" for piece in breath)
    return bool(spellings(heard, language)) or announced(heard, language) or (alone and letters >= 2)


def _is_done(heard: str, dictation: Dictation) -> bool:
    text = fold(heard)
    return (
        len(text.split()) <= 5 and has(text, DONE[dictation.language]) and not _dictates(dictation, heard, begun=False)
    )


def _read(dictation: Dictation, accepts: Accepts | None) -> Result:
    language = dictation.language
    if dictation.kind == "name":
        return _read_name(", ".join(breath.rstrip(" .") for breath in dictation.breaths), language)
    cut = tuple(_cut(breath, dictation) for breath in dictation.breaths)
    if dictation.kind == "phone":
        return telephone.read(cut, language)
    if dictation.kind == "email":
        return mail.read(cut, language)
    if dictation.kind == "plate":
        return codes.read_plate(cut, language)
    return codes.read_reference(cut, language, accepts)


def _read_name(said: str, language: Language) -> Result:
    spelt = spellings(said, language)
    name = find_name(said, language, asked=True) or ""
    letters = "".join(found.letters for found in spelt) or "".join(
        piece.text for piece in pieces(said, language) if piece.kind == "letter"
    )
    words = without(said, spelt).replace(",", " ").split()
    more = announced(said, language) or bool(spelt and spelt[-1].open)
    more = more or (bool(spelt) and unfinished(words, spelt[-1].letters))
    if more or not spelt:
        return Result(so_far=letters, settled=name)
    return Result(name, letters, name)
