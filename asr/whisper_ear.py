"""The ear: Whisper on a short window, listened to again on the full one when the first hearing is doubtful.

Padding every utterance to 30 s is most of Whisper's cost. Encoding the utterance and a few seconds of
silence costs a quarter; what that loses now and then (it repeats itself) is noticed and heard again. What
is merely unlikely is decoded again with more care, from the same encoding.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np

from asr import doubt
from asr.base import SAMPLE_RATE, AsrError, Capabilities, Ear, Pcm, Transcript
from asr.whisper import LONGEST, Pass, Whisper, wanted
from store import weights as models

AFTER = 5.0
"""Seconds of silence encoded after the utterance."""
SHORTEST = 0.1
"""Seconds; less holds no word."""
FAINT = 10 ** (-55 / 20)
"""Peak below −55 dBFS: nobody is speaking on this line."""
CAREFUL_BEAM = 5


class Hearer(Protocol):
    """What hears one pass: the loaded model, or what stands for it where our own judgement is tried."""

    def hear(
        self, pcm: Pcm, *, language: str, window: float, beam: int, closer: int = 0, hotwords: Sequence[str] = (),
        given_up: Callable[[], bool] = wanted,
    ) -> Pass:  # fmt: skip
        """One pass over `window` seconds (at most 30), beginning with `pcm`; see `Whisper.hear`."""
        ...

    def sounds(self, pcm: Pcm) -> Mapping[str, float]:
        """How much each language is in `pcm`: language → share of 1."""
        ...

    def close(self) -> None:
        """Free the weights."""
        ...


class WhisperEar(Ear):
    """Speech to text in process. One instance serves every call; at most `workers` are heard at once."""

    engine = "faster-whisper"
    capabilities = Capabilities(hotwords=True, tells_language=True)

    def __init__(
        self, model: str, *, device: str = "cpu", beam: int = 1, threads: int = 0, workers: int = 1,
        whisper: Hearer | None = None,
    ) -> None:  # fmt: skip
        """`whisper`: what hears, else the catalogue's `model`, which is loaded.

        Raises UnknownModel, ModelMissing, ModelDamaged or AsrError.
        """
        self.model = model
        self._beam = beam
        self._whisper = whisper or Whisper(models.path(model), device=device, threads=threads, workers=workers)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="whisper")

    async def transcribe(self, pcm: Pcm, *, language: str, hotwords: Sequence[str] = ()) -> Transcript:
        """The text of one utterance, empty if nobody spoke. `took_seconds` includes the wait for a worker."""
        began = time.monotonic()
        seconds = pcm.size / SAMPLE_RATE
        if seconds > LONGEST:
            raise AsrError(
                f"{seconds:.1f} s of audio at once", hint="split it (asr/segments.py)", code="audio_too_long"
            )
        loop = asyncio.get_running_loop()
        given_up = threading.Event()
        try:
            heard = await loop.run_in_executor(
                self._pool, self._listen, pcm, language, tuple(hotwords), given_up.is_set
            )
        except asyncio.CancelledError:  # the caller went on: what they say now waits for no text of what they said
            given_up.set()
            raise
        return Transcript(
            text=heard.text,
            language=language,
            audio_seconds=seconds,
            took_seconds=time.monotonic() - began,
            confidence=heard.logprob,
            no_speech=heard.no_speech,
        )

    async def sounds(self, pcm: Pcm) -> Mapping[str, float]:
        """See `Ear.sounds`: some fifty milliseconds. From a second of speech on it is hardly ever wrong."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._whisper.sounds, pcm)

    async def warm(self) -> None:
        """Hear a second of nothing, so that the first caller does not wait for memory to be laid out."""
        loop = asyncio.get_running_loop()
        pcm = np.zeros(SAMPLE_RATE, dtype=np.float32)
        await loop.run_in_executor(self._pool, self._hear, pcm, "fr", (), AFTER + 1, self._beam)

    async def close(self) -> None:
        """Free the model, once what is being heard has been."""
        await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)
        self._whisper.close()

    def _listen(self, pcm: Pcm, language: str, hotwords: tuple[str, ...], given_up: Callable[[], bool]) -> Pass:
        seconds = pcm.size / SAMPLE_RATE
        if seconds < SHORTEST or float(np.abs(pcm).max()) < FAINT:
            return Pass("", 0.0, 1.0, cut=False)
        first = self._hear(pcm, language, hotwords, seconds + AFTER, self._beam, given_up)
        if doubt.silence(first.logprob, first.no_speech) or doubt.echo(first.text, hotwords, first.no_speech):
            return _nothing(first)
        if given_up() or not _doubtful(first, seconds):
            return _settled(first)
        again = self._hear(pcm, language, (), LONGEST, max(self._beam, CAREFUL_BEAM), given_up)
        if doubt.silence(again.logprob, again.no_speech):
            return _nothing(again)
        return _settled(_better(first, again, seconds))

    def _hear(
        self, pcm: Pcm, language: str, hotwords: tuple[str, ...], window: float, beam: int,
        given_up: Callable[[], bool] = wanted,
    ) -> Pass:  # fmt: skip
        return self._whisper.hear(
            pcm, language=language, window=window, beam=beam, closer=CAREFUL_BEAM, hotwords=hotwords, given_up=given_up
        )


def _doubtful(heard: Pass, seconds: float) -> bool:
    return (
        heard.cut
        or heard.logprob < doubt.LOGPROB
        or doubt.repeats(heard.text)
        or doubt.twice(heard.text)
        or doubt.too_fast(heard.text, seconds)
    )


def _better(first: Pass, again: Pass, seconds: float) -> Pass:
    """The second hearing, unless it went wrong in a way the first did not."""
    return min(again, first, key=lambda p: p.cut or doubt.repeats(p.text) or doubt.too_fast(p.text, seconds))


def _settled(heard: Pass) -> Pass:
    text = doubt.believed(heard.text, heard.no_speech)
    if not doubt.plain(text):
        return _nothing(heard)
    text = doubt.once(text) if doubt.repeats(text) else text
    return Pass(text, heard.logprob, heard.no_speech, heard.cut)


def _nothing(heard: Pass) -> Pass:
    return Pass("", heard.logprob, heard.no_speech, cut=False)
