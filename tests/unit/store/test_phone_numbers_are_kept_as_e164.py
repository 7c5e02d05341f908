"""Phone numbers in the ways people write them."""

from __future__ import annotations

import pytest

from store.base.errors import BadInput
from store.base.numbering import e164


@pytest.mark.parametrize(
    "text",
    [
        "+33162001234", "01 62 00 12 34", "01.62.00.12.34", "0162001234", "+33 (0)1 62 00 12 34",
        "0033162001234", "tel:+33-1-62-00-12-34", "+33\u00a01\u00a062\u00a000\u00a012\u00a034",
    ],
)  # fmt: skip
def test_every_french_spelling_of_a_number_is_the_same_number(text: str) -> None:
    assert e164(text) == "+33162001234"


@pytest.mark.parametrize("text", ["", "allo", "12", "+33", "+339999999999999999", "01 62 00 12", "+33162001234 ext 5"])
def test_what_is_no_number_is_refused_naming_the_field(text: str) -> None:
    with pytest.raises(BadInput, match="fallback"):
        e164(text, field="fallback")


def test_a_national_number_is_read_in_the_country_asked_for() -> None:
    assert e164("020 7946 0958", region="GB") == "+442079460958"
