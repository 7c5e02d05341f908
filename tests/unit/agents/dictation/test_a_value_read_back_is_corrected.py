"""Corrections at a read-back, and the read-back that lets a mistake be heard."""

from __future__ import annotations

import pytest

from agents.dictation.correcting import corrected
from agents.dictation.pieces import pieces
from agents.dictation.readback import say_address, say_code, spelled


def after(value: str, heard: str) -> str | None:
    made = corrected(value, pieces(heard, "fr"), heard, "fr")
    return made.text if made else None


@pytest.mark.parametrize(
    ("value", "heard", "now"),
    [
        ("0612523456", "non, quarante-deux, pas cinquante-deux", "0612423456"),
        ("0612523456", "pas cinquante-deux, quarante-deux", "0612423456"),
        ("0612523456", "42 au lieu de 52", "0612423456"),
        ("Dupuis", "non, un y à la place du i", "Dupuys"),
        ("Durant", "un d, pas un t", "Durand"),
        ("Ludoi", "non c'est un b comme Bernard", "Luboi"),
        ("Martin", "avec deux t", "Marttin"),
        ("Hannah", "un seul n", "Hanah"),
        ("Dupon", "avec un t à la fin", "Dupont"),
        ("Durant", "avec un d à la fin", "Durand"),
        ("Bernarde", "sans e à la fin", "Bernard"),
        ("claire-martin@gmail.com", "non, tiret du 8, pas tiret du 6", "claire_martin@gmail.com"),
        ("claire@gmail.com", "c'est orange, pas gmail", "claire@orange.com"),
        ("claire@gmail.com", "point fr, pas point com", "claire@gmail.fr"),
        ("AB-123-CD", "124, pas 123", "AB-124-CD"),
        ("AB-123-CD", "non, p comme Pierre, pas b", "AP-123-CD"),
    ],
)
def test_what_is_corrected(value: str, heard: str, now: str) -> None:
    assert after(value, heard) == now


@pytest.mark.parametrize(
    ("value", "heard"),
    [("0652523456", "42, pas 52"), ("Dudois", "un b comme Bernard"), ("Martin", "oui, c'est ça"), ("Martin", "non")],
)
def test_what_cannot_be_told_is_not_guessed(value: str, heard: str) -> None:
    assert after(value, heard) is None


def test_an_english_correction() -> None:
    heard = "no, b as in Bravo, not d"
    made = corrected("Ludoi", pieces(heard, "en"), heard, "en")
    assert made is not None
    assert made.text == "Luboi"


def test_letters_are_read_back_one_by_one_with_their_accents_and_signs() -> None:
    assert spelled("Dupuy", "fr") == "D, U, P, U, Y"
    assert spelled("Lefèvre-D'Or", "fr") == "L, E, F, E accent grave, V, R, E, tiret, D, apostrophe, O, R"
    assert spelled("Luboi", "fr", words_for="b") == "L, U, B comme Bernard, O, I"


def test_codes_are_read_back_with_words_for_letters_that_sound_alike() -> None:
    assert say_code("AB-123-CD", "fr") == "A, B comme Bernard, 123, C comme Célestin, D comme Denise"
    assert say_code("CX-2041", "fr") == "C comme Célestin, X, tiret, 20, 41"
    assert say_code("AB12 CDE", "en").startswith("A, B as in Bravo, 12")


def test_an_address_is_said_and_spelled_but_for_what_everybody_knows() -> None:
    said = say_address("dupuy_c@gmail.com", "fr")
    assert said == "dupuy tiret bas c arobase gmail point com, D, U, P, U, Y, tiret bas, C"
    said = say_address("a12@exemple.fr", "fr")
    assert said == "a12 arobase exemple point fr, A, 12, arobase, E, X, E, M, P, L, E"
