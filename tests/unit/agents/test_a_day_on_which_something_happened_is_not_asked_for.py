"""A day that is told ("ma couronne est tombée ce matin") fills no slot; a day that is wanted does."""

from __future__ import annotations

import pytest

from agents.slots.past import without_past


@pytest.mark.parametrize(
    "heard",
    [
        "j'ai un pansement dentaire qui s'est décollé ce matin",
        "ma couronne est tombée ce matin, je fais quoi",
        "ça a commencé à gonfler mardi",
        "je me suis cassé une dent samedi",
        "j'ai mal depuis lundi",
        "mon vélo m'a lâché ce matin",
        "elle a perdu son appareil dimanche",
    ],
)
def test_what_happened_leaves_no_day(heard: str) -> None:
    assert without_past(heard, "fr").endswith(("|", "|, je fais quoi"))


@pytest.mark.parametrize(
    "heard",
    [
        "mardi à dix heures",
        "je voudrais venir ce matin si c'est possible",
        "on m'a proposé mardi",
        "j'ai noté jeudi, c'est bien ça",
        "je suis libre mardi",
        "c'est possible vendredi",
        "il est disponible lundi",
        "j'ai cassé mon bridge, je peux passer et vous me voyez mardi",
        "ma dent est cassée, donc mardi si vous pouvez",
        "j'ai pensé à mercredi",
        "un rendez-vous à domicile mardi",
        "mon mari a demandé samedi",
        "j'ai décidé que ce serait jeudi",
        "il s'est libéré vendredi",
    ],
)
def test_what_is_wanted_keeps_its_day(heard: str) -> None:
    assert without_past(heard, "fr") == heard


def test_in_english_too() -> None:
    assert without_past("my crown came off this morning", "en") == "my crown came off |"
    assert without_past("it started hurting on Sunday", "en") == "it started hurting |"
    assert without_past("it has been swollen since Monday", "en") == "it has been swollen since |"
    for wanted in (
        "I wanted Tuesday",
        "they offered Monday",
        "can you see me this morning",
        "I need it fixed for Friday",
    ):
        assert without_past(wanted, "en") == wanted
