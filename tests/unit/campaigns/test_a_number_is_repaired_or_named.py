"""What spreadsheets and people do to telephone numbers: one repair possible, or a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.contacts.files.sheet import Cell
from campaigns.contacts.repairing import number, postcode
from store.base.numbering import read

MOBILE = "+33612345678"


@pytest.mark.parametrize(
    "text",
    [
        "06 12 34 56 78", "06.12.34.56.78", "06-12-34-56-78", "+33 6 12 34 56 78", "+33 (0)6 12 34 56 78",
        "0033612345678",
        "33612345678", "612345678", "6 12 34 56 78", "33612345678.0", "612345678,0", "6,12345678E+08",
        "3.3612345678E+10",
        "'0612345678", "\u202a+33 6 12 34 56 78\u202c", "06\u00a012\u00a034\u00a056\u00a078", "０６１２３４５６７８",
        "Tél. : 06 12 34 56 78", "06 12 34 56 78 (portable)", "06 12 34 56 78 / 06.12.34.56.78", "tel:+33612345678",
    ],
)  # fmt: skip
def test_one_way_to_read_it_is_taken(text: str) -> None:
    assert number(Cell(text)).e164 == MOBILE


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("6,12E+08", "last digits were lost"), ("3,36E+10", "last digits were lost"),
        ("612000000", "last digits were lost"),
        ("06 12 34 56 78 / 01 62 00 12 34", "several numbers"), ("0612345678 ou 0698765432", "several numbers"),
        ("0612345678\n0162001234", "several numbers"), ("06123456780162001234", "several numbers"),
        ("06 12 34 56", "too few"), ("06 12 34 56 78 9", "11 digits"), ("O612345678", "letters"),
        ("01 62 00 12 34 poste 12", "letters"), ("32475123456", "which country"), ("112", "emergency"),
        ("#N/A", "error"), ("néant", "no number"), ("", "no number"), ("   ", "no number"), ("+", "no number"),
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_or_none_is_named(text: str, why: str) -> None:
    found = number(Cell(text))
    assert found.e164 == ""
    assert why in found.reason


def test_a_repair_is_told() -> None:
    assert number(Cell("612345678", typed=True)) == (MOBILE, "its first zero put back")


def test_an_overseas_number_that_lost_its_zero_is_overseas() -> None:
    assert number(Cell("692123456", typed=True)).e164 == "+262692123456"


def test_a_foreign_number_with_its_code_is_read() -> None:
    assert number(Cell("+32 475 12 34 56")).e164 == "+32475123456"


@given(st.integers(1, 7), st.integers(0, 99_999_999))
def test_whatever_is_read_of_a_french_number_is_that_number(first: int, rest: int) -> None:
    digits = f"{first}{rest:08d}"
    for written in (f"0{digits}", digits, f"{digits}.0", f"33{digits}", f"+33 {digits}"):
        assert number(Cell(written)).e164.removeprefix("+")[-9:] in ("", digits)


@given(st.text())
def test_any_text_is_a_number_or_has_a_reason(text: str) -> None:
    found = number(Cell(text))
    assert found.e164 or found.reason


def test_a_postcode_that_was_a_number_gets_its_zero_back() -> None:
    assert postcode(Cell("1000", typed=True)) == ("01000", "the postcode's first zero put back")
    assert postcode(Cell("1000")).e164 == ""
    assert postcode(Cell("75 011")).e164 == "75011"


@given(st.from_regex(r"0[1-9][0-9]{8}", fullmatch=True))
def test_a_national_number_is_what_the_numbering_plan_makes_of_it(digits: str) -> None:
    plan = read(digits)
    assert plan is not None
    assert number(Cell(digits)).e164 == ("" if plan.short else plan.e164)
