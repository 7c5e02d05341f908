"""Which column is the telephone, by its heading, else by what it holds; never by chance."""

from __future__ import annotations

import pytest

from campaigns.contacts.columns import BadColumns, guess, letter
from campaigns.contacts.files.sheet import Cell, Row


def table(*rows: str) -> list[Row]:
    return [Row(at, [Cell(text.strip()) for text in row.split("|")]) for at, row in enumerate(rows, 1)]


def test_french_headings_are_known_and_the_mobile_goes_first() -> None:
    found = guess(table("NOM|Prénom|Tél. fixe|Tél. mobile|Code postal|Ville", "Roux|Léa||0612345678|75011|Paris"), {})
    assert found.told() == {
        "phone": "Tél. mobile", "last_name": "NOM", "first_name": "Prénom", "postcode": "Code postal",
    }  # fmt: skip
    assert found.left_out == ("Tél. fixe", "Ville")


def test_a_title_above_the_headings_is_passed_over() -> None:
    found = guess(table("Export du 3 novembre", "", "Nom|Téléphone", "Roux|0612345678"), {})
    assert (found.header, found.at["phone"]) == (3, 1)


def test_a_table_without_headings_is_read_by_what_it_holds() -> None:
    found = guess(table("Roux|0612345678|75011", "Petit|0698765432|69001"), {})
    assert (found.header, found.told()) == (0, {"phone": "B"})


def test_a_heading_nobody_knows_is_read_by_what_stands_under_it() -> None:
    assert guess(table("Qui|Joignable au", "Roux|0612345678", "Petit|01 62 00 12 34"), {}).at["phone"] == 1


def test_two_columns_of_numbers_are_not_chosen_between() -> None:
    with pytest.raises(BadColumns, match="several columns hold telephone numbers: B, C"):
        guess(table("Roux|0612345678|0162001234", "Petit|0698765432|0162001235"), {})


def test_a_table_without_numbers_is_refused() -> None:
    with pytest.raises(BadColumns, match="no column holds"):
        guess(table("Qui|Où", "Roux|Paris"), {})


def test_a_person_says_which_by_heading_or_letter() -> None:
    rows = table("Nom|Tél. mobile|Tél. fixe|Rappel", "Roux|0612345678|0162001234|mardi")
    found = guess(rows, {"phone": "tel fixe", "motif": "D"})
    assert found.told() == {"phone": "Tél. fixe", "motif": "Rappel", "last_name": "Nom"}


def test_a_column_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(BadColumns, match="no column is called 'Portable'") as caught:
        guess(table("Nom|Tél", "Roux|0612345678"), {"phone": "Portable"})
    assert "Nom, Tél" in caught.value.hint


def test_letters_go_on_after_z() -> None:
    assert [letter(0), letter(25), letter(26), letter(701)] == ["A", "Z", "AA", "ZZ"]
