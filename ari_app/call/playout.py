"""What of the agent's speech has been heard. A pure ledger of frames queued in Asterisk, played and dropped.

Asterisk owns the playout clock. Frames are queued ahead of it; a STATUS event says how many are left, a mark says that
all before it was played. From these two this ledger knows, to the frame (20 ms), what the caller heard.
"""

from __future__ import annotations

from dataclasses import dataclass


def heard_part(text: str, fraction: float) -> str:
    """The words of `text` said in its first `fraction` of time: cut before the word being spoken."""
    if fraction >= 1:
        return text
    end = int(len(text) * max(0.0, fraction))
    if end <= 0:
        return ""
    return text[:end].rsplit(" ", 1)[0].strip() if " " in text[:end] else ""


@dataclass(slots=True)
class Segment:
    """One clause being spoken. `first`: index of its first frame since the call began."""

    id: str
    text: str
    first: int
    frames: int = 0
    closed: bool = False
    """All of its audio has been queued."""


class Playout:
    """The agent's side of the line, counted in frames."""

    def __init__(self) -> None:
        self.queued = 0
        self.played = 0
        self.told = False
        """Asterisk has answered since it was last asked: `played` is what was heard, to the frame."""
        self._queued_when_asked: int | None = None
        self.segments: list[Segment] = []

    def begin(self, segment_id: str, text: str) -> Segment:
        """A new segment follows all that is queued."""
        segment = Segment(segment_id, text, self.queued)
        self.segments.append(segment)
        return segment

    def add(self, segment: Segment, frames: int) -> None:
        """`frames` more of `segment` were queued."""
        segment.frames += frames
        self.queued += frames

    def close(self, segment: Segment) -> None:
        """All of `segment` is queued."""
        segment.closed = True

    def marked(self, segment_id: str) -> Segment | None:
        """The mark after this segment was processed: it was played to its end."""
        for segment in self.segments:
            if segment.id == segment_id:
                self.played = max(self.played, segment.first + segment.frames)
                return segment
        return None

    def asked(self) -> None:
        """Asterisk is asked how much is left. What is queued from now on comes after the question, on one socket."""
        self._queued_when_asked, self.told = self.queued, False

    def left(self, frames: int) -> None:
        """Asterisk says that `frames` were still in its queue when it was asked."""
        queued = self.queued if self._queued_when_asked is None else self._queued_when_asked
        self.played = max(self.played, queued - frames)
        self.told = True

    def done_of(self, segment: Segment) -> int:
        """Frames of a segment that were played."""
        return min(segment.frames, max(0, self.played - segment.first))

    def flush(self) -> list[tuple[Segment, str]]:
        """What is queued is dropped. Returns each unfinished segment with the words that were heard of it."""
        cut: list[tuple[Segment, str]] = []
        for segment in self.segments:
            done = self.played - segment.first
            if done < segment.frames or not segment.closed:
                cut.append((segment, heard_part(segment.text, done / max(1, segment.frames))))
        self.queued = self.played
        self.segments.clear()
        return cut

    def forget_played(self) -> None:
        """Drop the segments that were played to their end."""
        self.segments = [s for s in self.segments if not s.closed or s.first + s.frames > self.played]

    @property
    def pending(self) -> int:
        """Frames queued and not known to be played."""
        return self.queued - self.played
