"""7 days, 5 weeks and 12 months keep their newest backup; the newest and the last verified stay whatever the terms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from store.backups.keeping import Terms, kept

NIGHT = datetime(2025, 1, 1, 3, 30, tzinfo=UTC)
INSTANTS = st.lists(st.integers(0, 3650 * 86_400), min_size=1, max_size=60, unique=True).map(
    lambda seconds: [NIGHT + timedelta(seconds=each) for each in seconds]
)
TERMS = st.builds(Terms, st.integers(1, 9), st.integers(0, 6), st.integers(0, 14))


def test_a_year_of_nights_leaves_seven_days_five_weeks_twelve_months() -> None:
    shelf: set[datetime] = set()
    for night in range(500):
        shelf.add(NIGHT + timedelta(days=night))
        shelf = kept(shelf, Terms())
    last = max(shelf)
    assert {(last - at).days for at in shelf} >= set(range(7))
    assert len({at.isocalendar()[:2] for at in shelf if (last - at).days < 35}) == 5
    assert len({(at.year, at.month) for at in shelf}) == 12
    assert len(shelf) <= 7 + 5 + 12


@given(INSTANTS, TERMS)
def test_the_newest_stays_and_never_more_than_the_terms_say(instants: list[datetime], terms: Terms) -> None:
    stay = kept(instants, terms)
    assert max(instants) in stay
    assert stay <= set(instants)
    assert len(stay) <= terms.days + terms.weeks + terms.months


@given(INSTANTS, TERMS)
def test_pruning_twice_is_pruning_once_in_any_order(instants: list[datetime], terms: Terms) -> None:
    stay = kept(instants, terms)
    assert kept(stay, terms) == stay
    assert kept(reversed(instants), terms) == stay


@given(INSTANTS, TERMS, st.data())
def test_the_last_that_was_verified_stays(instants: list[datetime], terms: Terms, data: st.DataObject) -> None:
    verified = data.draw(st.sets(st.sampled_from(instants), min_size=1))
    assert max(verified) in kept(instants, terms, verified=verified)


@given(INSTANTS, TERMS, st.integers(0, 3000))
def test_another_one_later_costs_at_most_one_of_each_kind(instants: list[datetime], terms: Terms, days: int) -> None:
    before = kept(instants, terms)
    after = kept([*before, max(instants) + timedelta(days=days, seconds=1)], terms)
    assert len(before - after) <= 3
