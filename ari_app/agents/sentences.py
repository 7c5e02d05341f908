"""A model's text cut into clauses as it comes, so that the first is spoken while the rest is thought."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator

_END = re.compile(r"[.!?…]+[»\")]*\s+|[;:]\s+|,\s+")
_FIRST, _LATER = 18, 40
"""Least characters of a clause cut at a comma: the first comes soon, the others are whole."""


async def clauses(pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
    """Clauses of the streamed text, each with its end mark; the last may lack one."""
    text, said = "", 0
    async for piece in pieces:
        text += piece
        while (cut := _cut(text, said)) > 0:
            clause, text = text[:cut].strip(), text[cut:]
            if clause:
                said += 1
                yield clause
    if text.strip():
        yield text.strip()


def _cut(text: str, said: int) -> int:
    for match in _END.finditer(text):
        sentence = match[0].strip()[:1] not in (",", ":", ";")
        if sentence and not re.search(r"\b(?:M|Mme|Dr|St|Mr|Mrs|Ms)\.\s*$", text[: match.end()]):
            return match.end()
        if not sentence and match.start() >= (_FIRST if said == 0 else _LATER):
            return match.end()
    return 0
