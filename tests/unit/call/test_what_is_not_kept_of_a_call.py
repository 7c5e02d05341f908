"""A card's number, an IBAN and what is off the record are kept neither in words nor in sound; all else is."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from agents.effects import Act
from ari_app.desk.discretion import HIDDEN, UNKEPT, discreet, told_on
from ari_app.desk.record import Done, Notes, SpokenTurn
from ari_app.desk.recording import Recording

CARD, IBAN = "4242 4242 4242 4242", "FR76 3000 6000 0112 3456 7890 189"


def talk(*said: tuple[Literal["caller", "agent"], str], actions: list[Done] | None = None, **slots: str) -> Notes:
    """Each turn takes two seconds, one second apart."""
    turns = [SpokenTurn(who, text, 3000 * at, 3000 * at + 2000, 2000) for at, (who, text) in enumerate(said)]
    return Notes(turns, actions or [], slots=slots)


def words(notes: Notes) -> list[str]:
    return [turn.text for turn in discreet(notes, "fr").notes.turns]


def test_a_number_that_nobody_asked_for_is_neither_written_nor_heard() -> None:
    notes = talk(("agent", "Que puis-je faire pour vous ?"), ("caller", f"Ma carte est la {CARD}."), ("agent", "Bien."))
    kept = discreet(notes, "fr")
    assert kept.notes.turns[1].text == "Ma carte est la ****4242."
    assert notes.turns[1].text == f"Ma carte est la {CARD}.", "the call itself goes on with what was said"
    assert kept.silenced[0][0] == 2500
    assert kept.silenced[0][1] >= 5500


def test_what_nobody_has_to_hide_is_kept_as_it_is() -> None:
    notes = talk(("agent", "Votre numéro ?"), ("caller", "06 39 98 01 23"), ("agent", "Quel jour ?"), actions=[
        Done("book", {"phone": "+33639980123", "guests": 4}, {"outcome": "done"}, 1)], nom="Martin")  # fmt: skip
    kept = discreet(notes, "fr")
    assert kept.notes is notes
    assert kept.silenced == ()


def test_dictated_in_groups_no_group_is_kept() -> None:
    notes = talk(
        ("agent", "Je vous écoute."), ("caller", "4242 4242"), ("agent", "Oui."), ("caller", "4242 4242"),
        ("agent", "Merci."),
    )  # fmt: skip
    assert words(notes) == ["Je vous écoute.", HIDDEN, "Oui.", "****4242", "Merci."]
    assert discreet(notes, "fr").silenced == ((2500, 11500),)


def test_asked_for_it_is_hidden_though_the_ear_misheard_a_digit_until_something_else_is_asked() -> None:
    notes = talk(
        ("agent", "Quel est le numéro de votre carte ?"), ("caller", "4242 4242 4242 4243"),
        ("agent", "Et le cryptogramme ?"), ("caller", "C'est 123."), ("agent", "Merci. Quel jour vous arrange ?"),
        ("caller", "Le 12 mars 2027."),
    )  # fmt: skip
    assert words(notes)[1::2] == ["****4243", f"C'est {HIDDEN}.", "Le 12 mars 2027."]
    assert discreet(notes, "fr").silenced == ((2000, 12000),)


def test_who_hangs_up_in_the_middle_of_it_is_not_heard_either() -> None:
    notes = talk(("agent", "Pouvez-vous me donner votre IBAN ?"))
    assert discreet(notes, "fr").silenced == ((2000, math.inf),)


def test_a_read_back_is_hidden_too() -> None:
    notes = talk(
        ("agent", "Quel est votre IBAN ?"), ("caller", IBAN), ("agent", f"Je note {IBAN}, c'est bien cela ?"),
        ("caller", "Oui."), ("agent", "Quel jour vous arrange ?"),
    )  # fmt: skip
    assert words(notes)[1:3] == ["FR****0189", "Je note FR****0189, c'est bien cela ?"]
    assert discreet(notes, "fr").silenced == ((2000, 12000),)


def test_what_was_filled_and_done_with_it_is_hidden() -> None:
    done = Done("message", {"text": f"Mon IBAN : {IBAN}"}, {"outcome": "done", "echo": [IBAN]}, 4000)
    notes = talk(("caller", "Bonjour."), actions=[done], iban=IBAN.replace(" ", ""))
    kept = discreet(notes, "fr").notes
    assert kept.slots == {"iban": "FR****0189"}
    assert kept.actions[0].args == {"text": "Mon IBAN : FR****0189"}
    assert kept.actions[0].result["echo"] == ["FR****0189"]


def test_where_the_conversation_stands_is_written_down_without_it() -> None:
    notes = talk(("agent", "Quel est le numéro de votre carte ?"), ("caller", "4242 4242"))
    kept = discreet(notes, "fr")
    stands: dict[str, Any] = {
        "history": [{"who": "caller", "parts": ["4242 4242"]}], "values": {"carte": "4242424242424242", "nom": "Ali"},
        "step": "carte", "retries": 1,
    }  # fmt: skip
    assert kept.of(stands, "fr") == {
        "history": [{"who": "caller", "parts": ["****4242"]}], "values": {"carte": "****4242", "nom": "Ali"},
        "step": "carte", "retries": 1,
    }  # fmt: skip


def test_off_the_record_nothing_is_kept_until_the_caller_says_so() -> None:
    notes = talk(
        ("agent", "Que puis-je faire ?"), ("caller", "N'enregistrez pas ce que je vais vous dire."),
        ("agent", "D'accord."), ("caller", "Je suis malade."), ("agent", "Vous êtes malade, je comprends."),
        ("caller", "Vous pouvez reprendre."), ("agent", "Merci."),
        actions=[Done("record", {"paused": True}, {}, 5200), Done("record", {"paused": False}, {}, 17200)],
    )  # fmt: skip
    assert words(notes) == [
        "Que puis-je faire ?", UNKEPT, "D'accord.", UNKEPT, UNKEPT, "Vous pouvez reprendre.", "Merci.",
    ]  # fmt: skip
    assert discreet(notes, "fr").silenced == ((3000, 15000),)


def test_never_taken_up_again_it_stays_off_the_record() -> None:
    notes = talk(("caller", "N'enregistrez pas ça."), actions=[Done("record", {"paused": True}, {}, 2200)])
    assert discreet(notes, "fr").silenced == ((0, math.inf),)


def test_what_leaves_the_call_by_an_action_is_told_no_number() -> None:
    act = told_on(Act("message", {"text": f"Carte {CARD}", "phone": "+33639980123"}), "fr")
    assert act.args == {"text": "Carte ****4242", "phone": "+33639980123"}
    keys = Act("dtmf", {"keys": "4242424242424242"})
    assert told_on(keys, "fr") is keys


def test_both_sides_of_the_recording_are_silent_there_and_nowhere_else() -> None:
    recording = Recording()
    loud = np.full(16_000 * 3, 1000, "<i2").tobytes()
    recording.caller.lay(0, loud)
    recording.agent.lay(0, loud)
    recording.silence(500, 1500)
    recording.silence(2500, math.inf)
    for track in (recording.caller, recording.agent):
        heard = np.frombuffer(bytes(track.pcm), "<i2")
        assert heard.size == 48_000
        assert not heard[8_000:24_000].any()
        assert not heard[40_000:].any()
        assert heard[:8_000].all()
        assert heard[24_000:40_000].all()
