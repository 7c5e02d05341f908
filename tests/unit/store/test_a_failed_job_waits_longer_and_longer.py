"""The pause between two tries of a job."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from store.jobs import pause


def test_it_doubles_from_a_minute() -> None:
    assert [pause(n) for n in (1, 2, 3, 4)] == [timedelta(minutes=m) for m in (1, 2, 4, 8)]


@given(st.integers(0, 1000))
def test_it_never_shrinks_and_is_six_hours_at_most(tries: int) -> None:
    assert timedelta(minutes=1) <= pause(tries) <= pause(tries + 1) <= timedelta(hours=6)
