"""Now, later or never: the campaign's calendar inside the law's, whatever the campaign's says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.planning.hours import Calendar, spans
from campaigns.planning.verdicts import Verdict, verdict
from compliance.law.cases import Attempt, Case, Consent
from compliance.law.engine import Decision, decide
from store.base.errors import BadInput

PARIS = ZoneInfo("Europe/Paris")
CONSENT = Consent(datetime(2026, 9, 1, 7, tzinfo=UTC))
MONDAY = datetime(2026, 11, 23, 10, 30, tzinfo=PARIS)


def law(**facts: Any) -> Callable[[datetime], Decision]:
    """The real rules, about a mobile in Paris, called with a consent unless `facts` say otherwise."""
    known = {"consent": CONSENT, "caller_id": "+33162001234", "postcode": "75011", **facts}
    return lambda at: decide(Case(at=at.astimezone(UTC), to="+33612345678", **known))


def calendar(hours: str = "", **more: Any) -> Calendar:
    return Calendar(**{"first": date(2026, 11, 23), "last": date(2026, 12, 4), "spans": spans(hours), **more})


def judged(now: datetime = MONDAY, within: Calendar | None = None, **facts: Any) -> Verdict:
    return verdict(now, within or calendar("10:00-12:30"), law(**facts))


def test_inside_both_it_is_now() -> None:
    assert judged() == Verdict("now", MONDAY.astimezone(UTC), {})


def test_outside_the_campaigns_hours_it_is_later_and_no_article_says_so() -> None:
    found = judged(MONDAY.replace(hour=15))
    assert (found.when, found.why) == ("later", {"campaign_hours": ()})
    assert found.at == datetime(2026, 11, 24, 10, tzinfo=PARIS)


def test_without_consent_it_is_never_with_the_article() -> None:
    found = judged(consent=None)
    assert found.when == "never"
    assert any("L223-1" in article for article in found.why["no_consent"])


def test_the_fifth_call_in_thirty_days_waits_for_the_first_to_be_old_enough() -> None:
    history = tuple(Attempt(MONDAY.astimezone(UTC) - timedelta(days=days), "no_answer") for days in (29, 20, 10, 5))
    found = judged(history=history)
    assert found.when == "later"
    assert "frequency_cap" in found.why
    assert found.at == MONDAY.replace(day=24).astimezone(UTC)


def test_what_the_law_allows_only_after_the_last_day_is_never() -> None:
    history = tuple(Attempt(MONDAY.astimezone(UTC) - timedelta(days=days), "no_answer") for days in (4, 3, 2, 1))
    found = judged(history=history)
    assert (found.when, set(found.why)) == ("never", {"frequency_cap", "campaign_over"})


def test_after_its_last_day_it_is_never() -> None:
    assert judged(MONDAY + timedelta(days=30)).why == {"campaign_over": ()}


def test_summer_time_moves_with_the_clock() -> None:
    spring = calendar("10:00-11:00", first=date(2027, 3, 26), last=date(2027, 3, 30))
    assert spring.next_open(datetime(2027, 3, 27, 12, tzinfo=PARIS)) == datetime(2027, 3, 28, 8, tzinfo=UTC)


@pytest.mark.parametrize("text", ["10-12", "12:00-10:00", "10:00-25:00", "10:00", "10:00-10:00"])
def test_hours_that_are_none_are_named(text: str) -> None:
    with pytest.raises(BadInput, match="hours"):
        spans(text)


@given(
    st.integers(0, 20 * 24 * 60).map(lambda minutes: datetime(2026, 11, 20, tzinfo=PARIS) + timedelta(minutes=minutes)),
    st.sampled_from(["", "08:00-20:00", "00:00-24:00", "12:00-15:00", "19:00-23:00", "06:00-10:30,19:30-24:00"]),
    st.lists(st.integers(0, 60), max_size=6),
    st.booleans(),
)
def test_no_verdict_is_ever_outside_the_law_or_the_campaign(
    now: datetime, hours: str, days: list[int], consent: bool
) -> None:
    history = tuple(Attempt(now.astimezone(UTC) - timedelta(days=day, hours=1), "no_answer") for day in days)
    facts = {"history": history, "consent": CONSENT if consent else None}
    for purpose in ("canvassing", "contract"):
        within = calendar(hours)
        found = judged(now, within, purpose=purpose, **facts)
        assert (found.at is None) == (found.when == "never")
        assert (found.why == {}) == (found.when == "now")
        if found.at is not None:
            assert law(purpose=purpose, **facts)(found.at).allowed
            assert within.next_open(found.at) == found.at >= now
