"""A switch in memory, for tests of whole calls: what is sent is played in its own time, unless the line is held."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

from ari_app.switch.base import (
    FRAME_BYTES,
    FRAME_MS,
    Answered,
    Arrival,
    Audio,
    Closed,
    Elsewhere,
    Ended,
    Entered,
    HangupAsked,
    Joined,
    Left,
    LegEvent,
    Line,
    LineError,
    LineEvent,
    Made,
    Mark,
    Rung,
    Stray,
    SwitchError,
)
from store.journal import Past
from store.trunks.checking import Trunk

NORMAL, BUSY = 16, 17
"""Q.850 causes."""

STEPS = 10
"""Turns of the event loop that whoever listens gets for each frame: to transcribe, to think, to answer."""


class ScriptedLine:
    """One leg's audio. `played`: all that its far end has heard."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[LineEvent] = asyncio.Queue()
        self.played = bytearray()
        self._queue: list[bytes | str] = []
        self._held = self._closed = False
        self._playing: asyncio.TimerHandle | None = None

    async def send(self, pcm: bytes) -> None:
        """See `Line`, as for all that follows."""
        self._ask(pcm)

    async def mark(self, mark_id: str) -> None:
        self._ask(mark_id)

    async def hold(self) -> None:
        self._held = True
        self._stop()

    async def resume(self) -> None:
        self._held = False
        self._play()

    async def flush(self) -> None:
        self._stop()
        self._queue.clear()
        self._held = False

    async def ask_left(self) -> None:
        frames = sum(len(item) // FRAME_BYTES for item in self._queue if isinstance(item, bytes))
        self.events.put_nowait(Left(frames, monotonic()))

    def _ask(self, item: bytes | str) -> None:
        if self._closed:
            raise LineError("the line is closed")
        self._queue.append(item)
        self._play()

    def _play(self) -> None:
        """One piece after another, each for as long as it lasts; what was held half-way is played again."""
        while self._queue and not self._held and self._playing is None:
            item = self._queue[0]
            if isinstance(item, bytes):
                seconds = len(item) / FRAME_BYTES * FRAME_MS / 1000
                self._playing = asyncio.get_running_loop().call_later(seconds, self._played, item)
            else:
                self._queue.pop(0)
                self.events.put_nowait(Mark(item, monotonic()))

    def _played(self, pcm: bytes) -> None:
        self._playing = None
        self._queue.pop(0)
        self.played.extend(pcm)
        self._play()

    def _stop(self) -> None:
        if self._playing is not None:
            self._playing.cancel()
            self._playing = None

    # -- the far end -------------------------------------------------------------------------------------

    async def say(self, pcm: bytes) -> None:
        """The far end speaks: one frame after another, as fast as they are listened to."""
        for start in range(0, len(pcm), FRAME_BYTES):
            self.events.put_nowait(Audio(pcm[start : start + FRAME_BYTES], monotonic()))
            for _ in range(STEPS):
                await asyncio.sleep(0)

    def close(self) -> None:
        """The audio is gone."""
        if not self._closed:
            self._closed = True
            self._stop()
            self.events.put_nowait(Closed(monotonic()))


Script = Callable[["ScriptedSwitch", str], None]
"""What becomes of a leg of this switch that is to ring somebody."""


class ScriptedSwitch:
    """A switch whose far ends a test plays. `done`: what was asked of it, in order, as (what, leg, …)."""

    signs = False

    def __init__(self, script: Script | None = None) -> None:
        """`script`: what becomes of a leg that is to be rung or transferred; without one it is busy."""
        self.connected = True
        self.done: list[tuple[str, ...]] = []
        self.lines: asyncio.Queue[ScriptedLine] = asyncio.Queue()
        self.script: Script = script or _busy
        self.arrived: Callable[[Arrival], object] = lambda arrival: None
        self.consulted: tuple[str, UUID, str]
        """The latest leg for which somebody is rung who is to be spoken to first, its call, and their number."""
        self._asked_person = ""
        self._legs: dict[str, asyncio.Queue[LegEvent]] = {}
        self._open: dict[str, ScriptedLine] = {}

    # -- the far end -------------------------------------------------------------------------------------

    def tell(self, leg: str, *events: LegEvent) -> None:
        """Say this of the leg to whoever watches it."""
        if leg in self._legs:
            for event in events:
                self._legs[leg].put_nowait(event)

    def pick_up(self, person: str) -> None:
        """Who is rung by `consult` picks up: their leg is `person`."""
        leg, call_id, to = self.consulted
        self._asked_person = person
        self.tell(leg, Rung(_now()))
        self.arrived(Arrival(person, "person", "", to, _now(), call=str(call_id), at=_now()))

    def hang_up(self, leg: str) -> None:
        """The far end hangs up."""
        self.tell(leg, HangupAsked(_now(), NORMAL))
        self.end(leg)

    def end(self, leg: str, cause: int = NORMAL) -> None:
        """The leg is gone."""
        self.tell(leg, Ended(_now(), cause))
        if leg == self._asked_person:  # they did not take the call
            self._asked_person = ""
            self.tell(self.consulted[0], Entered(_now(), "unavailable"))
        if leg in self._open:
            self._open[leg].close()

    # -- the port ----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """See `Switch`, as for all that follows."""
        await asyncio.Event().wait()

    async def reached(self) -> None:
        return

    def watch(self, leg: str) -> asyncio.Queue[LegEvent]:
        return self._legs.setdefault(leg, asyncio.Queue())

    def unwatch(self, leg: str) -> None:
        self._legs.pop(leg, None)

    async def follow(self, leg: str) -> None:
        self._asked("follow", leg)

    async def adopt(self, leg: str, call_id: UUID) -> None:
        self._asked("adopt", leg, str(call_id))

    async def answered_at(self, leg: str) -> datetime | None:
        return None

    async def alive(self) -> set[str]:
        return set(self._legs)

    def remembered(self, call_id: UUID) -> Past | None:
        return None

    async def strays(self) -> list[Stray]:
        return []

    async def ring(self, leg: str) -> None:
        self._asked("ring", leg)

    async def answer(self, leg: str) -> None:
        self._asked("answer", leg)
        self.tell(leg, Answered(_now()))

    async def hangup(self, leg: str) -> None:
        self._asked("hangup", leg)
        self.end(leg)

    async def send_keys(self, leg: str, keys: str) -> None:
        self._asked("send_keys", leg, keys)

    async def dial(self, leg: str, call_id: UUID, to: str, *, shown: str, seconds: int) -> None:
        self._asked("dial", leg, to, shown)
        self.tell(leg, Made(_now()))
        self.script(self, leg)

    async def transfer(self, leg: str, to: str, *, shown: str, longest: int) -> None:
        self._asked("transfer", leg, to, shown)
        self.script(self, leg)

    async def consult(self, leg: str, call_id: UUID, to: str, *, shown: str, longest: int) -> None:
        self._asked("consult", leg, to, shown)
        self.consulted = (leg, call_id, to)
        self.script(self, leg)

    async def join(self, leg: str) -> None:
        self._asked("join", leg)
        self._asked_person = ""
        self.tell(self.consulted[0], Joined(_now()))

    async def give_back(
        self, leg: str, to: Elsewhere, dialled: str = "", *, rings: str = "", longest: int = 0
    ) -> None:  # fmt: skip
        self._asked("give_back", leg, to, dialled, *([rings] if rings else []))
        if rings:
            self.script(self, leg)
        else:
            self.end(leg)

    async def let_out(self, leg: str, to: str) -> None:
        self._asked("let_out", leg, to)
        self.script(self, leg)

    @asynccontextmanager
    async def line(self, leg: str, call_id: UUID) -> AsyncGenerator[Line]:
        self._asked("line", leg)
        self._open[leg] = line = ScriptedLine()
        self.lines.put_nowait(line)
        try:
            yield line
        finally:
            line.close()
            self._open.pop(leg, None)

    async def publish(self, numbers: Mapping[str, str]) -> None:
        self._asked("publish", *numbers)

    async def use_trunks(self, trunks: Sequence[Trunk]) -> None:
        self._asked("use_trunks", *(trunk.name for trunk in trunks))

    async def lost_trunks(self) -> Mapping[str, str]:
        return {}

    async def vouch_for(self, numbers: Iterable[str]) -> None:
        self._asked("vouch_for", *numbers)

    def _asked(self, *what: str) -> None:
        if not self.connected:
            raise SwitchError("the switch cannot be reached")
        self.done.append(what)


def _busy(switch: ScriptedSwitch, leg: str) -> None:
    switch.end(leg, BUSY)


def _now() -> datetime:
    return datetime.now(UTC)
