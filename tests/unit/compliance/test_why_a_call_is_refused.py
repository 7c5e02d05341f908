"""Consent, opposition, frequency, sectors, requests, Bloctel: issue 4's table, and the dates of the law."""

from __future__ import annotations

import pytest

from compliance.law.engine import Switches
from tests.unit.compliance.cases_of_tests import answer, later, reasons


def calls(*days: str, result: str = "no_answer") -> list[dict[str, str]]:
    return [{"at": f"{day}T11:00:00+01:00", "result": result} for day in days]


FOUR = calls("2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05")


def test_a_lawful_call_gives_no_reason_and_no_law() -> None:
    found = answer()
    assert (found.allowed, found.reasons, found.law, found.next_allowed_at) == (True, (), (), None)


def test_every_reason_is_given_sorted_with_its_law() -> None:
    found = answer(at="2026-11-22T11:00:00+01:00", consent=None, caller_id=None, history=FOUR)
    assert found.reasons == ("caller_id_masked", "frequency_cap", "no_consent", "weekend")
    assert found.law == ("C. conso D223-9", "C. conso L221-17, arrêté du 5 juillet 2016", "C. conso L223-1 al. 1")
    assert found.next_allowed_at is None


def test_the_fifth_call_in_thirty_days_waits_until_the_first_is_thirty_days_old() -> None:
    assert reasons(history=FOUR[:3]) == []
    assert reasons(history=FOUR) == ["frequency_cap"]
    assert later(history=FOUR) == "2026-12-02T11:00:00+01:00"
    assert reasons(at="2026-12-02T11:00:00+01:00", history=FOUR) == []
    assert reasons(at="2026-12-02T10:59:59+01:00", history=FOUR) == ["frequency_cap"]


def test_with_more_calls_than_four_enough_of_them_must_age() -> None:
    assert later(history=[*FOUR, *calls("2026-11-06")]) == "2026-12-03T11:00:00+01:00"


def test_a_frequency_that_ends_on_a_weekend_waits_for_the_hours_too() -> None:
    history = calls("2026-10-29", "2026-11-02", "2026-11-03", "2026-11-04")
    assert later(history=history) == "2026-11-30T10:00:00+01:00"


def test_calls_after_the_instant_do_not_count_at_it_but_count_for_the_next() -> None:
    history = [*FOUR[:3], *calls("2026-11-25")]
    assert reasons(at="2026-11-23T21:00:00+01:00", history=history) == ["outside_hours"]
    assert reasons(at="2026-11-25T12:00:00+01:00", history=history) == ["frequency_cap"]


@pytest.mark.parametrize("change", [{"party": "business"}, {"purpose": "service"}])
def test_the_frequency_holds_for_consumers_and_not_for_service(change: dict[str, str]) -> None:
    assert reasons(history=FOUR, **change) == []


def test_a_callback_is_not_capped() -> None:
    request = {"at": "2026-11-22T11:00:00+01:00"}
    assert reasons(purpose="callback", history=FOUR, request=request) == []


OLD = {"bloctel": {"checked_at": "2026-07-20T00:00:00+02:00", "listed": False}, "consent": None}


def test_until_august_2026_a_refusal_held_sixty_days() -> None:
    refusal = [{"at": "2026-05-15T11:00:00+02:00", "result": "refused"}]
    assert reasons(at="2026-07-14T10:59:59+02:00", history=refusal, **OLD | {"purpose": "contract"}) == [
        "public_holiday",
        "refused_recently",
    ]
    assert reasons(at="2026-07-15T11:00:00+02:00", history=refusal, **OLD | {"purpose": "contract"}) == []


def test_the_sixty_days_are_whole_days_where_the_consumer_is() -> None:
    refusal = [{"at": "2023-04-06T19:00:00+02:00", "result": "refused"}]
    call = OLD | {"purpose": "contract"}
    assert "refused_recently" in reasons(at="2023-06-05T23:59:59+02:00", history=refusal, **call)
    assert "refused_recently" not in reasons(at="2023-06-06T00:00:00+02:00", history=refusal, **call)


def test_a_refusal_whose_sixty_days_outlast_the_old_law_never_ends() -> None:
    refusal = [{"at": "2026-07-15T11:00:00+02:00", "result": "refused"}]
    assert reasons(at="2026-08-10T11:00:00+02:00", history=refusal, **OLD) == ["refused_recently"]
    assert later(at="2026-08-10T11:00:00+02:00", history=refusal, **OLD) is None


def test_since_august_2026_any_refusal_stands_until_a_newer_consent() -> None:
    refusal = calls("2026-11-02", result="refused")
    assert reasons(history=refusal) == ["opposed"]
    assert reasons(history=refusal, party="business", consent=None) == ["opposed"]
    assert reasons(history=refusal, consent={"given_at": "2026-11-03T09:00:00+01:00"}) == []
    assert reasons(history=refusal, purpose="service") == []


