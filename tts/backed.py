"""A voice of other machines, and the voice of this machine that speaks while none of them answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from tts.base import TtsError
from tts.cache import CachedVoice, SpeechCache
from tts.wyoming_voice import WyomingVoice

log = logging.getLogger(__name__)


class BackedVoice(CachedVoice):
    """It remembers what the far voice said, as that voice; what the other says for it is remembered as the other's."""

    def __init__(
        self, far: WyomingVoice, here: Callable[[], CachedVoice] | None, cache: SpeechCache | None = None
    ) -> None:
        """`here`: gives the voice that stands in, and may block while it is loaded; None: none does."""
        super().__init__(far, cache)
        self._far, self._here = far, here

    async def speak(self, text: str, *, ready: bool = False) -> AsyncGenerator[bytes]:
        """As `stream`. Raises TtsError where no voice can; nothing is said twice, and nothing by two voices."""
        begun = False
        try:
            await self._far.known()
            async with aclosing(super().speak(text, ready=ready)) as pieces:
                async for piece in pieces:
                    begun = True
                    yield piece
            return
        except TtsError as error:
            if begun or self._here is None:
                raise
            log.warning("the voice here stands in: %s", error)
        here = await asyncio.to_thread(self._here)
        async with aclosing(here.speak(text, ready=ready)) as pieces:
            async for piece in pieces:
                yield piece

    async def prepare(self, texts: Sequence[str]) -> None:
        """See Voice: by the voice that will be heard, as far as is known now."""
        try:
            await self._far.known()
            await super().prepare(texts)
        except TtsError as error:
            if self._here is None:
                raise
            log.warning("the voice here prepares: %s", error)
            await (await asyncio.to_thread(self._here)).prepare(texts)
