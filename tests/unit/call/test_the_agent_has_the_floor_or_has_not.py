"""The floor: the agent takes it and gives it back, and a silence counts from the last word of either."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ari_app.call.callaudio import CallerAudio
from ari_app.call.clock import Clock
from ari_app.call.floor import Floor
from ari_app.call.turns import WINDOW_MS, Decision, Silence

SECOND = bytes(32_000)


class Line:
    """A caller's stream, fed by the second."""

    def __init__(self) -> None:
        self.audio = CallerAudio()
        self.floor = Floor(self.audio)

    def quiet(self, seconds: int) -> list[Decision]:
        return self._goes_on(seconds, 0.0)

    def speaks(self, seconds: int) -> list[Decision]:
        return self._goes_on(seconds, 0.9)

    def music(self, seconds: int) -> list[Decision]:
        return [one for at in self._windows(seconds) for one in self.floor.ignore(at)]

    def _goes_on(self, seconds: int, probability: float) -> list[Decision]:
        return [one for at in self._windows(seconds) for one in self.floor.hear(at, probability)]

    def _windows(self, seconds: int) -> Iterator[int]:
        for _ in range(seconds):
            self.audio.add(SECOND)
            yield from (at for at, _ in self.audio.windows())


def test_a_silence_counts_from_the_agents_last_word() -> None:
    line = Line()
    line.floor.take()
    line.quiet(5)
    line.floor.end()
    line.quiet(3)
    assert line.floor.silent_for() == pytest.approx(3, abs=WINDOW_MS / 1000)


def test_a_question_whether_they_are_there_does_not_end_their_silence() -> None:
    line = Line()
    line.quiet(9)
    line.floor.prodding = True
    line.floor.take()
    line.quiet(2)
    line.floor.end()
    assert not line.floor.prodding
    assert line.floor.silent_for() == pytest.approx(11, abs=WINDOW_MS / 1000)


def test_a_caller_who_speaks_is_not_silent() -> None:
    line = Line()
    line.quiet(6)
    line.speaks(1)
    assert line.floor.silent_for() == pytest.approx(0, abs=2 * WINDOW_MS / 1000)


def test_music_is_nobodys_voice_and_nobodys_silence() -> None:
    line = Line()
    assert not [one for one in line.music(30) if isinstance(one, Silence)]
    assert line.floor.silent_for() == pytest.approx(0, abs=2 * WINDOW_MS / 1000)


def test_while_the_agent_talks_nobody_is_reported_silent() -> None:
    line = Line()
    line.floor.take()
    assert not line.quiet(20)
    line.floor.cut()
    assert [type(one) for one in line.quiet(9)] == [Silence]


def test_one_instant_is_told_on_three_clocks() -> None:
    clock = Clock(answered=100.0, heard=100.25)
    assert clock.on_call(1_000) == 1_250
    assert clock.instant(1_000) == 101.25
    assert clock.heard_ms(101.25) == 1_000
