"""The engine against `oracle.py`, over cases around the dates at which the law changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.law.cases import RESULTS, SECTORS, from_json
from compliance.law.engine import decide
from compliance.law.rulebook import PARTIES, PURPOSES
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


# The edges: the days the law changed, the changes of summer time, local holidays, the ends of the hours; and ages of
# exactly thirty days, sixty days, five days, a year; each a second before, at it, a second after.
DAYS = [
    "2016-08-01", "2020-07-25", "2020-07-26", "2022-12-20", "2022-12-21", "2022-12-31", "2023-01-01", "2023-02-28",
    "2023-03-01", "2026-08-10", "2026-08-11",
    "2026-03-28", "2026-03-30", "2026-10-24", "2026-10-26",  # around the changes of summer time
    "2026-04-03", "2026-12-26", "2025-12-26", "2025-04-18",  # Alsace-Moselle: Good Friday, the 26th of December
    "2026-12-20", "2027-12-20", "2024-12-20",  # La Réunion
    "2026-11-11", "2026-11-20", "2026-11-23", "2027-05-06", "2024-02-29",
]  # fmt: skip
CLOCKS = ["00:00", "10:00", "13:00", "14:00", "20:00", "23:59:59"]
SECOND = st.integers(-1, 1).map(lambda s: timedelta(seconds=s))
DAY = timedelta(days=1)


@st.composite
def edges(draw: st.DrawFn) -> dict[str, Any]:
    postcode = draw(st.sampled_from(sorted(oracle.ZONES)))
    zone = draw(st.sampled_from([oracle.PARIS, oracle.ZONES[postcode]]))
    clock = f"{draw(st.sampled_from(DAYS))}T{draw(st.sampled_from(CLOCKS))}"
    at = datetime.fromisoformat(clock).replace(tzinfo=zone).astimezone(UTC) + draw(SECOND)

    def ago(*ages: timedelta) -> str:
        return (at - draw(st.sampled_from([*ages, timedelta(0)])) + draw(SECOND)).isoformat()

    def a_year_ago() -> str:
        here = at.astimezone(oracle.PARIS)
        leap = (here.month, here.day) == (2, 29)
        then = here.replace(year=here.year - 1, day=28 if leap else here.day).astimezone(UTC)
        return (then + draw(SECOND)).isoformat()

    consent = {
        "given_at": a_year_ago() if draw(st.booleans()) else ago(10 * DAY, 40 * DAY),
        "expires_at": ago(-9 * DAY) if draw(st.booleans()) else None,
        "withdrawn_at": ago(-DAY, DAY) if draw(st.integers(0, 3)) == 0 else None,
        "agreed_slot": {"from": ago(timedelta(hours=1)), "to": ago(timedelta(hours=-2))}
        if draw(st.booleans())
        else None,
    }
    slot = consent["agreed_slot"]
    if slot and slot["to"] <= slot["from"]:
        consent["agreed_slot"] = None
    return {
        "id": None,
        "at": at.astimezone(zone).isoformat(),
        "to": "+33612345678",
        "caller_id": draw(st.sampled_from(["+33162001234", "+33140123456", "+33612345678"])),
        "party": draw(st.sampled_from(PARTIES)),
        "purpose": draw(st.sampled_from(PURPOSES)),
        "automated": draw(st.booleans()),
        "postcode": postcode,
        "sector": draw(st.none() | st.sampled_from(SECTORS)),
        "history": [
            {"at": ago(30 * DAY, 30 * DAY, 60 * DAY), "result": draw(st.sampled_from(RESULTS))}
            for _ in range(draw(st.integers(0, 5)))
        ],
        "consent": consent if draw(st.booleans()) else None,
        "opposed_at": ago(DAY) if draw(st.booleans()) else None,
        "bloctel": {"checked_at": ago(30 * DAY), "listed": draw(st.booleans())} if draw(st.booleans()) else None,
        "request": {"at": ago(5 * DAY, 6 * DAY, 7 * DAY)} if draw(st.booleans()) else None,
    }


@given(edges())
@settings(max_examples=1500, deadline=None)
def test_both_give_the_same_reasons_at_every_edge(case: dict[str, Any]) -> None:
    assert list(decide(from_json(case)).reasons) == oracle.reasons(case)
