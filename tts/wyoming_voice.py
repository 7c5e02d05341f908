"""A voice on another machine, behind the Wyoming protocol: `wyoming-piper` and its like.

Each server is asked once for a sentence of which its loudness is measured: it then speaks as loud as every voice here.
A clause is fetched whole before any of it is heard, so that a server that fails in its middle costs time, never a word.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from time import monotonic
from typing import TypeVar

import numpy as np

from store.base.settings import settings
from store.remote.health import Rules
from store.remote.pool import AllAway, Pool
from store.remote.wyoming import Event, WyomingError, connected, described, offers
from tts.base import SAMPLE_RATE, Capabilities, Engine, TtsError, Voice, VoiceInfo
from tts.loudness import TARGET, lufs
from tts.normalise import normalise
from tts.pcm import Edges, Pcm, amplify, from_bytes, pause_after, resample, to_bytes

R = TypeVar("R")

_PIECE = 6_400
MOST_BYTES = 2 * 48_000 * 120
"""Of one clause's sound: two minutes at the highest rate."""
RATES = range(8_000, 48_001)
MEASURED = {
    "fr": "Bonjour, vous êtes bien au cabinet, que puis-je faire pour vous aujourd'hui ?",
    "en": "Good morning, this is the practice speaking, what can I do for you today?",
}
"""What a server's loudness is measured of."""
_GAINS = (0.05, 20.0)


class Speaker:
    """One server."""

    def __init__(self, server: str, voice: str, language: str, *, seconds: float) -> None:
        """`server`: HOST:PORT; `voice`: its name there; `seconds`: the longest wait for a clause."""
        self.server, self._voice, self._language, self._seconds = server, voice, language, seconds
        self.version = ""
        self._gain = 0.0
        self._measuring = asyncio.Lock()

    async def describe(self) -> None:
        """Learn which version of the voice it has. Raises TtsError: it is away, or has no voice of that name."""
        try:
            info = await described(self.server, self._seconds)
        except WyomingError as error:
            raise _away(error) from error
        found = next((each for each in offers(info, "tts", "voices") if each.get("name") == self._voice), None)
        if found is None:
            raise TtsError(
                f"the voice server {self.server} has no {self._voice!r}", code="tts.voice_missing",
                hint=f"set tts.server_voice_{self._language} to one of its voices, as fr_FR-siwis-medium",
            )  # fmt: skip
        version = f"1:{self._voice}:{found.get('version') or ''}"
        if version != self.version:
            self.version, self._gain = version, 0.0

    async def clause(self, words: str) -> Pcm:
        """The words at the loudness of every voice here, 16 kHz. Raises TtsError."""
        if not self.version:
            await self.describe()
        async with self._measuring:
            if not self._gain:
                self._gain = await asyncio.to_thread(_gain_of, await self._spoken(MEASURED[self._language]))
        return amplify(await self._spoken(words), self._gain)

    async def _spoken(self, words: str) -> Pcm:
        try:
            async with connected(self.server, self._seconds) as talk:
                await talk.say("synthesize", text=words, voice={"name": self._voice, "language": self._language})
                sound, rate, channels = bytearray(), 0, 1
                while (event := await talk.hear("audio-chunk", "audio-stop")).type == "audio-chunk":
                    rate, channels = _form(event, rate)
                    sound += event.payload
                    if len(sound) > MOST_BYTES:
                        raise WyomingError(f"over {MOST_BYTES} bytes of sound for {len(words)} characters")
        except WyomingError as error:
            raise _away(error) from error
        return await asyncio.to_thread(_at_our_rate, bytes(sound), rate, channels)


