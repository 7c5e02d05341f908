"""The engine against `oracle.py`, over cases around the dates at which the law changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.cases import RESULTS, SECTORS, from_json
from compliance.engine import decide
from compliance.rulebook import PARTIES, PURPOSES
from tests.unit.compliance import oracle

BEGINNINGS = [
    datetime(*day, tzinfo=UTC)
    for day in [
        (2022, 12, 15),
        (2022, 12, 28),
        (2023, 2, 20),
        (2026, 7, 25),
        (2026, 8, 8),
        (2026, 10, 20),
        (2026, 12, 18),
    ]
]
MINUTES = st.integers(0, 60 * 24 * 20)
INSTANTS = st.builds(lambda start, m: start + timedelta(minutes=m), st.sampled_from(BEGINNINGS), MINUTES)


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    at = draw(INSTANTS)

    def near(days_before: int, days_after: int = 2) -> st.SearchStrategy[str]:
        minutes = st.integers(-days_before * 1440, days_after * 1440)
        return minutes.map(lambda m: (at + timedelta(minutes=m)).isoformat())

    slot = st.none() | st.integers(-90, 30).map(
        lambda m: {"from": (at + timedelta(minutes=m)).isoformat(), "to": (at + timedelta(minutes=m + 60)).isoformat()}
    )
    consent = st.fixed_dictionaries(
        {
            "given_at": near(420),
            "expires_at": st.none() | near(30, 300),
            "withdrawn_at": st.none() | st.none() | near(60),
            "agreed_slot": slot,
        }
    )
    return {
        "id": None,
        "at": at.isoformat(),
        "to": "+33612345678",
        "caller_id": draw(st.sampled_from(["+33162001234", "+33162001234", "+33140123456", "+33612345678", None])),
        "party": draw(st.sampled_from(PARTIES)),
        "purpose": draw(st.sampled_from(PURPOSES)),
        "automated": draw(st.booleans()),
        "postcode": draw(st.sampled_from(sorted(oracle.ZONES))),
        "sector": draw(st.none() | st.sampled_from(SECTORS)),
        "history": draw(
            st.lists(st.fixed_dictionaries({"at": near(70), "result": st.sampled_from(RESULTS)}), max_size=7)
        ),
        "consent": draw(st.none() | consent | consent),
        "opposed_at": draw(st.none() | st.none() | near(300)),
        "bloctel": draw(st.none() | st.fixed_dictionaries({"checked_at": near(45), "listed": st.booleans()})),
        "request": draw(st.none() | st.fixed_dictionaries({"at": near(12)})),
    }


@given(cases())
@settings(max_examples=1000, deadline=None)
def test_both_give_the_same_reasons(case: dict[str, Any]) -> None:
    assert list(decide(from_json(case)).reasons) == oracle.reasons(case)
