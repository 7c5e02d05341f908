"""Somebody beside the conversation is listened to: what they say, when, and the tones of machines.

A pause ends what they said; the ear then says what it was. The agent's own voice, come back, is not theirs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

from ari_app.call.answering import Beep, Signal, Speech
from ari_app.call.attended import Event, Said
from ari_app.call.callaudio import GAP_MS, CallerAudio
from ari_app.call.echo import EARLY_MS, FAR_MS
from ari_app.call.tones import Tones
from ari_app.call.voicing import BELIEVED, Voicing
from ari_app.desk.parts import Parts
from asr.base import Pcm
from store.base.errors import DecrocheError

log = logging.getLogger(__name__)

PAUSE_MS = 500
"""A pause so long ends what is said: a yes is short, and somebody waits for it."""
LEAST_MS = 90
"""Shorter is a click."""
LONG_MS = 2_500
"""What does not end is listened to as it goes on, each time that so much was added: a machine does not stop."""
MARGIN_MS = 250
"""Before the voice was noticed."""
_SIGNALS = {"fax": "fax", "busy": "busy", "sit": "nobody"}


class Listener:
    """One line's far end. `now_ms`: the clock of what is told to `tell`; `said(until, length)`: what we said, on it."""

    def __init__(
        self, parts: Parts, language: str, now_ms: Callable[[], int], said: Callable[[int, int], Pcm],
        tell: Callable[[Event], None],
    ) -> None:  # fmt: skip
        self._ear, self._language, self._now, self._tell = parts.ear, language, now_ms, tell
        self._audio, self._tones = CallerAudio(), Tones()
        self._voicing = Voicing(parts.activity(), lambda at_ms: said(self._on_clock(at_ms) + EARLY_MS, FAR_MS))
        self._last_audio = monotonic()
        self._from: tuple[int, int] | None = None
        """Where what is being said began: on the stream, and on the clock."""
        self._until = self._heard = 0
        self._tasks = set[asyncio.Task[None]]()

    @property
    def speaking(self) -> bool:
        """They are saying something, or what they said is not known yet."""
        return self._from is not None or bool(self._tasks)

    def stop(self) -> None:
        """Nothing more is wanted."""
        for task in self._tasks:
            task.cancel()

    def hear(self, pcm: bytes) -> None:
        """A piece of the stream, slin16."""
        self._last_audio = monotonic()
        self._audio.add(pcm)
        self._heed()

    def nothing(self) -> None:
        """Nothing came for a while: a phone that sends nothing is silent."""
        now = monotonic()
        if now - self._last_audio >= GAP_MS / 1000:
            self._audio.fill(round((now - self._last_audio) * 1000))
            self._last_audio = now
            self._heed()

    def _on_clock(self, stream_ms: int) -> int:
        return self._now() - self._audio.ms + stream_ms

    def _heed(self) -> None:
        for at_ms, window in self._audio.windows():
            for tone in self._tones.push(at_ms, window):
                kind = _SIGNALS.get(tone.kind)
                self._tell(Beep(at_ms) if kind is None else Signal(at_ms, kind))  # pyright: ignore[reportArgumentType]
            self._voice(at_ms, voiced=self._voicing.push(at_ms, window) >= BELIEVED)

    def _voice(self, at_ms: int, *, voiced: bool) -> None:
        if voiced:
            if self._from is None:
                self._from, self._heard = (at_ms, self._now()), at_ms
            self._until = at_ms
            self._tell(Speech(self._from[0], at_ms))
            if at_ms - self._heard >= LONG_MS:
                self._heard = at_ms
                self._listen(*self._from, at_ms)
        elif self._from is not None and at_ms - self._until >= PAUSE_MS:
            start, self._from = self._from, None
            if self._until - start[0] >= LEAST_MS:
                self._listen(*start, self._until)

    def _listen(self, from_ms: int, from_clock: int, to_ms: int) -> None:
        pcm = self._audio.between(max(0, from_ms - MARGIN_MS, to_ms - 28_000), to_ms + MARGIN_MS)
        task = asyncio.create_task(self._transcribed(pcm, from_clock), name="person-ear")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _transcribed(self, pcm: Pcm, from_clock: int) -> None:
        try:
            text = (await self._ear.transcribe(pcm, language=self._language)).text
        except DecrocheError as error:
            log.warning("what a person said was not heard: [%s] %s", error.code, error)
            return
        self._tasks.discard(asyncio.current_task())  # pyright: ignore[reportArgumentType]
        if text.strip():
            self._tell(Said(from_clock, self._now(), text))
