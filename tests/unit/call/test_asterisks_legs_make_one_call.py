"""Asterisk writes several CDRs of one call; the second witness is the whole call."""

from __future__ import annotations

from typing import Any

from ari_app.switch.asterisk.legs import joined


def leg(start: str, answer: str, end: str, seconds: int, application: str = "Stasis") -> dict[str, Any]:
    day = "2026-11-23 10:"
    return {
        "start": day + start, "answer": day + answer if answer else "", "end": day + end, "duration": str(seconds),
        "billable_seconds": str(seconds if answer else 0), "disposition": "ANSWERED" if answer else "NO ANSWER",
        "last_application": application, "channel": "PJSIP/caller1-0",
    }  # fmt: skip


CALL = leg("00:00", "00:00", "01:30", 90)
HANDLER = leg("01:30", "01:30", "01:30", 0, "Return")


def test_a_call_of_one_record_is_that_record() -> None:
    assert joined(None, CALL) == CALL


def test_the_hangup_handlers_record_takes_nothing_from_the_call() -> None:
    assert joined(CALL, HANDLER) == CALL


def test_the_records_may_come_in_any_order() -> None:
    assert joined(HANDLER, CALL) == CALL


def test_a_transferred_call_lasts_until_its_last_leg_ends() -> None:
    whole = joined(CALL, leg("01:30", "01:30", "03:00", 90, "Dial"))
    assert (whole["end"], whole["billable_seconds"]) == ("2026-11-23 10:03:00", "180")


def test_a_leg_nobody_answered_does_not_move_the_answer() -> None:
    whole = joined(leg("00:00", "", "00:05", 5), leg("00:00", "00:05", "00:25", 25))
    assert (whole["answer"], whole["billable_seconds"], whole["disposition"]) == (
        "2026-11-23 10:00:05", "20", "ANSWERED",
    )  # fmt: skip
