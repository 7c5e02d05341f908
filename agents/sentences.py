"""A model's text cut into clauses as it comes, so that the first is spoken while the rest is thought."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator

from tts.clauses import ClauseSplitter


async def clauses(pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
    """Clauses of the streamed text, each with its end mark; the last may lack one."""
    splitter = ClauseSplitter()
    async for piece in pieces:
        for clause in splitter.push(piece):
            if clause.strip():
                yield clause.strip()
    for clause in splitter.flush():
        if clause.strip():
            yield clause.strip()
