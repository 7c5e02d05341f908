"""What holds for every case: properties searched by hypothesis."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.law.cases import RESULTS, SECTORS, Attempt, Bloctel, Case, Consent, Slot, from_json, to_json
from compliance.law.check import answers, encoded, status_of
from compliance.law.engine import Switches, decide
from compliance.law.rulebook import PARTIES, PURPOSES
from store.base import console

MINUTES = 60 * 24 * 365
INSTANTS = st.integers(0, 2 * MINUTES).map(lambda m: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=m))
SLOTS = st.builds(lambda start, m: Slot(start, start + timedelta(minutes=m)), INSTANTS, st.integers(1, 600))
CONSENTS = st.builds(
    Consent, INSTANTS, st.none() | INSTANTS, st.none() | INSTANTS, st.none() | SLOTS
)  # fmt: skip
ATTEMPTS = st.builds(Attempt, INSTANTS, st.sampled_from(RESULTS))
NUMBERS = st.sampled_from(
    ["+33612345678", "+33140123456", "+262692123456", "+590690123456", "+68987123456", "+442071838750",
     "+12125551234", "15", "0899123456", "+331"]
)  # fmt: skip
CASES = st.builds(
    Case,
    at=INSTANTS,
    to=NUMBERS,
    id=st.none() | st.integers() | st.sampled_from(["1", 'à "voir"', ""]),
    caller_id=st.sampled_from(["+33162001234", "+33162001234", None, "+33612345678"]),
    party=st.sampled_from(PARTIES),
    purpose=st.sampled_from(PURPOSES),
    automated=st.booleans(),
    postcode=st.sampled_from([None, None, "13006", "67000", "97400", "98742"]),
    sector=st.none() | st.sampled_from(SECTORS),
    history=st.lists(ATTEMPTS, max_size=8).map(tuple),
    consent=st.none() | CONSENTS,
    opposed_at=st.none() | INSTANTS,
    bloctel=st.none() | st.builds(Bloctel, INSTANTS, st.booleans()),
    requested_at=st.none() | INSTANTS,
)
SWITCHES = st.builds(Switches, st.booleans(), st.booleans(), st.booleans(), st.booleans())


@given(CASES, SWITCHES)
@settings(max_examples=1500, deadline=None)
def test_the_next_allowed_instant_is_later_and_itself_allowed(case: Case, switches: Switches) -> None:
    found = decide(case, switches)
    if found.next_allowed_at is not None:
        assert not found.allowed
        assert found.next_allowed_at > case.at
        assert decide(case._replace(at=found.next_allowed_at.astimezone(UTC)), switches).allowed


@given(CASES, SWITCHES, st.integers(1, 60 * 24 * 20))
@settings(max_examples=1500, deadline=None)
def test_no_instant_before_the_next_allowed_one_is_allowed(case: Case, switches: Switches, m: int) -> None:
    found = decide(case, switches)
    between = case.at + timedelta(minutes=m)
    if found.next_allowed_at is not None and between < found.next_allowed_at:
        assert not decide(case._replace(at=between), switches).allowed


@given(CASES, SWITCHES, st.randoms(use_true_random=False))
def test_the_order_of_history_does_not_matter(case: Case, switches: Switches, random: object) -> None:
    history = list(case.history)
    random.shuffle(history)  # type: ignore[attr-defined]
    assert decide(case._replace(history=tuple(history)), switches) == decide(case, switches)


PROHIBITIONS = st.sampled_from(["opposed", "withdrawn", "refused", "called", "listed", "masked", "emergency"])


@given(CASES, SWITCHES, PROHIBITIONS)
@settings(max_examples=1000, deadline=None)
def test_a_refused_case_stays_refused_when_a_prohibition_is_added(
    case: Case, switches: Switches, prohibition: str
) -> None:
    if not decide(case, switches).allowed:
        assert not decide(_with(case, prohibition), switches).allowed


def _with(case: Case, prohibition: str) -> Case:
    before = case.at - timedelta(days=1)
    if prohibition == "opposed":
        return case._replace(opposed_at=max(before, case.opposed_at or before))
    if prohibition == "withdrawn" and case.consent:
        return case._replace(consent=case.consent._replace(withdrawn_at=before))
    if prohibition in ("refused", "called"):
        result = "refused" if prohibition == "refused" else "no_answer"
        return case._replace(history=(*case.history, Attempt(before, result)))
    if prohibition == "listed":
        return case._replace(bloctel=Bloctel(case.bloctel.checked_at if case.bloctel else None, listed=True))
    if prohibition == "masked":
        return case._replace(caller_id=None)
    return case._replace(to="15")


@given(CASES, SWITCHES)
@settings(deadline=None)
def test_a_refusal_names_its_reasons_in_order_and_its_law(case: Case, switches: Switches) -> None:
    found = decide(case, switches)
    assert found.allowed == (not found.reasons) == (not found.law)
    assert list(found.reasons) == sorted(set(found.reasons))
    assert list(found.law) == sorted(set(found.law))


@given(CASES)
@settings(deadline=None)
def test_a_case_written_as_json_and_read_again_is_the_same(case: Case) -> None:
    assert from_json(json.loads(json.dumps(to_json(case)))) == case


@given(CASES, SWITCHES)
@settings(deadline=None)
def test_an_answer_is_written_as_any_other_json_is(case: Case, switches: Switches) -> None:
    line = json.dumps(to_json(case)).encode()
    [(written, status)] = encoded([line], switches)
    [answer] = answers([line], switches)
    assert (written, status) == (console.to_json(answer), status_of(answer))
