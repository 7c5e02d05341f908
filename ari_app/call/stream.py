"""What a line brings, in order: the caller's audio, as windows of voice told to the floor; what was played of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

from ari_app.call.callaudio import GAP_MS, CallerAudio
from ari_app.call.clock import Clock
from ari_app.call.echo import EARLY_MS, FAR_MS
from ari_app.call.floor import Floor
from ari_app.call.pickup import PickUp
from ari_app.call.talker import Talker
from ari_app.call.turns import Decision
from ari_app.call.voicing import Voicing
from ari_app.desk.recording import Recording
from ari_app.switch.base import FRAME_MS, Audio, Closed, Left, Line, Mark
from asr.base import Pcm, VoiceActivity


class CallerStream:
    """One stay on a line. `do` carries out what the floor decides, before the next window is looked at."""

    def __init__(
        self, line: Line, audio: CallerAudio, clock: Clock, floor: Floor, talker: Talker, recording: Recording,
        activity: VoiceActivity, pickup: PickUp | None, do: Callable[[Sequence[Decision]], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._line, self._audio, self._clock, self._floor, self._talker = line, audio, clock, floor, talker
        self._recording, self._pickup, self._do = recording, pickup, do
        self._voicing = Voicing(activity, self._spoken)
        self._last_audio = clock.heard
        self.on_hold = False
        """The far end holds us: music, or nothing."""

    def heard_from(self, start_ms: int) -> int:
        """Where the utterance that was noticed at `start_ms` became audible."""
        return self._voicing.heard_from(start_ms)

    async def run(self) -> None:
        """Until the audio is gone; silence counts as audio."""
        while True:
            try:
                async with asyncio.timeout(0.1):
                    event = await self._line.events.get()
            except TimeoutError:
                await self._nothing_came()
                continue
            match event:
                case Audio(pcm, at):
                    self._last_audio = at
                    self._audio.add(pcm)
                    self._recording.caller.lay(self._clock.now_ms() - FRAME_MS, pcm)
                    await self._heed()
                case Mark(mark_id):
                    self._talker.marked(mark_id)
                case Left(left):
                    self._talker.status(left)
                case Closed():
                    return

    async def _nothing_came(self) -> None:
        """A phone that sends nothing is silent. A process that was late is not: what waits is read first."""
        await asyncio.sleep(0)
        now = monotonic()
        if self._line.events.empty() and now - self._last_audio >= GAP_MS / 1000:
            missing = self._clock.heard_ms(now) - self._audio.ms
            self._audio.fill(min(round((now - self._last_audio) * 1000), missing))
            self._last_audio = now
            await self._heed()

    def _spoken(self, at_ms: int) -> Pcm:
        """What the agent had said when the caller's stream was at `at_ms`, for what may be its echo."""
        return self._talker.said(self._clock.on_call(at_ms) + EARLY_MS, FAR_MS)

    async def _heed(self) -> None:
        for at_ms, window in self._audio.windows():
            probability = self._voicing.push(at_ms, window)
            if self._pickup is not None:
                await self._pickup.window(at_ms, window, voiced=self._floor.voiced(probability))
            deaf = self.on_hold or (self._pickup is not None and self._pickup.deaf)
            await self._do(self._floor.ignore(at_ms) if deaf else self._floor.hear(at_ms, probability))
