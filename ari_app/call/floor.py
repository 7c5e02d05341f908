"""The floor of one line: whether the agent has it, whose turn it is, and how long the caller has been silent.

Whoever plays the agent's words says here when they begin and when they end; nobody else tells `turns.py` of it.
"""

from __future__ import annotations

from ari_app.call.callaudio import CallerAudio
from ari_app.call.turns import Decision, Silence, TurnTaker


class Floor:
    """Times are milliseconds of the caller's stream."""

    def __init__(self, audio: CallerAudio) -> None:
        self._audio, self._turns = audio, TurnTaker()
        self._quiet_ms = 0
        """Until then somebody said something: the caller's silence counts from here."""
        self.prodding = False
        """The agent asks a silent caller whether they are there."""

    @property
    def longest_ms(self) -> int:
        """No utterance is longer."""
        return self._turns.rules.longest_ms

    # -- the caller --------------------------------------------------------------------------------------

    def voiced(self, probability: float) -> bool:
        """So probable a window is voice."""
        return probability >= self._turns.rules.voice

    def hear(self, at_ms: int, probability: float) -> list[Decision]:
        """One voice-activity window of the caller's, which ends at `at_ms`."""
        if self.voiced(probability):
            self._quiet_ms = at_ms
        return self._turns.hear(at_ms, probability)

    def ignore(self, at_ms: int) -> list[Decision]:
        """The same, of music or of nobody: whatever it is, nobody is talking to us, and nobody is silent."""
        self._quiet_ms = at_ms
        return [decision for decision in self._turns.hear(at_ms, 0.0) if not isinstance(decision, Silence)]

    def understood(self, version: int, text: str, complete: float, at_ms: int, patience_ms: int) -> list[Decision]:
        """What a guess came to: its words, and how probably the turn is over."""
        judged = self._turns.judged(version, complete, at_ms)
        return [*judged, *self._turns.transcribed(version, text, at_ms, patience_ms)]

    def missed(self, version: int) -> list[Decision]:
        """The ear could not make a guess out: as if nothing had been said."""
        return self._turns.transcribed(version, "", self._audio.ms)

    def silent_for(self) -> float:
        """Seconds for which the caller has said nothing."""
        return (self._audio.ms - self._quiet_ms) / 1000

    # -- the agent ---------------------------------------------------------------------------------------

    def take(self) -> None:
        """The agent's voice is on the line."""
        self._turns.agent_started(self._audio.ms)

    def end(self) -> None:
        """The agent's last word was played. A question to a silent caller does not end their silence."""
        self._turns.agent_stopped(self._audio.ms)
        if not self.prodding:
            self._quiet_ms = self._audio.ms
        self.prodding = False

    def cut(self) -> None:
        """What the agent had still to say was dropped."""
        self._turns.agent_stopped(self._audio.ms)
