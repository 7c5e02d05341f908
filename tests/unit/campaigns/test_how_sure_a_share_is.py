"""Intervals of shares and of their difference: known values, and what holds for all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.planning.intervals import difference, wilson

SHARES = st.integers(0, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


def test_known_intervals() -> None:
    found = wilson(81, 263)  # Newcombe (1998), table I, method 3
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    none = wilson(0, 20)
    assert (round(none.low, 4), round(none.high, 4)) == (0.0, 0.1611)


def test_a_known_difference() -> None:
    low, high = difference(wilson(48, 80), wilson(56, 70))  # Newcombe (1998), table II, example a, method 10
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


def test_of_nobody_anything_may_be_true() -> None:
    assert (wilson(0, 0).low, wilson(0, 0).high, wilson(0, 0).value) == (0.0, 1.0, None)
    assert difference(wilson(0, 0), wilson(3, 4)) == (-1.0, 1.0)


def test_what_is_no_share_is_refused() -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(5, 4)


@given(SHARES)
def test_a_share_lies_in_its_interval_which_narrows_with_more_calls(share: tuple[int, int]) -> None:
    won, of = share
    found, more = wilson(won, of), wilson(won * 4, of * 4)
    assert 0 <= found.low <= found.high <= 1
    if found.value is not None:
        assert found.low - 1e-9 <= found.value <= found.high + 1e-9
        assert more.high - more.low < found.high - found.low


@given(SHARES, SHARES)
def test_a_difference_turned_round_is_its_opposite(one: tuple[int, int], other: tuple[int, int]) -> None:
    low, high = difference(wilson(*one), wilson(*other))
    back = difference(wilson(*other), wilson(*one))
    assert (low, high) == pytest.approx((-back[1], -back[0]))
