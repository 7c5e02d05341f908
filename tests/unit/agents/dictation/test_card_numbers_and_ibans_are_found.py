"""Card numbers and IBANs, however they are dictated and written by the ear; and numbers that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.dictation.payment import hidden, is_card, is_iban, payments

IBAN = "FR7630006000011234567890189"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Ma carte, c'est le 4242 4242 4242 4242.", "Ma carte, c'est le ****4242."),
        ("4242-4242-4242-4242, fin 12 27", "****4242, fin 12 27"),
        ("5555 5555 5555 4444", "****4444"),
        ("3782 822463 10005", "****0005"),
        ("4242424242424242", "****4242"),
        ("[4242424242424242]", "[****4242]"),
        ("42 42, 42 42, 42 42, 42 42.", "****4242."),
        ("quarante-deux quarante-deux quarante-deux quarante-deux quarante-deux quarante-deux quarante-deux "
         "quarante-deux", "****4242"),
        (f"L'IBAN est {IBAN}.", "L'IBAN est FR****0189."),
        ("FR76 3000 6000 0112 3456 7890 189", "FR****0189"),
        ("F R 76, 3000 6000, 0112 3456, 7890 189", "FR****0189"),
        ("BE68 5390 0754 7034", "BE****7034"),
        ("DE89 3704 0044 0532 0130 00", "DE****3000"),
    ],
)  # fmt: skip
def test_what_is_kept_of_one(said: str, kept: str) -> None:
    assert hidden(said, "fr") == kept


@pytest.mark.parametrize(
    "said",
    [
        "Mon numéro est le 06 39 98 01 23.",
        "Le 14 janvier 2027 à 14 heures 30.",
        "SIRET 732 829 320 00074",
        "4242 4242 4242 4243",
        "FR76 3000 6000 0112 3456 7890 188",
        "Commande 4242 4242, puis un colis, 4242 4242",
        "",
        "AB-123-CD",
    ],
)
def test_what_is_none_stays(said: str) -> None:
    assert hidden(said, "fr") == said


def test_a_number_dictated_in_groups_is_found_over_the_sentences() -> None:
    (found,) = payments(["C'est le 4242 4242", "4242", "et 4242 voilà."], "fr")
    assert (found.kind, found.short) == ("card", "****4242")
    assert [part.at for part in found.parts] == [0, 1, 2]


def test_two_numbers_in_one_breath_are_two() -> None:
    found = payments([f"4242 4242 4242 4242 et {IBAN}"], "fr")
    assert [one.kind for one in found] == ["card", "iban"]


def _check(digits: str) -> str:
    return next(digits + str(last) for last in range(10) if is_card(digits + str(last)))


@given(st.text("0123456789", min_size=14, max_size=14), st.lists(st.integers(1, 6), min_size=3, max_size=8))
def test_however_it_is_grouped_no_digit_of_a_card_is_kept_but_four(middle: str, sizes: list[int]) -> None:
    number, groups, at = _check("4" + middle), list[str](), 0
    for size in sizes:
        groups.append(number[at : at + size])
        at += size
    told = " ".join([group for group in (*groups, number[at:]) if group])
    assert hidden(told, "fr") == f"****{number[-4:]}"


@pytest.mark.parametrize("text", [IBAN, "GB82WEST12345698765432", "NL91ABNA0417164300"])
def test_an_iban_by_its_length_and_check(text: str) -> None:
    assert is_iban(text)
    assert not is_iban(text[:-1] + ("1" if text[-1] != "1" else "2"))
    assert not is_iban(text + "0")
