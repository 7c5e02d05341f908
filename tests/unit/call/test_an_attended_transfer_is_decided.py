"""What becomes of the person who is rung and of the caller who waits, event by event."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ari_app.call.answering import Beep, Signal, Speech
from ari_app.call.attended import (
    Asked,
    Attended,
    Back,
    CallerGone,
    Came,
    Event,
    Join,
    Mute,
    PersonGone,
    Pressed,
    Release,
    Returned,
    Said,
    Step,
    Tell,
    Tick,
    Told,
)

TOLD = (
    "Bonjour, ici l'assistant vocal du cabinet. Appel de Claire Martin, au sujet de : rendez-vous."
    " Tapez 1 ou dites oui pour prendre l'appel. Tapez 2 ou dites non pour refuser."
)


def after(*events: Event) -> tuple[Attended, list[Step]]:
    """The core once these have happened, and all that it asked for."""
    core = Attended("fr", TOLD)
    return core, [step for event in events for step in core.on(event)]


def asked(*events: Event) -> tuple[Attended, Sequence[Step]]:
    """The core once the person was told, and what it asked for from then on."""
    core, steps = after(Came(), Asked(6_000), Told(8_000), *events)
    assert steps[0] == Tell()
    return core, steps[1:]


def test_who_picks_up_is_told_who_calls() -> None:
    core, steps = after(Came())
    assert steps == [Tell()]
    assert core.state == "briefing"


def test_the_question_put_is_waited_on() -> None:
    core, steps = asked()
    assert not steps
    assert core.state == "asked"


@pytest.mark.parametrize("at_ms", [500, 9_000])
def test_a_key_takes_the_call_at_any_time(at_ms: int) -> None:
    core, steps = after(Came(), Pressed(at_ms, "1"))
    assert steps[1:] == [Join("joined")]
    assert (core.state, core.outcome) == ("joined", "answered")


def test_a_key_refuses_it() -> None:
    core, steps = after(Came(), Pressed(500, "2"))
    assert steps[1:] == [Release("refused", "refused")]
    assert (core.state, core.outcome) == ("back", "refused")


def test_another_key_decides_nothing() -> None:
    assert not asked(Pressed(9_000, "5"), Pressed(9_100, "#"))[1]


@pytest.mark.parametrize("text", ["Oui.", "Oui, passez-le moi.", "D'accord, allez-y.", "1", "Un."])
def test_a_yes_takes_it(text: str) -> None:
    core, steps = asked(Said(9_000, 10_000, text))
    assert list(steps) == [Join("joined")]
    assert core.why == "by word"


@pytest.mark.parametrize("text", ["Non.", "Non, je ne peux pas.", "Non merci, pas maintenant.", "2"])
def test_a_no_refuses_it(text: str) -> None:
    assert list(asked(Said(9_000, 10_000, text))[1]) == [Release("refused", "refused")]


def test_a_yes_by_which_they_picked_up_takes_nothing() -> None:
    core, steps = after(Came(), Said(300, 1_200, "Oui, allô ?"), Asked(6_000), Said(500, 6_500, "Oui ?"), Told(8_000))
    assert steps == [Tell()]
    assert core.state == "asked"


def test_a_yes_over_the_last_words_takes_it() -> None:
    assert after(Came(), Asked(6_000), Said(6_700, 7_400, "Oui."))[1][-1] == Join("joined")


def test_our_own_words_back_from_a_loudspeaker_answer_nothing() -> None:
    echo = "Tapez 1 ou dites oui pour prendre l'appel. Tapez 2 ou dites non pour refuser."
    core, steps = after(Came(), Asked(6_000), Said(6_100, 8_100, echo), Told(8_000))
    assert steps == [Tell()]
    assert not core.over


def test_what_is_neither_decides_nothing() -> None:
    assert not asked(Said(9_000, 10_000, "Qui ça ? Attendez, je regarde."))[1]


def test_silence_is_told_once_more_then_the_caller_is_taken_back() -> None:
    core, steps = asked(Tick(19_900))
    assert not steps
    assert list(core.on(Tick(20_000))) == [Tell()]
    assert core.state == "briefing"
    assert not core.on(Tick(27_000)), "it is being told"
    core.on(Asked(28_000))
    core.on(Told(30_000))
    assert not core.on(Tick(41_900))
    assert list(core.on(Tick(42_000))) == [Release("not_taken", "refused")]
    assert core.outcome == "not_taken"


def test_who_is_saying_something_is_heard_out() -> None:
    core, steps = asked(Tick(20_000, speaking=True))
    assert not steps
    assert list(core.on(Said(19_500, 20_500, "Oui."))) == [Join("joined")]


def test_a_caller_waits_for_nobody_for_ever() -> None:
    core, _ = after(Came())
    assert list(core.on(Tick(100_000))) == [Release("not_taken", "refused")]


@pytest.mark.parametrize(
    "sign",
    [
        Said(200, 4_000, "Vous êtes bien sur la messagerie d'Anne. Laissez un message après le bip."),
        Said(200, 4_000, "Pour joindre le service commercial, tapez 3."),
        Beep(5_000), Signal(1_500, "fax"), Speech(100, 6_400),
    ],
)  # fmt: skip
def test_a_machine_is_left_and_takes_no_call(sign: Event) -> None:
    core, steps = after(Came(), sign)
    assert steps[1:] == [Release("machine")]
    assert core.outcome == "machine"


def test_a_machine_that_says_yes_takes_no_call() -> None:
    greeting = "Oui bonjour, vous êtes bien sur le répondeur du garage, laissez-nous un message."
    assert list(asked(Said(9_000, 14_000, greeting))[1]) == [Release("machine")]


@pytest.mark.parametrize("outcome", ["busy", "no_answer", "refused", "unavailable"])
def test_nobody_who_picks_up_leaves_the_switchs_own_word(outcome: str) -> None:
    core, steps = after(Returned(outcome))
    assert steps == [Back(outcome)]
    assert (core.state, core.outcome) == ("back", outcome)


def test_who_hangs_up_without_a_word_refuses() -> None:
    core, steps = asked(PersonGone())
    assert list(steps) == [Back("refused")]
    assert core.why == "hung up"


def test_a_caller_who_hangs_up_meanwhile_is_told_of_in_one_sentence() -> None:
    core, steps = after(Came(), CallerGone())
    assert steps[1:] == [Release("abandoned", "gone")]
    assert core.outcome == "abandoned"


def test_a_caller_who_hangs_up_while_it_rings_leaves_nobody_to_tell() -> None:
    assert after(CallerGone())[1] == [Back("abandoned")]


def test_a_person_who_cannot_be_told_anything_is_joined_as_ever() -> None:
    core, steps = after(Came(), Mute())
    assert steps[1:] == [Join("")]
    assert core.outcome == "answered"


def test_what_is_decided_is_decided() -> None:
    core, _ = asked(Pressed(9_000, "1"))
    for late in (Pressed(9_100, "2"), Said(9_000, 9_900, "Non."), Tick(99_000), CallerGone(), PersonGone(), Mute()):
        assert not core.on(late)
    assert core.outcome == "answered"
