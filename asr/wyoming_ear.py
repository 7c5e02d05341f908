"""An ear on another machine, behind the Wyoming protocol: `wyoming-faster-whisper` and its like."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from asr import doubt
from asr.base import SAMPLE_RATE, AsrError, Capabilities, Ear, Pcm, Transcript
from asr.whisper import LONGEST
from asr.whisper_ear import FAINT, SHORTEST
from store.remote.wyoming import WyomingError, connected, described, names, offers

_PIECE = 1 << 15
MOST_TEXT = 2_000
"""Characters of an answer: 30 s of speech are 600."""


class WyomingEar(Ear):
    """One server. It says nothing of how sure it is: what subtitles say over silence is told by the words alone."""

    engine = "wyoming"
    capabilities = Capabilities(hotwords=True)

    def __init__(self, server: str, *, seconds: float) -> None:
        """`server`: HOST:PORT; `seconds`: the longest wait for a text. Nothing is asked of it yet."""
        self.model = server
        self._seconds = seconds
        self._languages: frozenset[str] | None = None

    async def transcribe(self, pcm: Pcm, *, language: str, hotwords: Sequence[str] = ()) -> Transcript:
        """See `Ear`. Raises AsrError: the server is away or slow (retryable), or does not hear that language."""
        began, seconds = time.monotonic(), pcm.size / SAMPLE_RATE
        if seconds > LONGEST:
            raise AsrError(
                f"{seconds:.1f} s of audio at once", hint="split it (asr/segments.py)", code="audio_too_long",
                retryable=False,
            )  # fmt: skip
        text = ""
        if seconds >= SHORTEST and float(np.abs(pcm).max()) >= FAINT:
            text = _settled(await self._asked(pcm, language, hotwords))
        return Transcript(text, language, seconds, time.monotonic() - began, 0.0)

    async def warm(self) -> None:
        """Learn which languages it hears. Raises AsrError where it is away, or is no ear."""
        try:
            info = await described(self.model, self._seconds)
        except WyomingError as error:
            raise _away(error) from error
        models = offers(info, "asr", "models")
        if not models:
            raise AsrError(f"{self.model} offers no asr", hint="asr.servers names servers that hear", code="asr_away")
        named = [each for model in models for each in names(model.get("languages"))]
        self._languages = frozenset(each[:2].lower() if "_" in each or "-" in each else each.lower() for each in named)

    async def _asked(self, pcm: Pcm, language: str, hotwords: Sequence[str]) -> str:
        if self._languages is None:
            await self.warm()
        if self._languages and language not in self._languages:
            raise AsrError(
                f"{self.model} does not hear {language!r}", hint="give it a model that does", code="asr_language",
                retryable=False,
            )  # fmt: skip
        sound = np.round(np.clip(pcm, -1, 1) * 32767).astype("<i2").tobytes()
        form: dict[str, Any] = {"rate": SAMPLE_RATE, "width": 2, "channels": 1}
        expected: dict[str, Any] = {"transcript_names": list(hotwords)} if hotwords else {}
        try:
            async with connected(self.model, self._seconds) as talk:
                await talk.say("transcribe", language=language, **expected)
                await talk.say("audio-start", **form)
                for at in range(0, len(sound), _PIECE):
                    await talk.say("audio-chunk", sound[at : at + _PIECE], **form)
                await talk.say("audio-stop")
                heard = await talk.hear("transcript")
        except WyomingError as error:
            raise _away(error) from error
        return str(heard.data.get("text") or "")[:MOST_TEXT]


def _settled(text: str) -> str:
    """What is believed of it: nothing that only subtitles say, no phrase over and over."""
    text = doubt.believed(text.strip())
    if not doubt.plain(text):
        return ""
    text = doubt.once(text) if doubt.repeats(text) else text
    return "" if doubt.repeats(text) else text


def _away(error: WyomingError) -> AsrError:
    return AsrError(f"the ear {error}", hint=error.hint, code="asr_away")