@pytest.mark.parametrize("purpose", ["canvassing", "contract", "press"])
def test_an_opposition_holds_for_consumers_and_businesses(purpose: str) -> None:
    opposed = {"opposed_at": "2026-10-01T09:00:00+02:00", "purpose": purpose}
    assert reasons(**opposed) == ["opposed"]
    assert reasons(**opposed, party="business") == ["opposed"]
    assert reasons(**opposed, consent={"given_at": "2026-10-02T09:00:00+02:00"}) == []


def test_an_opposition_made_later_does_not_reach_back() -> None:
    assert reasons(opposed_at="2026-11-24T09:00:00+01:00") == []


def test_an_opposition_does_not_stop_a_reminder_nor_a_requested_callback() -> None:
    assert reasons(opposed_at="2026-10-01T09:00:00+02:00", purpose="service") == []
    request = {"at": "2026-11-22T11:00:00+01:00"}
    assert reasons(opposed_at="2026-10-01T09:00:00+02:00", purpose="callback", request=request) == []


@pytest.mark.parametrize(
    ("consent", "expected"),
    [
        (None, ["no_consent"]),
        ({"given_at": "2026-11-24T09:00:00+01:00"}, ["no_consent"]),
        ({"given_at": "2025-11-23T10:30:00+01:00"}, []),
        ({"given_at": "2025-11-23T10:29:59+01:00"}, ["consent_expired"]),
        ({"given_at": "2026-09-01T09:00:00+02:00", "expires_at": "2026-11-23T10:29:59+01:00"}, ["consent_expired"]),
        ({"given_at": "2026-09-01T09:00:00+02:00", "expires_at": "2026-11-23T10:30:00+01:00"}, []),
        (
            {"given_at": "2026-09-01T09:00:00+02:00", "withdrawn_at": "2026-11-23T10:30:00+01:00"},
            ["consent_withdrawn"],
        ),
        ({"given_at": "2026-09-01T09:00:00+02:00", "withdrawn_at": "2026-11-23T10:30:01+01:00"}, []),
        (
            {"given_at": "2025-09-01T09:00:00+02:00", "withdrawn_at": "2026-11-01T10:30:00+01:00"},
            ["consent_expired", "consent_withdrawn"],
        ),
    ],
)
def test_a_consumer_must_have_consented_within_the_year(consent: dict[str, str] | None, expected: list[str]) -> None:
    assert reasons(consent=consent) == expected


def test_a_consent_that_ends_before_the_next_hours_leaves_no_later_instant() -> None:
    consent = {"given_at": "2025-11-23T09:00:00+01:00"}
    assert answer(at="2026-11-22T11:00:00+01:00", consent=consent).next_allowed_at is None


def test_the_law_changes_on_11_august_2026_at_midnight_in_paris() -> None:
    business_hours_in_tahiti = {"postcode": "98714", **OLD}
    assert reasons(at="2026-08-10T21:59:59+00:00", **business_hours_in_tahiti) == []
    assert reasons(at="2026-08-10T22:00:00+00:00", **business_hours_in_tahiti) == ["no_consent"]


@pytest.mark.parametrize("purpose", ["contract", "press", "service"])
def test_only_canvassing_needs_consent(purpose: str) -> None:
    assert reasons(purpose=purpose, consent=None) == []


def test_an_agent_held_to_be_an_automate_needs_the_consent_of_businesses_too() -> None:
    strict = Switches(ai_is_automate=True)
    assert reasons(party="business", consent=None) == []
    assert reasons(strict, party="business", consent=None) == ["no_consent"]
    assert reasons(strict, party="business", consent=None, automated=False) == []
    assert reasons(strict, party="business") == []


@pytest.mark.parametrize("sector", ["energy_renovation", "renewable_energy", "housing_adaptation"])
def test_housing_and_energy_may_not_canvass_even_with_consent(sector: str) -> None:
    assert reasons(sector=sector) == ["banned_sector"]
    assert reasons(sector=sector, purpose="contract") == []
    assert reasons(sector=sector, party="business") == []
    consent = {"given_at": "2026-08-01T09:00:00+02:00"}
    before = [] if sector == "housing_adaptation" else ["banned_sector"]
    assert reasons(sector=sector, at="2026-08-10T11:00:00+02:00", consent=consent) == before


def test_the_ban_of_energy_by_telephone_dates_from_july_2020() -> None:
    call = {"sector": "renewable_energy", "caller_id": "+33162001234"} | OLD
    call["bloctel"] = {"checked_at": "2020-07-20T00:00:00+02:00", "listed": False}
    assert reasons(at="2020-07-25T23:59:59+02:00", **call) == []
    assert reasons(at="2020-07-26T00:00:00+02:00", **call) == ["banned_sector"]


