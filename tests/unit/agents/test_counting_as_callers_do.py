"""How many, as callers say it: parties are summed, dozens are numbers, ages and articles are none."""

from __future__ import annotations

import pytest

from agents.slots.numbers import find_number
from agents.slots.text import digits


@pytest.mark.parametrize(
    ("said", "unit", "count"),
    [
        ("ben un adulte et deux petits", "élèves", "3"),
        ("trois adultes et deux petits", "personnes", "5"),
        ("deux adultes et un enfant de quatre ans", "personnes", "3"),
        ("euh, deux grands et un petit", "vélos", "3"),
        ("deux vélos et un vélo d'enfant", "vélos", "3"),
        ("une petite vingtaine", "personnes", "20"),
        ("mon mari et moi", "personnes", "2"),
        ("ma femme, moi et les deux enfants", "personnes", "4"),
        ("juste moi", "personnes", "1"),
        ("on n'est plus deux, on est trois", "élèves", "3"),
        ("quatre, parce que mon frère vient", "personnes", "4"),
        ("un seul", "vélos", "1"),
        ("mille deux cents", "", "1200"),
    ],
)
def test_a_party_is_counted(said: str, unit: str, count: str) -> None:
    assert find_number(digits(said, "fr"), unit) == count


@pytest.mark.parametrize(("said", "count"), [("two adults and a child", "3"), ("half a dozen", "6"), ("just me", "1")])
def test_a_party_is_counted_in_english(said: str, count: str) -> None:
    assert find_number(digits(said, "en"), "guests") == count


@pytest.mark.parametrize(
    "said",
    [
        "il fête ses quatre-vingt-dix ans, vous vous rendez compte",
        "ça m'énerve de répondre à un ordinateur, je veux la secrétaire",
        "dans une quinzaine de jours",
        "un petit instant",
        "c'est pour ma fille de douze ans, elle veut du violet",
    ],
)
def test_what_counts_something_else_is_no_party(said: str) -> None:
    assert find_number(digits(said, "fr"), "personnes") is None
