"""What is said to a person who is asked to take a call, and what they answer, on a line of their own.

`attended.py` decides; here it is spoken, heard, and timed.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import datetime
from time import monotonic

from agents.briefing import Brief
from agents.effects import Say
from ari_app.call.attended import (
    Asked,
    Attended,
    CallerGone,
    Came,
    Event,
    Join,
    Mute,
    Parting,
    PersonGone,
    Pressed,
    Release,
    Step,
    Tell,
    Tick,
    Told,
)
from ari_app.call.listener import Listener
from ari_app.call.talker import Talker
from ari_app.desk.house import House
from ari_app.desk.record import Notes
from ari_app.desk.recording import Recording
from ari_app.switch.base import Audio, Closed, Ended, Gone, HangupAsked, Key, LegEvents, Line, Mark, TransferOutcome
from store.base.errors import DecrocheError
from tts.base import Voice
from tts.watermark import Marker

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1
PARTING_SECONDS = 8.0
"""How long the last sentence may take."""
TAIL_SECONDS = 0.25
"""After the last mark: what the person's jitter buffer still holds."""


class Asking:
    """The talk with one person. `summary`: the speech of the summary, in the making; None: the voice failed."""

    def __init__(
        self, house: House, line: Line, core: Attended, brief: Brief, summary: asyncio.Future[bytes | None],
        voice: Voice,
    ) -> None:  # fmt: skip
        self._line, self._core, self._brief, self._summary, self._voice = line, core, brief, summary, voice
        self._began = monotonic()
        self._recording = Recording()  # for its echo alone: nothing of it is kept
        marker = Marker(house.settings.tts.mark_key).push
        self._talker = Talker(line, Notes(), self._recording, self._now, marker)
        self._listener = Listener(house.parts, core.language, self._now, self._talker.said, self._on)
        self._telling: asyncio.Task[None] | None = None
        self._last: asyncio.Future[Step] = asyncio.get_running_loop().create_future()
        self._gone = asyncio.Event()
        self._group: asyncio.TaskGroup
        self.ended_at: datetime | None = None

    def _now(self) -> int:
        return round((monotonic() - self._began) * 1000)

    async def run(self, events: LegEvents, returned: asyncio.Future[TransferOutcome | None]) -> Step:
        """Tell, listen, and part. Raises LineError."""
        async with asyncio.TaskGroup() as self._group:
            beside = [
                self._group.create_task(work, name=f"person-{number}")
                for number, work in enumerate((self._hear(), self._follow(events), self._wait(returned), self._tick()))
            ]
            self._on(Came())
            last = await self._last
            if self._telling is not None:
                self._telling.cancel()
            await self._part(last.say if isinstance(last, Join | Release) else "")
            for task in beside:
                task.cancel()
            self._listener.stop()
        return last

    def _on(self, event: Event) -> None:
        for step in self._core.on(event):
            if isinstance(step, Tell):
                self._telling = self._group.create_task(self._tell(), name="tell")
            elif not self._last.done():
                self._last.set_result(step)

    # -- what is said ------------------------------------------------------------------------------------

    async def _tell(self) -> None:
        try:
            pcm = await asyncio.shield(self._summary)
            if pcm is None:
                self._on(Mute())
                return
            self._talker.new_turn()
            self._talker.begin(Say(self._brief.summary))
            await self._talker.chunk(pcm)
            await self._talker.end()
            await self._say(self._brief.take)
            await self._talker.heard_all()
            self._on(Asked(self._now()))
            await self._say(self._brief.refuse)
            await self._talker.heard_all()
            self._on(Told(self._now()))
        except DecrocheError as error:
            log.error("the person who was rung is told nothing: [%s] %s", error.code, error)
            self._on(Mute())

    async def _say(self, text: str) -> None:
        self._talker.begin(Say(text))
        async for pcm in self._voice.speak(text, ready=True):
            await self._talker.chunk(pcm)
        await self._talker.end()

    async def _part(self, parting: Parting) -> None:
        """The last sentence, heard to its end where anybody is there to hear it."""
        if self._talker.talking:
            with suppress(DecrocheError):
                await self._talker.cut()
        if not parting or self._gone.is_set():
            return
        saying = self._group.create_task(self._say_last(parting), name="part")
        leaving = self._group.create_task(self._gone.wait(), name="leave")
        await asyncio.wait([saying, leaving], timeout=PARTING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for task in (saying, leaving):
            task.cancel()

    async def _say_last(self, parting: Parting) -> None:
        words = {"joined": self._brief.joined, "refused": self._brief.refused, "gone": self._brief.gone}
        with suppress(DecrocheError):
            self._talker.new_turn()
            await self._say(words[parting])
            await self._talker.heard_all()
            await asyncio.sleep(TAIL_SECONDS)

    # -- what is heard -----------------------------------------------------------------------------------

    async def _hear(self) -> None:
        while True:
            try:
                async with asyncio.timeout(TICK_SECONDS):
                    event = await self._line.events.get()
            except TimeoutError:
                self._listener.nothing()
                continue
            match event:
                case Audio(pcm):
                    self._listener.hear(pcm)
                case Mark(mark_id):
                    self._talker.marked(mark_id)
                case Closed():
                    await self._lost()
                    return
                case _:
                    pass

    async def _lost(self) -> None:
        """The sound is gone: with the person, or without them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(TAIL_SECONDS):
                await self._gone.wait()
                return
        self._on(Mute())

    async def _follow(self, events: LegEvents) -> None:
        while not self._gone.is_set():
            match await events.get():
                case Key(_, key):
                    self._on(Pressed(self._now(), key))
                case HangupAsked(at) | Ended(at) | Gone(at):
                    self.ended_at = at
                    self._gone.set()
                    self._on(PersonGone())
                case _:
                    pass

    async def _wait(self, returned: asyncio.Future[TransferOutcome | None]) -> None:
        """The caller hung up, or the switch took them back by itself: then the person's leg is gone too."""
        outcome = await asyncio.shield(returned)
        self._on(CallerGone() if outcome is None else PersonGone())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._on(Tick(self._now(), self._listener.speaking))