def test_an_automate_needs_the_consent_of_a_consumer_too_also_for_the_press() -> None:
    """CPCE L34-5 protects every natural person, and L223-5 does not exempt the press from it."""
    strict = Switches(ai_is_automate=True)
    assert reasons(strict, purpose="press", consent=None) == ["no_consent"]
    assert reasons(strict, purpose="press", consent=None, automated=False) == []
    assert "no_consent" in reasons(strict, at="2026-08-10T11:00:00+02:00", **OLD)
    assert reasons(strict, purpose="contract", consent=None) == []


def test_saint_martin_keeps_both_days_of_its_commemoration() -> None:
    for day in ("2027-05-27", "2027-05-28"):
        assert "public_holiday" in reasons(to="+590590123456", postcode="97150", at=f"{day}T11:00:00-04:00")


@pytest.mark.parametrize(
    ("request_day", "last", "too_late"),
    [
        ("2026-11-16", "2026-11-20T19:59:00+01:00", "2026-11-23T10:00:00+01:00"),  # Monday → Saturday
        ("2026-11-20", "2026-11-26T19:59:00+01:00", "2026-11-27T10:00:00+01:00"),  # Friday → Thursday
        ("2026-12-24", "2026-12-31T11:00:00+01:00", "2027-01-04T10:00:00+01:00"),  # over Christmas
    ],
)
def test_in_those_sectors_a_callback_comes_within_five_working_days(request_day: str, last: str, too_late: str) -> None:
    call = {
        "sector": "renewable_energy",
        "purpose": "callback",
        "request": {"at": f"{request_day}T09:00:00+01:00"},
    }
    assert reasons(at=last, **call) == []
    assert reasons(at=too_late, **call) == ["banned_sector"]
    assert reasons(at=too_late, **call | {"sector": None}) == []


@pytest.mark.parametrize("purpose", ["canvassing", "callback", "press"])
def test_the_training_account_is_banned_but_for_contract_and_service(purpose: str) -> None:
    call = {"sector": "training_account", "request": {"at": "2026-11-23T09:00:00+01:00"}}
    assert reasons(**call, purpose=purpose) == ["banned_sector"]
    assert reasons(**call, purpose="contract") == []
    assert reasons(**call, purpose="service") == []


def test_the_training_account_ban_began_on_21_december_2022() -> None:
    call = {"sector": "training_account", "caller_id": "+33162001234"} | OLD
    call["bloctel"] = {"checked_at": "2022-12-10T00:00:00+01:00", "listed": False}
    assert reasons(at="2022-12-20T23:59:59+01:00", **call) == []
    assert reasons(at="2022-12-21T00:00:00+01:00", **call) == ["banned_sector"]


def test_a_callback_needs_an_earlier_request() -> None:
    assert reasons(purpose="callback", consent=None) == ["no_request"]
    assert reasons(purpose="callback", request={"at": "2026-11-23T10:31:00+01:00"}) == ["no_request"]
    assert reasons(purpose="callback", request={"at": "2026-11-23T10:00:00+01:00"}, consent=None) == []


AUGUST_10 = "2026-08-10T11:00:00+02:00"


@pytest.mark.parametrize(
    ("bloctel", "expected"),
    [
        (None, ["bloctel_unchecked"]),
        ({"checked_at": "2026-07-11T11:00:00+02:00", "listed": False}, []),
        ({"checked_at": "2026-07-11T10:59:59+02:00", "listed": False}, ["bloctel_unchecked"]),
        ({"checked_at": "2026-08-01T00:00:00+02:00", "listed": True}, ["bloctel_listed"]),
        ({"checked_at": "2026-06-01T00:00:00+02:00", "listed": True}, ["bloctel_listed", "bloctel_unchecked"]),
        ({"checked_at": "2026-08-01T00:00:00+02:00", "listed": None}, ["bloctel_unchecked"]),
    ],
)
def test_bloctel_held_until_10_august_2026(bloctel: dict[str, object] | None, expected: list[str]) -> None:
    assert reasons(at=AUGUST_10, bloctel=bloctel, consent=None) == expected
    assert reasons(at="2026-08-11T11:00:00+02:00", bloctel=bloctel, consent=None) == ["no_consent"]


def test_a_consent_in_force_made_bloctel_unneeded() -> None:
    assert reasons(at=AUGUST_10, consent={"given_at": "2026-08-01T09:00:00+02:00"}) == []
    assert reasons(at=AUGUST_10, bloctel=None, consent=None, purpose="contract") == []


def test_an_impossible_number_reports_nothing_else() -> None:
    found = answer(to="+3361", at="2026-11-22T11:00:00+01:00", consent=None, caller_id=None)
    assert found.reasons == ("invalid_number",)
    assert found.next_allowed_at is None
