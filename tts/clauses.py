"""Cuts a text that is still being written into clauses, so that speech can begin before it is finished.

Pure and incremental. Nothing is lost or changed: the clauses joined are the text. The first clause is
small, to be heard soon; later ones are bigger, because a voice sounds better over a longer breath.
"""

from __future__ import annotations

import re

FIRST_LEAST = 12
"""Characters the first clause needs before it may end at a comma or a conjunction."""

NEXT_LEAST = 40
"""The same for later clauses."""

LONGEST = 220
"""A clause that finds no better place is cut at a space after this many characters."""

_ABBREVIATION = re.compile(
    r"(?:^|[\s(«\"'’])(?:M|MM|Mme|Mmes|Mlle|Dr|Drs|Me|Pr|St|Ste|av|bd|bld|boul|ch|pl|rte|art|cf|ex|env|tél|tel|"
    r"réf|no|nos|p|pp|vol|max|min|etc|apt|Mr|Mrs|Ms|Prof|Sr|Jr|Inc|Ltd|Co|vs|approx|dept|ext|e\.g|i\.e|a\.m|p\.m|"
    r"janv|févr|avr|juil|sept|oct|nov|déc|Jan|Feb|Aug|Sep|Sept|Oct|Nov|Dec|[A-ZÉ])\.$",
)
_SENTENCE = re.compile(r"[.!?…]+[\"'»”’)\]]*\s+|\n+\s*")
_COMMA = re.compile(r"[,;:—–]\s+|\)\s+")
_WORD = re.compile(
    r"\s+(?=(?:et|ou|mais|donc|car|puis|que|qui|pour|parce|si|and|or|but|so|because|which|that|if)\s+\S)"
)
_BOUND = re.compile(r"[\d@€$£%/]|\bn[°º]|\bh\b")


class ClauseSplitter:
    """Feed it pieces as they come; it gives back the clauses that are complete."""

    def __init__(self, *, first_least: int = FIRST_LEAST, next_least: int = NEXT_LEAST) -> None:
        """`first_least`, `next_least`: characters before a clause may end at less than a sentence's end."""
        self._first_least, self._next_least = first_least, next_least
        self._text = ""
        self._given = 0

    def push(self, piece: str) -> list[str]:
        """The clauses that `piece` completes. What may still grow (a number, an address) is kept back."""
        self._text += piece
        clauses: list[str] = []
        while (end := self._cut()) > 0:
            clauses.append(self._text[:end])
            self._text = self._text[end:]
            if clauses[-1].strip():
                self._given += 1
        return clauses

    def flush(self) -> list[str]:
        """What is left, when the text is finished."""
        rest, self._text = self._text, ""
        return [rest] if rest else []

    def _cut(self) -> int:
        """Where the next clause ends in the text at hand; 0 when it is not known yet."""
        least = self._next_least if self._given else self._first_least
        text = self._text
        start = len(text) - len(text.lstrip())
        ends = [m.end() for m in _SENTENCE.finditer(text) if self._sentence_ends(m)]
        ends += [
            m.end() for m in _COMMA.finditer(text) if m.start() - start >= least and _free(text, m.start(), m.end())
        ]
        ends += [
            m.end() for m in _WORD.finditer(text) if m.start() - start >= least and _free(text, m.start(), m.end())
        ]
        # A cut needs a character after it: until then the text may go on with more of the same.
        found = min((end for end in ends if start < end < len(text)), default=0)
        return found or self._too_long(start)

    def _sentence_ends(self, match: re.Match[str]) -> bool:
        if match.group().startswith("\n") or not match.group().startswith("."):
            return True
        return not _ABBREVIATION.search(self._text[: match.start() + 1])

    def _too_long(self, start: int) -> int:
        if len(self._text) - start <= LONGEST:
            return 0
        for match in re.finditer(r"\s+", self._text):
            if match.start() - start >= LONGEST // 2 and _free(self._text, match.start(), match.end()):
                return match.end() if match.end() < len(self._text) else 0
        return 0


def _free(text: str, before: int, after: int) -> bool:
    """A cut here does not part a number from what belongs to it (`14 h 30`, `12 , 50`, `1 234 €`)."""
    left = text[:before].rsplit(maxsplit=1)
    right = text[after:].split(maxsplit=1)
    return not (left and right and _BOUND.search(left[-1]) and _BOUND.search(right[0]))


def split(text: str) -> list[str]:
    """The clauses of a finished text."""
    splitter = ClauseSplitter()
    return splitter.push(text) + splitter.flush()
