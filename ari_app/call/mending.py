"""An ear that breaks in a call: a phrase and another try, twice; then a person. Pure but for the clock of `within`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import Literal

from agents.effects import Effect, Source
from store.base.errors import DecrocheError

EAR_SECONDS = 6.0
"""An utterance that is not understood by then never will be: on a loaded machine three are common, six are not."""

TRIES = 2
"""So many utterances in a row are asked for again; the next that is not heard is a person's to take."""


class NotHeard(DecrocheError):
    """The ear did not say what an utterance was."""

    code = "not_heard"


@dataclass(slots=True)
class Deaf:
    """One call's ear. `failed`: utterances in a row that it could not make out."""

    failed: int = 0

    def well(self) -> None:
        """It heard something."""
        self.failed = 0

    def fails(self) -> Literal["again", "person"]:
        """What is to be done about another one that it did not hear."""
        self.failed += 1
        return "again" if self.failed <= TRIES else "person"


async def within(hearing: Awaitable[None]) -> None:
    """`hearing`, given up when it takes for ever. Raises NotHeard, or its own DecrocheError."""
    try:
        async with asyncio.timeout(EAR_SECONDS):
            await hearing
    except TimeoutError as error:
        raise NotHeard(f"the ear took over {EAR_SECONDS:g} s") from error


@dataclass(frozen=True, slots=True)
class Broken:
    """A plan that nothing comes of: it is apologised for, and a person takes over."""

    error: DecrocheError
    heard: str = ""
    source: Source = "apology"
    meaning: str = ""

    async def effects(self) -> AsyncIterator[Effect]:
        """Raises the error."""
        for effect in list[Effect]():
            yield effect
        raise self.error
