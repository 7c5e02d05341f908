"""Patterns that clients write: they mean what regular expressions mean, and none can be made slow."""

from __future__ import annotations

import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.slots.accepting import nearest
from agents.slots.patterns import Pattern, PatternError

ATOMS = st.sampled_from(["A", "b", "7", r"\d", r"\w", ".", "[A-C]", "[0-9x]", r"\-", " "])
COUNTS = st.sampled_from(["?", "*", "+", "{2}", "{1,3}", "{2,}"])
PATTERNS = st.recursive(
    ATOMS,
    lambda part: st.one_of(
        st.tuples(part, part).map("".join),
        st.tuples(part, part).map(lambda two: f"({two[0]}|{two[1]})"),
        st.tuples(part, st.sampled_from(["?", "*", "+", "{2}", "{1,3}", "{2,}"])).map(
            lambda two: f"({two[0]}){two[1]}"
        ),
    ),
    max_leaves=6,
)


@given(PATTERNS, st.text("AaBbC7x -_9", max_size=8))
def test_a_pattern_means_what_a_regular_expression_means(pattern: str, value: str) -> None:
    assert Pattern.read(pattern).takes(value) == bool(re.fullmatch(pattern, value, re.IGNORECASE))


@given(PATTERNS, st.text("AaBbC7x -_9", max_size=8), st.text("AaBbC7x -_9", max_size=4))
def test_what_begins_a_value_may_become_one(pattern: str, value: str, more: str) -> None:
    if Pattern.read(pattern).takes(value + more):
        assert Pattern.read(pattern).begins(value)


def test_a_pattern_made_to_be_slow_is_not() -> None:
    began = process_time()
    assert not Pattern.read("(a+)+b").takes("a" * 2000)
    assert process_time() - began < 2


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(A|B", "is not closed"),
        ("A)", "closes nothing"),
        ("[", "holds no list"),
        ("[^A]", "holds no list"),
        ("*A", "follows nothing"),
        ("A{x}", "is no count"),
        ("A{3,2}", "the least first"),
        ("^AB$", "is not needed"),
        (r"\b", "is not known"),
        ("((A{1,60}){1,60}){1,60}", "is too long"),
        ("[9-0]", "goes backwards"),
    ],
)
def test_a_pattern_that_cannot_be_read_says_why(pattern: str, why: str) -> None:
    with pytest.raises(PatternError, match=re.escape(why)):
        Pattern.read(pattern)


def test_what_was_heard_is_taken_for_the_listed_value_it_is_like() -> None:
    towns = ["Lyon", "Villeurbanne", "Vénissieux", "Bron", "Saint-Priest", "Saint-Fons"]
    assert nearest("à Venissieux, s'il vous plaît", towns) == "Vénissieux"
    assert nearest("saint priest", towns) == "Saint-Priest"
    assert nearest("Villeurbane", towns) == "Villeurbanne"
    assert nearest("Lyon ou Bron", towns) == ""
    assert nearest("Marseille", towns) == ""
