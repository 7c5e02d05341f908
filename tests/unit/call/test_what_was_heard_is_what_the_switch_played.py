"""A barge-in cuts the agent's turn to the words that were played, as the switch tells it: not as our clock guesses."""

from __future__ import annotations

import pytest

from agents.effects import Say
from ari_app.call.talker import Talker
from ari_app.desk.record import Notes
from ari_app.desk.recording import Recording
from ari_app.switch.base import FRAME_BYTES

SENTENCE = "Nous sommes ouverts du lundi au vendredi"


class Line:
    """The media channel's commands, kept: what the switch would do, without one."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def __getattr__(self, name: str):
        async def command(*_: object) -> None:
            self.commands.append(name)

        return command


class Clock:
    """The call's time, in ms, as the test wants it."""

    now = 0

    def __call__(self) -> int:
        return self.now


async def speaking(frames: int) -> tuple[Talker, Clock, Notes]:
    """An agent whose sentence of so many frames is queued, none of it known to be played."""
    clock, notes = Clock(), Notes()
    talker = Talker(Line(), notes, Recording(), clock, bytes)  # type: ignore[arg-type]
    talker.new_turn()
    talker.begin(Say(SENTENCE))
    await talker.chunk(bytes(FRAME_BYTES * frames))
    await talker.end()
    return talker, clock, notes


async def test_frames_left_in_the_switch_say_where_the_turn_ends() -> None:
    talker, clock, notes = await speaking(100)
    clock.now = 1990  # our clock would say: nearly all of it
    await talker.hold()
    talker.status(50)
    said, heard = await talker.cut()
    assert (said, heard) == (SENTENCE, "Nous sommes ouverts")
    assert notes.turns[-1].text == "Nous sommes ouverts"
    assert notes.turns[-1].heard_ms == 1000


@pytest.mark.parametrize(("left", "heard"), [(100, ""), (7, "Nous sommes ouverts du lundi au"), (0, SENTENCE)])
async def test_seven_frames_left_end_the_history_at_that_word(left: int, heard: str) -> None:
    talker, clock, _ = await speaking(100)
    clock.now = 2000
    await talker.hold()
    talker.status(left)
    assert (await talker.cut())[1] == heard


async def test_where_the_switch_has_not_answered_our_clock_stands_in() -> None:
    talker, clock, _ = await speaking(100)
    clock.now = 1000
    await talker.hold()
    assert (await talker.cut())[1] == "Nous sommes ouverts"


async def test_an_answer_to_an_earlier_question_does_not_count_for_a_later_hold() -> None:
    talker, clock, _ = await speaking(100)
    clock.now = 500
    await talker.hold()
    talker.status(75)
    await talker.resume()
    clock.now = 1500
    await talker.hold()
    assert (await talker.cut())[1].startswith("Nous sommes ouverts")
