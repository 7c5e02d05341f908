"""After a restore, whoever the ledger names is found in whatever way a text writes the number."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.people.again import written_in
from compliance.people.privacy import pattern

ME = "+33612345678"
WAYS = ["+33612345678", "0612345678", "06 12 34 56 78", "06.12.34.56.78", "+33 (0)6 12 34 56 78", "0033 6 12 34 56 78",
        "612345678", "06/12/34/56/78", "06-12-34-56-78"]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("text", ["{}", "rappeler le {} avant 18 h", "le 20/11 au {}", "n° {}, dossier 4512"])
def test_each_way_of_writing_is_read(way: str, text: str) -> None:
    assert ME in set(written_in(text.format(way)))


@given(st.text("0123456789 .()/-+,a", max_size=80), st.sampled_from(WAYS))
def test_whatever_an_erasure_finds_is_found_again(around: str, way: str) -> None:
    text = f"{around} , {way} , {around}"
    assert re.search(pattern(ME), text)
    assert ME in set(written_in(text))


def test_what_is_no_number_is_none() -> None:
    assert set(written_in("12 34, le 20/11/2026 à 18:30, 75001 Paris")) == set()
