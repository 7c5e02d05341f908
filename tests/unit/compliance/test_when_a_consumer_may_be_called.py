"""Hours, weekends, holidays, places, agreed slots (W1, W2, W2b, W5)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from compliance.law.engine import Switches
from tests.unit.compliance.cases_of_tests import answer, later, reasons

CONTRACT = {"purpose": "contract", "consent": None}


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("09:59:59.999999", ["outside_hours"]),
        ("10:00:00", []),
        ("12:59:59.999999", []),
        ("13:00:00", ["outside_hours"]),
        ("13:59:59.999999", ["outside_hours"]),
        ("14:00:00", []),
        ("19:59:59.999999", []),
        ("20:00:00", ["outside_hours"]),
    ],
)
def test_the_hours_begin_on_the_instant_and_end_before_it(clock: str, expected: list[str]) -> None:
    assert reasons(at=f"2026-11-23T{clock}+01:00") == expected


def test_saturday_and_sunday_are_a_weekend_and_nothing_else() -> None:
    assert reasons(at="2026-11-21T09:00:00+01:00") == ["weekend"]
    assert reasons(at="2026-11-22T22:00:00+01:00") == ["weekend"]


def test_a_holiday_on_a_sunday_is_both() -> None:
    assert reasons(at="2026-11-01T11:00:00+01:00") == ["public_holiday", "weekend"]


@pytest.mark.parametrize("day", ["2026-12-25", "2027-03-29", "2027-05-06", "2027-05-17", "2027-07-14"])
def test_no_call_on_a_public_holiday(day: str) -> None:
    assert reasons(at=f"{day}T11:00:00+02:00") == ["public_holiday"]


@pytest.mark.parametrize(
    ("postcode", "day"),
    [
        ("67000", "2027-03-26"),
        ("68100", "2028-12-26"),
        ("57000", "2028-12-26"),
        ("97600", "2027-04-27"),
        ("97200", "2028-05-22"),
        ("97110", "2027-05-27"),
        ("97150", "2027-05-27"),
        ("97300", "2027-06-10"),
        ("97133", "2028-10-09"),
        ("97400", "2027-12-20"),
    ],
)
def test_local_holidays_hold_where_they_are_kept_and_can_be_switched_off(postcode: str, day: str) -> None:
    offset = {"67": "+02:00", "68": "+01:00", "57": "+01:00"}.get(postcode[:2], "-04:00")
    offset = {"97600": "+03:00", "97400": "+04:00", "97300": "-03:00"}.get(postcode, offset)
    at = f"{day}T11:00:00{offset}"
    assert reasons(at=at, postcode=postcode, **CONTRACT) == ["public_holiday"]
    assert reasons(at=at, postcode="75001" if postcode[0] != "9" else "97500", **CONTRACT) != ["public_holiday"]
    assert reasons(Switches(local_holidays=False), at=at, postcode=postcode, **CONTRACT) == []


@pytest.mark.parametrize(
    ("postcode", "at"),
    [
        ("97400", "2026-11-23T06:00:00+00:00"),
        ("97600", "2026-11-23T07:00:00+00:00"),
        ("97100", "2026-11-23T14:00:00+00:00"),
        ("97300", "2026-11-23T13:00:00+00:00"),
        ("97500", "2026-11-23T13:00:00+00:00"),
        ("98714", "2026-11-23T20:00:00+00:00"),
        ("98742", "2026-11-23T19:30:00+00:00"),
        ("98755", "2026-11-23T19:00:00+00:00"),
        ("98800", "2026-11-22T23:00:00+00:00"),
        ("98600", "2026-11-22T22:00:00+00:00"),
    ],
)
def test_overseas_the_hours_are_those_of_the_postcode(postcode: str, at: str) -> None:
    opening = datetime.fromisoformat(at)
    before = answer(at=(opening - timedelta(minutes=1)).isoformat(), postcode=postcode)
    assert before.reasons == ("outside_hours",)
    assert before.next_allowed_at == opening
    assert reasons(at=at, postcode=postcode) == []


def test_ten_oclock_stays_ten_oclock_across_the_change_of_summer_time() -> None:
    assert later(at="2027-03-26T20:00:00+01:00") == "2027-03-30T10:00:00+02:00"  # Easter Monday between


def test_a_reunion_or_mayotte_number_is_called_only_in_the_hours_of_both() -> None:
    number = {"to": "+262692123456", "postcode": None}
    assert reasons(at="2026-11-23T10:30:00+04:00", **number) == ["unknown_location"]
    assert later(at="2026-11-23T10:30:00+04:00", **number) == "2026-11-23T11:00:00+04:00"
    assert reasons(at="2026-11-23T11:30:00+04:00", **number) == []
    assert reasons(at="2026-11-23T10:30:00+04:00", **(number | {"postcode": "97400"})) == []


def test_where_every_plausible_place_refuses_the_location_is_not_the_reason() -> None:
    assert reasons(at="2026-11-23T08:00:00+04:00", to="+262692123456", postcode=None) == ["outside_hours"]
    assert reasons(at="2026-11-22T11:30:00+04:00", to="+262692123456", postcode=None) == ["weekend"]


def test_saint_barthelemys_own_holiday_closes_the_whole_of_its_code() -> None:
    number = {"to": "+590690123456", "postcode": None}
    assert reasons(at="2028-10-09T11:00:00-04:00", **number, **CONTRACT) == ["unknown_location"]


def test_a_foreign_number_is_called_in_the_hours_of_its_country() -> None:
    assert reasons(to="+442071838750", postcode=None, at="2026-11-23T10:30:00+01:00") == ["outside_hours"]
    assert reasons(to="+442071838750", postcode=None, at="2026-11-23T11:00:00+01:00") == []


def test_a_number_of_nowhere_is_never_called_for_want_of_a_place() -> None:
    found = answer(to="+80012345678", postcode=None, at="2026-11-23T15:00:00+01:00")
    assert found.reasons == ("unknown_location",)
    assert found.next_allowed_at is None


@pytest.mark.parametrize("purpose", ["canvassing", "contract", "callback", "press"])
def test_the_hours_hold_for_every_purpose_but_service(purpose: str) -> None:
    sunday = {"at": "2026-11-22T11:00:00+01:00", "request": {"at": "2026-11-20T11:00:00+01:00"}}
    assert reasons(purpose=purpose, **sunday) == ["weekend"]
    assert reasons(purpose="service", **sunday) == []


def test_businesses_may_be_called_at_any_hour() -> None:
    assert reasons(party="business", consent=None, at="2026-11-22T03:00:00+01:00") == []


def test_before_march_2023_no_hours_were_set() -> None:
    past = {"bloctel": {"checked_at": "2023-02-20T00:00:00+01:00", "listed": False}, "consent": None}
    assert reasons(at="2023-02-26T23:00:00+01:00", **past) == []
    assert reasons(at="2023-03-05T23:00:00+01:00", **past) == ["weekend"]


SLOT = {"from": "2026-11-28T09:00:00+01:00", "to": "2026-11-28T09:30:00+01:00"}  # a Saturday


def test_inside_the_slot_a_person_agreed_to_hours_and_weekends_do_not_matter() -> None:
    consent = {"given_at": "2026-09-01T09:00:00+02:00", "agreed_slot": SLOT}
    assert reasons(at="2026-11-28T09:00:00+01:00", consent=consent) == []
    assert reasons(at="2026-11-28T09:29:59+01:00", consent=consent) == []
    assert reasons(at="2026-11-28T09:30:00+01:00", consent=consent) == ["weekend"]


def test_the_next_instant_is_the_agreed_slot_when_it_comes_first() -> None:
    consent = {"given_at": "2026-09-01T09:00:00+02:00", "agreed_slot": SLOT}
    assert later(at="2026-11-28T08:00:00+01:00", consent=consent) == "2026-11-28T09:00:00+01:00"


def test_a_withdrawn_consent_takes_its_slot_along() -> None:
    consent = {
        "given_at": "2026-09-01T09:00:00+02:00",
        "withdrawn_at": "2026-11-01T09:00:00+01:00",
        "agreed_slot": SLOT,
    }
    assert reasons(at="2026-11-28T09:10:00+01:00", purpose="contract", consent=consent) == ["weekend"]


def test_until_august_2026_a_consent_lifts_the_hours_and_since_then_only_a_slot_does() -> None:
    assert reasons(at="2026-08-09T11:00:00+02:00", consent={"given_at": "2026-08-01T09:00:00+02:00"}) == []
    assert reasons(at="2026-08-10T23:59:59+02:00", consent={"given_at": "2026-08-01T09:00:00+02:00"}) == []
    assert reasons(at="2026-08-11T00:00:00+02:00", consent={"given_at": "2026-08-01T09:00:00+02:00"}) == [
        "outside_hours"
    ]


def test_next_allowed_skips_weekend_and_holiday() -> None:
    assert later(at="2026-12-24T20:00:00+01:00") == "2026-12-28T10:00:00+01:00"
    assert later(at="2026-11-23T13:10:00+01:00") == "2026-11-23T14:00:00+01:00"
