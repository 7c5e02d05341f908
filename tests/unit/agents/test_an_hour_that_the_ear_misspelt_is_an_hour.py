"""Hours as the ear misspells them on a telephone line."""

from __future__ import annotations

import pytest

from agents.slots.misheard import with_hours


@pytest.mark.parametrize(
    ("heard", "read"),
    [
        ("mardi prochain et enzeur", "mardi prochain et 11 heures"),
        ("mardi a onzeur", "mardi a 11 heures"),
        ("jeudi quin zeures", "jeudi 15 heures"),
        ("neuveure et demie", "9 heures et demie"),
        ("vers diseure", "vers diseure"),  # between ten and sixteen nobody can tell
    ],
)
def test_what_sounds_like_an_hour_is_one(heard: str, read: str) -> None:
    assert with_hours(heard) == read


@pytest.mark.parametrize(
    "heard",
    ["mardi a 11 heures", "mon heure est la votre", "a la bonne heure", "on sert a midi", "avec ma soeur", "le docteur",
     "a quelle heure", "n importe quelle heure", "monsieur meunier", "de bonne heure", "plus tard dans l heure"],
)  # fmt: skip
def test_what_sounds_otherwise_is_left(heard: str) -> None:
    assert with_hours(heard) == heard


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("demain adizeur", "demain a 10 heures"),
        ("mardi aonzeures", "mardi a 11 heures"),
        ("demain adieu", "demain adieu"),
    ],
)
def test_an_hour_that_runs_on_from_the_word_before_it(heard: str, said: str) -> None:
    assert with_hours(heard) == said
