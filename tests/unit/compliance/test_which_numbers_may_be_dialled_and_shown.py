"""The number called (T1–T6) and the number shown (N1–N6, C12)."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from compliance.law import numbers
from compliance.law.engine import Switches
from store.base import numbering
from tests.unit.compliance.cases_of_tests import reasons


@pytest.mark.parametrize(
    "written",
    ["0612345678", "06 12 34 56 78", "06.12.34.56.78", "06-12-34-56-78", "+33 6 12 34 56 78",
     "+33 (0)6 12 34 56 78", "0033612345678", "00 33 6 12 34 56 78", "+33\u00a06\u202f12345678"],
)  # fmt: skip
def test_a_number_is_read_in_every_french_way_of_writing(written: str) -> None:
    number = numbers.read(written)
    assert number is not None
    assert number.e164 == "+33612345678"


@pytest.mark.parametrize(
    ("written", "e164"),
    [("0692123456", "+262692123456"), ("0262123456", "+262262123456"), ("0596 12 34 56", "+596596123456")],
)
def test_an_overseas_number_dialled_from_france_has_its_own_code(written: str, e164: str) -> None:
    number = numbers.read(written)
    assert number is not None
    assert number.e164 == e164


@given(st.from_regex(r"0[1-9][0-9]{8}", fullmatch=True), st.sampled_from(["", " ", "."]))
@settings(deadline=None)
def test_the_quick_reading_of_ten_digits_agrees_with_phonenumbers(digits: str, gap: str) -> None:
    assume(not digits.startswith("0508"))  # phonenumbers knows no Saint-Pierre-et-Miquelon dialled from France
    slowly = numbering._possible(digits)  # pyright: ignore[reportPrivateUsage]
    assert numbers.read(gap.join(digits[i : i + 2] for i in range(0, 10, 2))) == slowly


def at_home(e164: str) -> str:
    """The one thing that our plan knows and phonenumbers does not: +33 before 692… is Réunion's number, miswritten."""
    owners = {prefix: code for code, prefixes in numbering.OVERSEAS.items() for prefix in prefixes}
    overseas = len(e164) == 12 and e164.startswith("+33") and not e164.startswith(f"+33{numbering.FICTION}")
    return f"+{owners[e164[3:6]]}{e164[3:]}" if overseas and e164[3:6] in owners else e164


@given(st.sampled_from([33, 262, 590, 594, 596]), st.from_regex(r"[0-9]{7,10}", fullmatch=True))
@example(33, "590000000")
@example(33, "0692123456")
@example(33, "639980001")
@settings(deadline=None)
def test_the_quick_reading_of_french_numbers_agrees_with_phonenumbers(code: int, digits: str) -> None:
    text = f"+{code}{digits}"
    parsed = phonenumbers.parse(text, "FR")
    found = numbers.read(text)
    assert (found is not None) == phonenumbers.is_possible_number(parsed)
    if found is not None:
        assert found.e164 == at_home(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


@pytest.mark.parametrize(
    "to",
    ["15", "17", "18", "112", "114", "115", "119", "191", "196", "197", "113", "3114", "116000", "116006",
     "116111", "116117", "+33112"],
)  # fmt: skip
def test_emergency_and_social_numbers_are_never_called(to: str) -> None:
    assert reasons(to=to, purpose="service") == ["emergency_number"]


@pytest.mark.parametrize(
    "to",
    ["0810123456", "+33825123456", "0899123456", "118218", "1023", "3615", "3999", "3219", "+979123456789",
     "+88213123456", "+883510012345", "+870773111632", "+881612345678", "+262892123456", "+19005551234"],
)  # fmt: skip
def test_premium_and_shared_revenue_numbers_are_blocked(to: str) -> None:
    assert reasons(to=to, purpose="service") == ["premium_number"]


@pytest.mark.parametrize("to", ["0800123456", "0805123456", "0806123456", "0809123456", "3000", "3010", "3131", "3199"])
def test_free_and_normal_rate_numbers_are_not(to: str) -> None:
    assert reasons(to=to, purpose="service") == []


@pytest.mark.parametrize("to", ["", "abc", "+33", "0612", "+336123456789", "99", "+999123456789"])
def test_what_no_numbering_plan_knows_is_invalid(to: str) -> None:
    assert reasons(to=to) == ["invalid_number"]


@pytest.mark.parametrize(
    ("caller_id", "expected"),
    [
        (None, ["caller_id_masked"]),
        ("", ["caller_id_masked"]),
        ("anonymous", ["caller_id_masked"]),
        ("+33612345678", ["caller_id_mobile"]),
        ("0756781234", ["caller_id_mobile"]),
        ("+262692123456", ["caller_id_mobile"]),
        ("+33140123456", ["caller_id_not_npv"]),
        ("+33972123456", ["caller_id_not_npv"]),
        ("+33800123456", ["caller_id_not_npv"]),
        ("3010", ["caller_id_not_npv"]),
        ("+33899123456", ["caller_id_forbidden", "caller_id_not_npv"]),
        ("3008", ["caller_id_not_npv"]),
        ("3639", ["caller_id_forbidden", "caller_id_not_npv"]),
        ("118218", ["caller_id_forbidden", "caller_id_not_npv"]),
        ("+442071838750", []),
        ("+33947612345", []),
        ("+590947512345", []),
        ("+594947612345", []),
        ("+596947712345", []),
        ("+262947812345", []),
        ("+262947912345", []),
        ("+262947512345", ["caller_id_not_npv"]),
        ("+33947312345", ["caller_id_not_npv"]),
    ],
)
def test_an_automated_call_shows_only_a_verified_polyvalent_number(caller_id: str | None, expected: list[str]) -> None:
    assert reasons(caller_id=caller_id) == expected
    assert reasons(caller_id=caller_id, purpose="service", party="business") == expected


@pytest.mark.parametrize("prefix", ["162", "163", "270", "271", "377", "378", "424", "425", "568", "569", "948", "949"])
def test_the_mainland_polyvalent_numbers_may_be_shown(prefix: str) -> None:
    assert reasons(caller_id=f"+33{prefix}123456") == []


def test_a_call_started_by_a_person_may_show_any_number_but_the_forbidden() -> None:
    assert reasons(automated=False, caller_id="+33612345678") == []
    assert reasons(automated=False, caller_id="+33140123456") == []
    assert reasons(automated=False, caller_id="+33899123456") == ["caller_id_forbidden"]


def test_the_rule_on_numbers_shown_began_on_1_january_2023() -> None:
    past = {"party": "business", "consent": None, "caller_id": "+33612345678"}
    assert reasons(at="2022-12-31T23:59:59+01:00", **past) == []
    assert reasons(at="2023-01-01T00:00:00+01:00", **past) == ["caller_id_mobile"]


def test_the_tenants_switches_open_the_exception_and_the_new_ranges() -> None:
    assert reasons(Switches(npv_exception=True), caller_id="+33140123456") == []
    assert reasons(Switches(npv_exception=True), caller_id="+33612345678") == ["caller_id_mobile"]
    assert reasons(Switches(npv_new_overseas=True), caller_id="+33598712345") == []
    assert reasons(caller_id="+33598712345") == ["caller_id_not_npv"]
