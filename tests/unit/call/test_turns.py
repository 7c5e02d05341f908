"""Who has the floor: scripted voice in, decisions out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_app.call.turns import (
    WINDOW_MS,
    AgentFloor,
    CallerFloor,
    Decision,
    Dismiss,
    Grant,
    Hold,
    Resume,
    Silence,
    Speculate,
    TurnTaker,
    Withdraw,
    Yield,
    is_backchannel,
)

VOICE, QUIET = 0.95, 0.02


class Line:
    """A caller's line on virtual time."""

    def __init__(self) -> None:
        self.turns = TurnTaker()
        self.now = 0
        self.log: list[Decision] = []

    def hear(self, ms: int, probability: float) -> list[Decision]:
        """`ms` of audio of that probability; the decisions it led to."""
        made: list[Decision] = []
        for _ in range(ms // WINDOW_MS):
            self.now += WINDOW_MS
            made += self.turns.hear(self.now, probability)
        self.log += made
        return made

    def understood(self, text: str, complete: float = 0.9) -> list[Decision]:
        version = self.turns.version
        made = [*self.turns.judged(version, complete, self.now), *self.turns.transcribed(version, text, self.now)]
        self.log += made
        return made

    def agent_talks(self) -> None:
        self.turns.agent_started(self.now)


def kinds(decisions: Sequence[Decision]) -> list[type]:
    return [type(decision) for decision in decisions]


def test_a_complete_turn_is_granted_after_the_settling_silence() -> None:
    line = Line()
    line.hear(1600, VOICE)
    assert kinds(line.hear(256, QUIET)) == [Speculate]
    assert line.understood("Quels sont vos horaires ?") == []
    assert kinds(line.hear(256, QUIET)) == [Grant]


def test_a_turn_of_half_a_number_waits_as_long_as_its_words_ask_for() -> None:
    line = Line()
    line.hear(1600, VOICE)
    line.hear(256, QUIET)
    version = line.turns.version
    line.turns.judged(version, 0.9, line.now)
    line.turns.transcribed(version, "C'est le zéro six, trente-neuf", line.now, patience_ms=2500)
    assert kinds(line.hear(2048, QUIET)) == []
    assert kinds(line.hear(320, QUIET)) == [Grant]


def test_an_incomplete_turn_waits_for_the_callers_patience_not_for_ever() -> None:
    line = Line()
    line.hear(1600, VOICE)
    line.hear(256, QUIET)
    line.understood("Je voudrais un rendez-vous pour", complete=0.1)
    assert line.hear(640, QUIET) == []
    assert kinds(line.hear(640, QUIET)) == [Grant]


def test_nothing_is_granted_before_the_words_are_known() -> None:
    line = Line()
    line.hear(1600, VOICE)
    assert kinds(line.hear(3200, QUIET)) == [Speculate]
    assert kinds(line.understood("Bonjour")) == [Grant]


def test_a_caller_who_goes_on_withdraws_the_guess_and_keeps_the_beginning() -> None:
    line = Line()
    line.hear(960, VOICE)
    first = line.hear(256, QUIET)[0]
    assert isinstance(first, Speculate)
    line.understood("Je voudrais", complete=0.9)
    assert kinds(line.hear(640, VOICE)) == [Withdraw]
    second = line.hear(256, QUIET)[0]
    assert isinstance(second, Speculate)
    assert second.start_ms == first.start_ms
    assert second.end_ms > first.end_ms


def test_words_after_the_grant_but_before_the_agent_is_heard_take_it_back() -> None:
    line = Line()
    line.hear(960, VOICE)
    line.hear(256, QUIET)
    line.understood("Oui")
    line.hear(256, QUIET)
    assert line.turns.caller is CallerFloor.GRANTED
    assert kinds(line.hear(128, VOICE)) == [Withdraw]


def test_an_old_answer_of_the_ear_changes_nothing() -> None:
    line = Line()
    line.hear(960, VOICE)
    line.hear(256, QUIET)
    old = line.turns.version
    line.hear(640, VOICE)
    line.hear(256, QUIET)
    assert line.turns.transcribed(old, "Je voudrais", line.now) == []


def test_voice_over_the_agent_holds_it_within_the_onset() -> None:
    line = Line()
    line.agent_talks()
    assert kinds(line.hear(96, VOICE)) == [Hold]


def test_sustained_voice_takes_the_floor_without_waiting_for_words() -> None:
    line = Line()
    line.agent_talks()
    assert kinds(line.hear(512, VOICE)) == [Hold, Yield]
    assert line.turns.agent is AgentFloor.SILENT


def test_a_click_gives_the_floor_back_at_once() -> None:
    line = Line()
    line.agent_talks()
    line.hear(96, VOICE)
    assert kinds(line.hear(512, QUIET)) == [Resume]
    assert line.turns.agent is AgentFloor.TALKING


def test_a_word_that_begins_with_a_short_sound_is_not_taken_for_a_click() -> None:
    line = Line()
    line.agent_talks()
    line.hear(96, VOICE)
    assert line.hear(288, QUIET) == []
    assert kinds(line.hear(512, VOICE)) == [Yield]


def test_a_backchannel_gives_the_floor_back_once_it_is_understood() -> None:
    line = Line()
    line.agent_talks()
    line.hear(256, VOICE)
    assert kinds(line.hear(256, QUIET)) == [Speculate]
    assert kinds(line.understood("Mm-hm.")) == [Dismiss, Resume]


def test_a_short_word_that_means_something_stops_the_agent() -> None:
    line = Line()
    line.agent_talks()
    line.hear(256, VOICE)
    line.hear(512, QUIET)
    assert kinds(line.understood("Non !")) == [Yield, Grant]


def test_noise_transcribed_as_nothing_is_dismissed() -> None:
    line = Line()
    line.hear(320, VOICE)
    line.hear(256, QUIET)
    assert kinds(line.understood("")) == [Dismiss]
    assert line.turns.caller is CallerFloor.QUIET


def test_an_utterance_longer_than_the_ear_is_cut_there() -> None:
    line = Line()
    made = line.hear(40_000, VOICE)
    assert kinds(made)[0] is Speculate
    first = made[0]
    assert isinstance(first, Speculate)
    assert first.end_ms - first.start_ms <= 30_000


def test_a_silent_line_is_reported_every_eight_seconds() -> None:
    line = Line()
    line.turns.agent_stopped(0)
    reports = [d for d in line.hear(25_000, QUIET) if isinstance(d, Silence)]
    assert [report.ms // 1000 for report in reports] == [8, 16, 24]


def test_silence_is_not_reported_while_the_agent_talks() -> None:
    line = Line()
    line.agent_talks()
    assert line.hear(30_000, QUIET) == []


@pytest.mark.parametrize("text", ["Mm-hm.", "Oui.", "oui, d'accord", "OK", "Uh-huh", "Ah oui", "Hum…"])
def test_backchannels(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize("text", ["Non", "Attendez", "Oui mais non", "Stop", "Je voudrais parler à quelqu'un", ""])
def test_what_is_not_a_backchannel(text: str) -> None:
    assert not is_backchannel(text)


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(32, 3000), st.sampled_from(["", "oui", "bonjour madame"])), max_size=30
    )
)
def test_the_agent_is_never_left_held(script: list[tuple[bool, int, str]]) -> None:
    """Once the line is quiet and the ear has answered, the agent talks on or the floor is the caller's."""
    line = Line()
    line.agent_talks()
    for voiced, ms, text in script:
        line.hear(ms, VOICE if voiced else QUIET)
        line.understood(text)
    line.hear(640, QUIET)
    line.understood("oui")
    line.hear(1600, QUIET)
    line.understood("oui")
    assert line.turns.agent is not AgentFloor.HELD
