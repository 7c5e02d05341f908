"""A plan whose effects are known beforehand: the opening, a goodbye, an apology."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from agents.effects import Effect, Say, Source


@dataclass(frozen=True, slots=True)
class Said:
    """Nothing of it is thought about, and the conversation does not stand elsewhere after it."""

    lines: Sequence[Effect]
    heard: str = ""
    source: Source = "rules"
    meaning: str = ""

    async def effects(self) -> AsyncIterator[Effect]:
        """The lines, in order."""
        for line in self.lines:
            yield line


def ready(*texts: str) -> Said:
    """Phrases of the agent's file, kept synthesised; empty ones are left out."""
    return Said([Say(text, ready=True) for text in texts if text])
