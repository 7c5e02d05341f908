"""From a CDR's facts to one word; when a campaign stops by itself; how far apart two calls stand: pure functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaigns.planning.breaker import Ended, broken
from campaigns.planning.outcomes import Seen, outcome
from campaigns.planning.retries import Again, kept, next_try, policy_of, read
from campaigns.planning.spacing import free_at
from store.base.errors import BadInput

NOW = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cdr", "word"),
    [
        ("busy", "busy"), ("no_answer", "no_answer"), ("refused", "declined"), ("unallocated", "unallocated"),
        ("congestion", "unavailable"), ("failed", "unavailable"), ("lost", "unknown"),
    ],
)  # fmt: skip
def test_a_call_nobody_took(cdr: str, word: str) -> None:
    assert outcome(Seen(cdr, answered=False)) == word


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        (Seen("answered", True), "answered"),
        (Seen("max_duration", True), "answered"),
        (Seen("answered", True, ["message", "opt_out", "callback"]), "refused"),
        (Seen("answered", True, ["wrong_person"]), "wrong_person"),
        (Seen("answered", True, ["callback", "hangup"]), "callback"),
        (Seen("machine", True), "machine"),
        (Seen("screening", True), "screening"),
        (Seen("fax", True), "fax"),
        (Seen("busy", True), "busy"),
        (Seen("unavailable", True), "no_answer"),
        (Seen("machine", True, ["opt_out"]), "refused"),
        (Seen("failed", True), "failed"),
        (Seen("engine_failed", True), "failed"),
        (Seen("lost", True), "unknown"),
        (Seen("lost", True, ["opt_out"]), "refused"),
    ],
)
def test_a_call_somebody_took(seen: Seen, word: str) -> None:
    assert outcome(seen) == word


def ended(outcomes: list[str], seconds: int = 10) -> list[Ended]:
    return [Ended(NOW - timedelta(seconds=seconds), each) for each in outcomes]


def test_more_than_half_by_the_trunk_breaks_it_from_five_on() -> None:
    assert not broken(ended(["unavailable"] * 4), NOW)
    assert broken(ended(["unavailable"] * 3 + ["busy"] * 2), NOW)
    assert not broken(ended(["unavailable"] * 3 + ["busy"] * 3), NOW)


def test_the_trunks_failures_of_long_ago_are_forgotten() -> None:
    assert not broken(ended(["unavailable"] * 9, seconds=120), NOW)


def answered(quick: int, slow: int) -> list[Ended]:
    at = NOW - timedelta(hours=1)
    return [
        *(Ended(at, "answered", True, 5_900, True) for _ in range(quick)),
        *(Ended(at, "answered", True, 60_000, True) for _ in range(slow)),
    ]


def test_more_than_three_in_ten_who_hang_up_at_once_break_it() -> None:
    assert broken(answered(16, 34), NOW)
    assert not broken(answered(15, 35), NOW)
    assert not broken(answered(30, 19), NOW)  # forty-nine say nothing yet
    assert not broken(answered(40, 50), NOW)  # the last fifty took their time


def test_what_the_agent_ends_quickly_is_no_refusal() -> None:
    mine = [Ended(NOW, "answered", True, 2_000, False)] * 50
    assert not broken(mine, NOW)


def test_a_person_is_left_alone_for_a_day_after_their_telephone_rang() -> None:
    day = timedelta(hours=24)
    assert free_at(None, NOW, day) == NOW
    assert free_at(NOW - timedelta(hours=23), NOW, day) == NOW + timedelta(hours=1)
    assert free_at(NOW - day, NOW, day) == NOW


def test_who_asked_to_be_called_is_not_kept_waiting_for_the_call_in_which_they_did() -> None:
    day, asked = timedelta(hours=24), NOW - timedelta(hours=1)
    assert free_at(asked - timedelta(minutes=2), NOW, day, asked) == NOW
    assert free_at(asked + timedelta(minutes=2), NOW, day, asked) > NOW


def test_a_campaigns_own_rules_hold_over_the_houses() -> None:
    policy = policy_of(kept(read(["busy=1/5", "no_answer=0"])))
    assert policy["busy"] == Again(1, 5)
    assert next_try(["no_answer"], NOW, ZoneInfo("UTC"), policy) is None
    assert policy["machine"] == Again(1)


@pytest.mark.parametrize("text", ["", "busy", "busy=x", "answered=1", "refused=1", "busy=11", "busy=1/0", "busy=1/x"])
def test_a_rule_that_is_none_is_named(text: str) -> None:
    with pytest.raises(BadInput, match="retry:"):
        read([text])
