"""Which numbers are special, allowed or blocked, and how each is written inside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplan.numbers import NumberClass, classify
from store.base.numbering import SPECIAL, rewrite


@pytest.mark.parametrize(
    "number",
    [
        "15",
        "17",
        "18",
        "112",
        "114",
        "115",
        "119",
        "191",
        "196",
        "197",
        "113",
        "3114",
        "116000",
        "116006",
        "116111",
        "116117",
    ],
)
def test_an_emergency_or_social_number_is_special(number: str) -> None:
    assert classify(number) is NumberClass.SPECIAL


@pytest.mark.parametrize("number", ["+33812345678", "+33820123456", "+33899123456", "118712", "1023", "3200", "3999"])
def test_a_premium_number_is_blocked(number: str) -> None:
    assert classify(number) is NumberClass.BLOCKED


@pytest.mark.parametrize("number", ["+979123456789", "+88213000", "+883510000000", "+870773110000", "+881612345678"])
def test_a_shared_revenue_or_satellite_number_is_blocked(number: str) -> None:
    assert classify(number) is NumberClass.BLOCKED


@pytest.mark.parametrize("number", ["+33800123456", "+33805123456", "+33806123456", "+33809123456"])
def test_a_free_or_normal_rate_number_is_allowed(number: str) -> None:
    assert classify(number) is NumberClass.ALLOWED


@pytest.mark.parametrize(
    ("number", "expected"),
    [("3000", "allowed"), ("3007", "allowed"), ("3008", "blocked"), ("3009", "allowed"), ("3010", "allowed"),
     ("3169", "allowed"), ("3170", "blocked"), ("3179", "blocked"), ("3180", "allowed"), ("3199", "allowed"),
     ("3200", "blocked")],
)  # fmt: skip
def test_four_digit_numbers_are_cut_where_the_plan_cuts_them(number: str, expected: str) -> None:
    assert classify(number) == expected


@pytest.mark.parametrize("number", ["+33123456789", "+33612345678", "+33912345678", "+262692123456"])
def test_a_french_number_is_allowed(number: str) -> None:
    assert classify(number) is NumberClass.ALLOWED


@pytest.mark.parametrize("number", ["+681721234", "+687251234", "+68940123456", "+508411234"])
def test_a_dear_island_is_blocked_until_the_operator_lets_it_out(number: str) -> None:
    assert classify(number) is NumberClass.BLOCKED
    assert classify(number, (number[:4],)) is NumberClass.ALLOWED


def test_abroad_is_blocked_until_the_operator_lets_its_prefix_out() -> None:
    assert classify("+442071234567") is NumberClass.BLOCKED
    assert classify("+442071234567", ("+44",)) is NumberClass.ALLOWED


@pytest.mark.parametrize("number", ["", "abc", "+", "06 12", "12+3", "٣٣"])
def test_what_is_not_a_number_is_invalid(number: str) -> None:
    assert classify(number) is NumberClass.INVALID


@pytest.mark.parametrize(
    ("dialled", "inside"),
    [
        ("0612345678", "+33612345678"),
        ("06 12 34 56 78", "+33612345678"),
        ("06.12.34.56.78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("33612345678", "+33612345678"),
        ("00442071234567", "+442071234567"),
        ("0262123456", "+262262123456"),
        ("0692123456", "+262692123456"),
        ("0639123456", "+262639123456"),
        ("0690123456", "+590690123456"),
        ("0694123456", "+594694123456"),
        ("0696123456", "+596696123456"),
        ("0639980001", "+33639980001"),
        ("112", "112"),
        ("+33112", "112"),
        ("003315", "15"),
        ("3114", "3114"),
        ("anonymous", ""),
        ("", ""),
    ],
)
def test_a_number_is_written_the_same_way_however_it_was_dialled(dialled: str, inside: str) -> None:
    assert rewrite(dialled) == inside


@given(st.text(alphabet="+0123456789 .-&@/abcÉ", max_size=20))
def test_what_comes_out_is_digits_after_at_most_one_plus(dialled: str) -> None:
    inside = rewrite(dialled)
    assert inside == "" or inside.removeprefix("+").isdigit()


@given(st.sampled_from(SPECIAL), st.sampled_from(["", "+33", "0033"]))
def test_no_spelling_hides_an_emergency_number(number: str, prefix: str) -> None:
    assert classify(rewrite(prefix + number)) is NumberClass.SPECIAL
