"""Times of day in French and English."""

from __future__ import annotations

from datetime import time

import pytest

from agents.slots.text import digits
from agents.slots.times import find_time


def heard(said: str, language: str, *, asked: bool = False) -> time | None:
    found = find_time(digits(said, language), language, asked=asked)  # type: ignore[arg-type]
    return found.candidates("")[0] if found else None


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("quatorze heures trente", "14:30"),
        ("14h30", "14:30"),
        ("à 14 h", "14:00"),
        ("deux heures de l'après-midi", "14:00"),
        ("neuf heures du matin", "09:00"),
        ("huit heures du soir", "20:00"),
        ("midi", "12:00"),
        ("midi et demi", "12:30"),
        ("midi et quart", "12:15"),
        ("dix heures et quart", "10:15"),
        ("dix heures et demie", "10:30"),
        ("dix heures moins le quart", "09:45"),
        ("onze heures moins dix", "10:50"),
        ("deux heures", "14:00"),
        ("9:15", "09:15"),
        ("entre quatorze et quinze heures", "14:00"),
        ("entre onze heures et midi", "11:00"),
        ("vers huit et demi", "08:30"),
    ],
)
def test_a_french_time(said: str, at: str) -> None:
    assert heard(said, "fr") == time.fromisoformat(at)


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("half past two", "14:30"),
        ("quarter to nine", "08:45"),
        ("quarter past ten", "10:15"),
        ("2:30 p.m.", "14:30"),
        ("two thirty pm", "14:30"),
        ("nine in the morning", "09:00"),
        ("at three o'clock", "15:00"),
        ("at ten", "10:00"),
        ("noon", "12:00"),
        ("ten past four", "16:10"),
    ],
)
def test_an_english_time(said: str, at: str) -> None:
    assert heard(said, "en") == time.fromisoformat(at)


@pytest.mark.parametrize("said", ["dans deux heures", "jeudi après-midi", "Claire Martin"])
def test_what_is_no_time_is_none(said: str) -> None:
    assert heard(said, "fr") is None


def test_a_bare_number_is_a_time_only_when_a_time_was_asked() -> None:
    assert heard("14 30", "fr") is None
    assert heard("14 30", "fr", asked=True) == time(14, 30)
