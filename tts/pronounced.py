"""Names, places and acronyms as one agent wants them said: respelt before any voice reads them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence

from tts.base import Voice


def respelt(text: str, say_as: Mapping[str, str]) -> str:
    """`text` with each whole word or phrase of `say_as` as it is to be said: the longest wins, letter case counts."""
    if not say_as:
        return text
    words = sorted(say_as, key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(word) for word in words)})(?!\w)")
    return pattern.sub(lambda match: say_as[match[0]], text)


class PronouncedVoice(Voice):
    """A voice that says some words as an agent's file has them. Shares the voice it is made of, and never closes it."""

    def __init__(self, voice: Voice, say_as: Mapping[str, str]) -> None:
        self._voice, self._say_as = voice, dict(say_as)
        self.engine, self.name, self.language = voice.engine, voice.name, voice.language
        self.capabilities, self.version = voice.capabilities, voice.version

    def stream(self, text: str) -> AsyncIterator[bytes]:
        """See `Voice.stream`."""
        return self._voice.stream(respelt(text, self._say_as))

    def speak(self, text: str, *, ready: bool = False) -> AsyncIterator[bytes]:
        """See `Voice.speak`: what is kept is kept as it is said."""
        return self._voice.speak(respelt(text, self._say_as), ready=ready)

    async def prepare(self, texts: Sequence[str]) -> None:
        """See `Voice.prepare`."""
        await self._voice.prepare([respelt(text, self._say_as) for text in texts])


def pronounced(voice: Voice, say_as: Mapping[str, str]) -> Voice:
    """`voice`, or one that says those words as they are to be said."""
    return PronouncedVoice(voice, say_as) if say_as else voice
