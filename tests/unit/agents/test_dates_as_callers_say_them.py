"""Dates in French and English, relative to Monday 23 November 2026."""

from __future__ import annotations

from datetime import date

import pytest

from agents.slots.dates import find_date, part_of_day
from agents.slots.text import digits

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("mardi prochain", "2026-11-24"),
        ("demain matin", "2026-11-24"),
        ("après-demain", "2026-11-25"),
        ("jeudi à 14h", "2026-11-26"),
        ("lundi", "2026-11-30"),
        ("le vingt-quatre", "2026-11-24"),
        ("le 3", "2026-12-03"),
        ("le 1er décembre", "2026-12-01"),
        ("le premier décembre", "2026-12-01"),
        ("le 24 janvier", "2027-01-24"),
        ("jeudi 26 novembre", "2026-11-26"),
        ("vendredi 4", "2026-12-04"),
        ("dans deux semaines", "2026-12-07"),
        ("dans quinze jours", "2026-12-07"),
        ("dans huit jours", "2026-11-30"),
        ("dans trois jours", "2026-11-26"),
        ("jeudi en huit", "2026-12-03"),
        ("mardi de la semaine prochaine", "2026-12-01"),
        ("la semaine prochaine, mercredi", "2026-12-02"),
        ("05/12", "2026-12-05"),
        ("cet après-midi", "2026-11-23"),
        ("le dernier lundi du mois", "2026-11-30"),
        ("le deuxième jeudi de janvier", "2027-01-14"),
        ("le premier mardi du mois prochain", "2026-12-01"),
        ("d'ici trois semaines", "2026-12-14"),
        ("dans une quinzaine", "2026-12-07"),
        ("pas ce mardi, celui d'après", "2026-12-01"),
        ("mercredi, pas cette semaine, celle d'après", "2026-12-02"),
        ("demain en huit", "2026-12-01"),
        ("la veille de Noël", "2026-12-24"),
        ("le jour de l'an", "2027-01-01"),
    ],
)
def test_a_french_date_is_the_day_meant(said: str, day: str) -> None:
    found = find_date(digits(said, "fr"), "fr", MONDAY)
    assert found is not None
    assert found.value.isoformat() == day


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("tomorrow morning", "2026-11-24"),
        ("the day after tomorrow", "2026-11-25"),
        ("on Thursday at two", "2026-11-26"),
        ("next Tuesday", "2026-12-01"),
        ("the 24th", "2026-11-24"),
        ("November 26th", "2026-11-26"),
        ("the twenty-fourth of January", "2027-01-24"),
        ("in two weeks", "2026-12-07"),
        ("a week on Thursday", "2026-12-03"),
        ("Friday the 4th", "2026-12-04"),
    ],
)
def test_an_english_date_is_the_day_meant(said: str, day: str) -> None:
    found = find_date(digits(said, "en"), "en", MONDAY)
    assert found is not None
    assert found.value.isoformat() == day


@pytest.mark.parametrize("said", ["à 14 heures", "le 06 12 34 56 78", "Claire Martin", "le 45", "je ne sais pas"])
def test_what_is_no_date_is_none(said: str) -> None:
    assert find_date(digits(said, "fr"), "fr", MONDAY) is None


def test_a_bare_number_is_a_day_only_when_a_day_was_asked() -> None:
    assert find_date("24", "fr", MONDAY) is None
    found = find_date("24", "fr", MONDAY, asked=True)
    assert found is not None
    assert found.value == date(2026, 11, 24)


def test_the_part_of_the_day_is_heard() -> None:
    assert part_of_day("jeudi matin", "fr") == "morning"
    assert part_of_day("jeudi apres midi", "fr") == "afternoon"
    assert part_of_day("friday evening", "en") == "evening"
