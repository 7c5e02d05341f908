"""The clocks of one stay on a line, converted in one place: the machine's, the call's, and the caller's stream's."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic


@dataclass(frozen=True, slots=True)
class Clock:
    """Instants of the machine's clock (seconds, monotonic). `answered`: the call's began; `heard`: the stream's did.

    The call's clock counts milliseconds since it was answered; the stream's, milliseconds of the caller's audio.
    """

    answered: float
    heard: float

    def now_ms(self) -> int:
        """The call's clock."""
        return round((monotonic() - self.answered) * 1000)

    def on_call(self, stream_ms: int) -> int:
        """An instant of the stream, on the call's clock."""
        return round((self.heard - self.answered) * 1000) + stream_ms

    def instant(self, stream_ms: int) -> float:
        """An instant of the stream, on the machine's clock."""
        return self.heard + stream_ms / 1000

    def heard_ms(self, instant: float) -> int:
        """How much of the stream there should be by an instant of the machine's clock."""
        return round((instant - self.heard) * 1000)
