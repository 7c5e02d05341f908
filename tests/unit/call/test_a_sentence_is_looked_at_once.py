"""What is not kept of a call is found turn by turn as it goes on, and is what a look at all of it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.dictation import payment
from ari_app.desk import discretion
from ari_app.desk.discretion import Memory, discreet
from ari_app.desk.record import Done, Notes, SpokenTurn

SAID = (
    "4242 4242 4242 4242", "4242 4242", "quarante-deux quarante-deux", "FR76 3000 6000 0112 3456 7890 189", "FR76",
    "3000 6000 0112", "et puis euh", "oui", "06 39 98 01 23", "mardi à dix heures", "ma carte c'est la 4970", "123",
    "Quel est le numéro de votre carte ?", "Et le cryptogramme ?", "Quel jour vous arrange ?", "Je vous écoute.",
    "J'ai noté le 4242 4242 4242 4242, c'est bien cela ?", "n'enregistrez pas ce que je vais vous dire",
)  # fmt: skip
TURNS = st.lists(st.tuples(st.sampled_from(["caller", "agent"]), st.sampled_from(SAID)), max_size=14)
PAUSES = st.lists(st.tuples(st.integers(0, 13), st.booleans()), max_size=3)


def notes(told: Sequence[tuple[str, str]], pauses: Sequence[tuple[int, bool]] = ()) -> Notes:
    turns = [SpokenTurn(who, text, 3000 * at, 3000 * at + 2000, 2000) for at, (who, text) in enumerate(told)]  # type: ignore[arg-type]
    actions = [Done("record", {"paused": on}, {"outcome": "done"}, 3000 * at + 2500) for at, on in sorted(pauses)]
    slots = {str(at): text for at, (_, text) in enumerate(told) if at % 3 == 0}
    return Notes(turns, actions, slots=slots)


@given(TURNS, PAUSES)
@settings(max_examples=150, deadline=None)
def test_found_as_it_goes_on_or_all_at_once_it_is_the_same(
    told: list[tuple[str, str]], pauses: list[tuple[int, bool]]
) -> None:
    memory = Memory()
    for until in range(len(told) + 1):
        here = notes(told[:until], [pause for pause in pauses if pause[0] < until])
        as_it_goes, at_once = discreet(here, "fr", memory), discreet(here, "fr")
        assert as_it_goes == at_once
        history = {"history": [{"text": text} for _, text in told[:until]]}
        assert as_it_goes.of(history, "fr") == at_once.of(history, "fr")


def test_a_turn_that_was_cut_is_read_anew() -> None:
    memory, whole = Memory(), notes([("agent", "C'est le 4242 4242 4242 4242, n'est-ce pas ?")])
    assert "****4242" in discreet(whole, "fr", memory).notes.turns[0].text
    cut = replace(whole, turns=[replace(whole.turns[0], text="C'est le 4242")], slots={})
    assert discreet(cut, "fr", memory).notes.turns[0].text == "C'est le 4242"


def test_each_sentence_is_read_once_however_often_the_call_is_written_down() -> None:
    told = [("caller" if at % 2 else "agent", f"phrase numéro {at}, et encore quelques mots") for at in range(40)]
    memory, read = Memory(), list[str]()
    memory.reading = lambda text, language: (read.append(text), discretion.read(text, language))[1]
    for until in range(1, 41):
        discreet(notes(told[:until]), "fr", memory)
    assert len(read) == len(set(read)) == 40


def test_nothing_of_a_call_stays_behind_in_the_process() -> None:
    memory = Memory()
    discreet(notes([("caller", SAID[0])]), "fr", memory)
    discreet(notes([]), "fr", memory)
    discreet(notes([]), "fr", memory)
    assert not memory.sentences
    assert not any(hasattr(made, "cache_info") for made in vars(payment).values())
