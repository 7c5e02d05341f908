"""The agent's side of the line: plays replies, knows what was heard, can be held, resumed and cut.

It owns the playout ledger, the agent's track of the recording and the agent's turns. It decides nothing: the session
tells it what to play, and turn-taking when to hold and to yield.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from agents.effects import Say
from ari_app.call.playout import Playout, Segment, heard_part
from ari_app.desk.record import Disclosure, Notes, SpokenTurn
from ari_app.desk.recording import Recording
from ari_app.switch.base import FRAME_BYTES, FRAME_MS, Line
from asr.base import Pcm


@dataclass(slots=True)
class _Speaking:
    """A segment on its way, with the turn it belongs to."""

    segment: Segment
    say: Say
    turn: SpokenTurn
    from_ms: int


class Talker:
    """Plays clauses on one line. `now_ms` is the call's clock (milliseconds since the answer)."""

    def __init__(
        self, line: Line, notes: Notes, recording: Recording, now_ms: Callable[[], int], mark: Callable[[bytes], bytes]
    ) -> None:
        """`mark`: puts the mark of synthetic speech into all that is said (`tts/watermark.py`)."""
        self._line, self._notes, self._recording, self._now, self._mark = line, notes, recording, now_ms, mark
        self._playout = Playout()
        self._ids = count(1)
        self._speaking: dict[str, _Speaking] = {}
        self._current: _Speaking | None = None
        self._rest = b""  # the last part of a frame, kept for the next chunk
        self._ends_ms = 0  # when what is queued will have been played
        self._held_at: int | None = None
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.turn: SpokenTurn | None = None

    # -- speaking ----------------------------------------------------------------------------------------

    def new_turn(self) -> SpokenTurn:
        """What is said from now on is one turn."""
        self.turn = SpokenTurn("agent", "", 0, 0, 0)
        return self.turn

    def begin(self, say: Say) -> None:
        """A clause begins."""
        turn = self.turn or self.new_turn()
        segment = self._playout.begin(f"s{next(self._ids)}", say.text)
        self._current = _Speaking(segment, say, turn, 0)
        self._speaking[segment.id] = self._current
        self._quiet.clear()

    async def chunk(self, pcm: bytes) -> bool:
        """Queue audio of the clause. True when it is the first of its turn: the agent's voice is on the line."""
        current = self._current
        assert current is not None, "chunk() follows begin()"
        data = self._rest + self._mark(pcm)
        whole = len(data) - len(data) % FRAME_BYTES
        self._rest = data[whole:]
        return await self._queue(current, data[:whole]) if whole else False

    async def end(self) -> bool:
        """The clause's audio is complete: pad its last frame and mark it. True as for `chunk`."""
        current = self._current
        assert current is not None, "end() follows begin()"
        first = False
        if self._rest:
            padded = self._rest + bytes(FRAME_BYTES - len(self._rest))
            self._rest = b""
            first = await self._queue(current, padded)
        self._playout.close(current.segment)
        self._current = None
        await self._line.mark(current.segment.id)
        return first

    async def _queue(self, current: _Speaking, pcm: bytes) -> bool:
        now = self._now()
        start = max(now, self._ends_ms)
        first = not current.turn.text and current.segment.frames == 0
        if current.segment.frames == 0:
            current.from_ms = start
            if first:
                current.turn.from_ms = current.turn.to_ms = start
                self._notes.turns.append(current.turn)
            current.turn.text = f"{current.turn.text} {current.say.text}".strip()
            if self._notes.first_voice_ms is None:
                self._notes.first_voice_ms = start
        frames = len(pcm) // FRAME_BYTES
        self._playout.add(current.segment, frames)
        self._recording.agent.lay(start, pcm)
        self._ends_ms = start + frames * FRAME_MS
        await self._line.send(pcm)
        return first

    # -- what was heard ----------------------------------------------------------------------------------

    def marked(self, mark_id: str) -> Say | None:
        """Asterisk played a segment to its end. Returns what was said in it."""
        self._playout.marked(mark_id)
        done = self._speaking.pop(mark_id, None)
        self._playout.forget_played()
        if done is None:
            return None
        now = self._now()
        done.turn.to_ms = now
        done.turn.heard_ms = now - done.turn.from_ms
        if done.say.kind == "disclosure":
            self._notes.disclosure = self._notes.disclosure or Disclosure(done.say.text)
            self._notes.disclosure.heard_at_ms = self._notes.disclosure.heard_at_ms or now
        if done.say.kind == "recording" and self._notes.recording_told_ms is None:
            self._notes.recording_told_ms = now
        if not self._speaking:
            self._quiet.set()
        return done.say

    def status(self, queue_length: int) -> None:
        """Asterisk says how many frames are left."""
        self._playout.left(queue_length)

    async def heard_all(self) -> None:
        """Wait until everything said so far was played, or dropped."""
        await self._quiet.wait()

    def said(self, until_ms: int, length_ms: int) -> Pcm:
        """What was played in the `length_ms` before `until_ms` (the call's clock); silence where nothing was."""
        end = until_ms if self._held_at is None else min(until_ms, self._held_at)
        return self._recording.agent.between(until_ms - length_ms, until_ms, end)

    @property
    def talking(self) -> bool:
        """Something is queued or being queued."""
        return not self._quiet.is_set()

    # -- being interrupted -------------------------------------------------------------------------------

    async def hold(self) -> None:
        """Stop at the next frame, keep the rest, and ask how much that is."""
        self._held_at = self._now()
        await self._line.hold()
        self._playout.asked()
        await self._line.ask_left()

    async def resume(self) -> None:
        """Play on from where it was held."""
        if self._held_at is not None:
            gap = self._now() - self._held_at
            self._recording.agent.hold(self._held_at, gap)
            self._notes.holds.append((self._held_at, self._held_at + gap))
            self._ends_ms += gap
            self._held_at = None
        await self._line.resume()

    async def cut(self) -> tuple[str, str]:
        """Drop what was not played. Returns the turn's text and the part of it that was heard.

        What was heard is what Asterisk says was played; our clock stands in where it has not answered yet.
        """
        at = self._held_at if self._held_at is not None else self._now()
        if self._held_at is not None and self._playout.told:
            at = self._played_until(at)
        self._notes.holds.append((at, self._now()))
        self._held_at = None
        await self._line.flush()
        heard = self._words_heard(at)
        said = self.turn.text if self.turn else ""
        if self.turn is not None:
            self.turn.text = heard
            self.turn.to_ms = at
            self.turn.heard_ms = max(0, at - self.turn.from_ms)
            self.turn.interrupted = True
        self._recording.agent.cut(at)
        self._ends_ms = at
        self._playout.flush()
        self._speaking.clear()
        self._current, self._rest = None, b""
        self._quiet.set()
        return said, heard

    def _played_until(self, clock_ms: int) -> int:
        """The call's time up to which Asterisk has played: in the segment that it was playing, frame by frame."""
        for speaking in self._speaking.values():
            done = self._playout.done_of(speaking.segment)
            if speaking.segment.frames and done < speaking.segment.frames:
                return min(clock_ms, speaking.from_ms + done * FRAME_MS)
        return clock_ms

    def _words_heard(self, at_ms: int) -> str:
        """The turn's words up to `at_ms`: whole clauses, then the part of the one being said."""
        turn = self.turn
        if turn is None:
            return ""
        unheard = [s for s in self._speaking.values() if s.turn is turn]
        # Clauses are said in order: what is not in `unheard` was heard whole.
        heard = turn.text
        for speaking in reversed(unheard):
            if speaking.segment.frames:
                heard = heard.removesuffix(speaking.say.text).rstrip()
        parts = [heard]
        for speaking in unheard:
            length = speaking.segment.frames * FRAME_MS
            done = at_ms - speaking.from_ms
            if speaking.segment.frames and done > 0:
                parts.append(heard_part(speaking.say.text, done / length))
        return " ".join(part for part in parts if part)