class WyomingVoice(Voice):
    """A voice that one or several servers have: each clause is spoken by a healthy one, else by the next."""

    engine = "wyoming"
    capabilities = Capabilities(streaming=False)

    def __init__(
        self, name: str, language: str, speakers: Sequence[Speaker], *, rules: Rules | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:  # fmt: skip
        self.name, self.language = name, language
        self._speakers = tuple(speakers)
        self.version = "0"  # until a server was asked
        self.pool = Pool({each.server: each for each in speakers}, Speaker.describe, rules=rules, clock=clock)

    async def known(self) -> None:
        """Have asked a server for the version, which keys of ready speech hold. Raises TtsError where none answers."""
        found = next((each.version for each in self._speakers if each.version), "")
        if not found:
            await self._asked(Speaker.describe)
            found = next((each.version for each in self._speakers if each.version), "0")
        self.version = found

    async def stream(self, text: str) -> AsyncIterator[bytes]:
        """See Voice."""
        words = await asyncio.to_thread(normalise, text, self.language)
        if not any(character.isalnum() for character in words):
            return
        said = await self._asked(lambda speaker: speaker.clause(words))
        edges = Edges(SAMPLE_RATE, tail=pause_after(words))
        pcm = to_bytes(np.concatenate([edges.push(said), edges.flush()]))
        for at in range(0, len(pcm), _PIECE):
            yield pcm[at : at + _PIECE]

    async def _asked(self, do: Callable[[Speaker], Awaitable[R]]) -> R:
        try:
            return await self.pool.ask(do)
        except AllAway as error:
            raise TtsError(str(error), hint=error.hint, code="tts.away") from error

    async def close(self) -> None:
        """Look for no server any more."""
        await self.pool.close()


def _away(error: WyomingError) -> TtsError:
    return TtsError(f"the voice {error}", hint=error.hint, code="tts.away")


def _form(event: Event, before: int) -> tuple[int, int]:
    """The rate and channels of a piece of sound. Raises WyomingError for what is not 16-bit sound, all of one rate."""
    rate, width, channels = (event.data.get(name) for name in ("rate", "width", "channels"))
    if not isinstance(rate, int) or rate not in RATES or (before and rate != before):
        raise WyomingError(f"sound of {rate} Hz, after {before}")
    if width != 2 or not isinstance(channels, int) or channels not in (1, 2):
        raise WyomingError(f"sound of {width} bytes and {channels} channels")
    if len(event.payload) % (2 * channels):
        raise WyomingError("sound that ends in the middle of a sample")
    return rate, channels


def _at_our_rate(sound: bytes, rate: int, channels: int) -> Pcm:
    pcm = from_bytes(sound)
    if channels == 2:
        pcm = pcm.reshape(-1, 2).mean(axis=1)
    return resample(pcm, rate, SAMPLE_RATE) if len(pcm) else pcm


def _gain_of(pcm: Pcm) -> float:
    """What brings it to the loudness of every voice; 1 where it is mute, and then nothing helps."""
    loud = lufs(pcm, SAMPLE_RATE)
    return float(np.clip(10 ** ((TARGET - loud) / 20), *_GAINS)) if np.isfinite(loud) else 1.0


def _named(language: str) -> str:
    return {"fr": settings().tts.server_voice_fr, "en": settings().tts.server_voice_en}.get(language, "")


def _voices(language: str) -> list[VoiceInfo]:
    """One a language: what it is called at the servers is the operator's to say."""
    servers, named = settings().tts.servers, _named(language)
    note = f"{named} at {', '.join(servers)}" if servers and named else "a Wyoming server on another machine"
    return [VoiceInfo(f"wyoming-{language}", "wyoming", language, bool(servers and named), False, note)]


def _open(name: str) -> WyomingVoice:
    language, of = name.removeprefix("wyoming-"), settings().tts
    speakers = [Speaker(each, _named(language), language, seconds=of.server_seconds) for each in of.servers]
    if not speakers or not _named(language):
        raise TtsError(f"{name}: no server is set", hint=ENGINE.hint, code="tts.voice_missing", retryable=False)
    return WyomingVoice(name, language, speakers)


ENGINE = Engine(_voices, _open, "set tts.servers, and tts.server_voice_fr or tts.server_voice_en", far=True)
