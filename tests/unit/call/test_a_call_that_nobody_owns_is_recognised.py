"""Which channels of Asterisk's list were left by a process that died, and what is known of each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ari_app.call.orphans import came_back, picked_up
from ari_app.switch.asterisk.events import Entry, arrival, is_person, stray

AT = "2026-11-26T10:00:00.000+0000"


def channel(
    channel_id: str, state: str = "Up", app: str = "Stasis", name: str = "PJSIP/x", **where: str
) -> dict[str, Any]:
    return {
        "id": channel_id, "state": state, "name": name, "creationtime": AT, "caller": {"number": "+33639980001"},
        "dialplan": {"app_name": app, "app_data": "decroche,inbound", "exten": "+33162001234"} | where,
    }  # fmt: skip


def test_a_caller_in_our_application_is_known_with_who_called_whom_and_since_when() -> None:
    found = stray(channel("1764150000.1"), "decroche")
    assert found is not None
    assert (found.direction, found.caller, found.dialled) == ("inbound", "+33639980001", "+33162001234")
    assert (found.created_at, found.up, found.ringing_out) == (datetime(2026, 11, 26, 10, tzinfo=UTC), True, False)


def test_a_call_of_ours_that_still_rings_is_recognised_outside_the_application() -> None:
    name = "Local/+33639980100@decroche-outbound-00000001;1"
    found = stray(channel("019ab0c2-out", "Ring", "AppDial2", name), "decroche")
    assert found is not None
    assert (found.direction, found.dialled, found.ringing_out) == ("outbound", "+33639980100", True)


@pytest.mark.parametrize(
    "other",
    [
        channel("019ab0c2-media-1"),
        channel("1764150000.2", app="Dial"),
        channel("1764150000.3", app_data="another,inbound"),
    ],
)
def test_media_other_applications_and_phones_that_talk_are_left_alone(other: dict[str, Any]) -> None:
    assert stray(other, "decroche") is None


def test_who_picks_up_a_call_of_a_dead_process_is_recognised_by_its_channel() -> None:
    at = datetime(2026, 11, 26, 10, tzinfo=UTC)
    name = "Local/+33639980100@decroche-outbound-00000001;1"
    came = arrival(Entry("019ab0c2-out", ("outbound",), "+33162001234", name, at, at, "Up", "fr"))
    assert came is not None
    found = picked_up(came)
    assert (found.direction, found.dialled, found.up) == ("outbound", "+33639980100", True)


def test_a_person_who_was_being_asked_is_no_call_of_its_own() -> None:
    asked = channel("1764150000.9", app_data="decroche,person,019ab0c2,+33199000001")
    assert stray(asked, "decroche") is None
    assert is_person(asked, "decroche")
    assert not is_person(channel("1764150000.1"), "decroche")


def test_a_person_who_picked_up_comes_with_the_call_they_were_rung_for() -> None:
    at = datetime(2026, 11, 26, 10, 0, 7, tzinfo=UTC)
    made = datetime(2026, 11, 26, 10, tzinfo=UTC)
    entry = Entry(
        "9.1", ("person", "019ab0c2", "+33199000001"), "+33639980001", "PJSIP/secretary-1", at, made, "Up", "fr"
    )
    came = arrival(entry)
    assert came is not None
    assert (came.why, came.leg, came.call, came.dialled, came.at) == ("person", "9.1", "019ab0c2", "+33199000001", at)


@pytest.mark.parametrize(("leg", "direction"), [("1764150000.1", "inbound"), ("019ab0c2-out", "outbound")])
def test_who_a_dead_process_put_through_comes_back_as_what_they_were(leg: str, direction: str) -> None:
    made = datetime(2026, 11, 26, 10, tzinfo=UTC)
    entry = Entry(leg, ("transfer", "no_answer", "+33199000001"), "+33639980001", "PJSIP/x", made, made, "Up", "fr")
    back = arrival(entry)
    assert back is not None
    assert back.why == "returned"
    stray_leg = came_back(back)
    assert (stray_leg.leg, stray_leg.direction, stray_leg.up) == (leg, direction, True)
