"""A call's times, cause and side, from Asterisk's events alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ari_app.desk.lifecycle import Lifecycle
from ari_app.switch.asterisk.events import ChannelEvent, asterisk_time, told
from ari_app.switch.base import Answered, Ended, Entered, Gone, HangupAsked, Made

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_an_answered_call_hung_up_by_its_caller() -> None:
    life = Lifecycle(START)
    life.apply(Answered(at(1)))
    life.apply(HangupAsked(at(9), 16))
    life.apply(Ended(at(9.1), 16))
    assert (life.answered_at, life.ended_at, life.cause, life.side) == (at(1), at(9.1), 16, "caller")
    assert life.outcome() == "answered"


def test_a_goodbye_is_the_agents_hangup() -> None:
    life = Lifecycle(START, answered_at=at(1))
    life.asked_by = "agent"
    life.apply(HangupAsked(at(9), 16))
    life.apply(Ended(at(9), 16))
    assert life.side == "agent"


@pytest.mark.parametrize(
    ("cause", "outcome"), [(17, "busy"), (19, "no_answer"), (21, "refused"), (1, "unallocated"), (20, "unavailable")]
)
def test_an_unanswered_call_is_named_by_its_cause(cause: int, outcome: str) -> None:
    life = Lifecycle(START)
    life.asked_by = "system"
    life.apply(Ended(at(20), cause))
    assert life.answered_at is None
    assert life.outcome() == outcome


def test_a_caller_who_gives_up_while_it_rings_has_abandoned() -> None:
    life = Lifecycle(START)
    life.apply(HangupAsked(at(3)))
    life.apply(Ended(at(3), 16))
    assert life.outcome() == "abandoned"


def test_a_call_we_place_that_nobody_takes_is_no_answer() -> None:
    life = Lifecycle(START)
    life.apply(Ended(at(30), 16))
    assert life.outcome(outbound=True) == "no_answer"


def test_nothing_changes_after_the_end() -> None:
    life = Lifecycle(START)
    life.apply(Ended(at(3), 17))
    life.apply(Answered(at(4)))
    life.apply(Ended(at(5), 16))
    assert (life.answered_at, life.ended_at, life.cause) == (None, at(3), 17)


def test_a_channel_lost_with_the_link_ends_by_the_system() -> None:
    life = Lifecycle(START, answered_at=at(1))
    life.apply(Gone(at(30)))
    assert (life.over, life.side) == (True, "system")


def test_the_beginning_is_the_first_that_the_switch_tells() -> None:
    life = Lifecycle(at(5))
    life.apply(Made(START))
    life.apply(Made(at(2)))
    assert life.started_at == START


def test_a_channel_that_enters_the_application_tells_when_it_was_made_and_answered() -> None:
    channel = {"state": "Up", "creationtime": "2026-11-22T11:00:00.000+0100"}
    event = ChannelEvent("StasisStart", "c", at(6), {"channel": channel, "args": ["transfer", "busy", "+33199000001"]})
    assert list(told(event)) == [Made(START), Answered(at(6)), Entered(at(6), "busy")]


def test_asterisks_time_has_a_zone_without_a_colon() -> None:
    assert asterisk_time("2026-11-22T23:05:00.250+0100") == datetime(2026, 11, 22, 22, 5, 0, 250_000, UTC)
