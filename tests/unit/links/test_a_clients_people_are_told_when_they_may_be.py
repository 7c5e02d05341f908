"""What of a call is told to the client's people, when, and what they read."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.links.told import deciding, wording
from portal.links.told.deciding import Reader
from store.analyses import Kept
from store.base.errors import BadInput
from store.base.gsm import size
from store.calls import Action
from store.messages import LeftMessage

PARIS = ZoneInfo("Europe/Paris")


def reader(**more: Any) -> Reader:
    return Reader(UUID(int=1), UUID(int=2), "Léa", "lea@example.fr", "+33612345678", ["message"], ["message"], **more)


def at(clock: str, day: int = 26) -> datetime:
    hours, minutes = map(int, clock.split(":"))
    return datetime(2026, 11, day, hours, minutes, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("event", "actions", "kinds"),
    [
        ("message.left", [], ["message"]), ("booking.made", [], ["booking"]), ("booking.cancelled", [], ["cancelled"]),
        ("call.ended", [], []), ("call.ended", [("callback", "done")], ["callback"]),
        ("call.ended", [("callback", "past")], []), ("call.ended", [("transfer", "no_answer")], ["transfer_failed"]),
        ("call.ended", [("transfer", "busy"), ("transfer", "answered")], []),
        ("call.ended", [("transfer", "transferring")], []),
        ("call.ended", [("transfer", "refused"), ("callback", "done")], ["callback", "transfer_failed"]),
    ],
)  # fmt: skip
def test_what_an_event_is_to_them(event: str, actions: list[tuple[str, str]], kinds: list[str]) -> None:
    done = [Action(name, {}, {"outcome": outcome}, 0) for name, outcome in actions]
    assert deciding.kinds_of(event, done) == kinds


@pytest.mark.parametrize(
    ("way", "now", "more", "due"),
    [
        ("mail", "10:00", {}, at("10:00")),
        ("mail", "10:00", {"digest_at": time(18)}, at("18:00")),
        ("mail", "18:01", {"digest_at": time(18)}, at("18:00", 27)),
        ("sms", "10:00", {"digest_at": time(18)}, at("10:00")),
        ("sms", "21:30", {"quiet_from": time(20), "quiet_until": time(8)}, at("08:00", 27)),
        ("sms", "07:59", {"quiet_from": time(20), "quiet_until": time(8)}, at("08:00")),
        ("sms", "08:00", {"quiet_from": time(20), "quiet_until": time(8)}, at("08:00")),
        ("sms", "13:00", {"quiet_from": time(12), "quiet_until": time(14)}, at("14:00")),
        ("mail", "10:00", {"digest_at": time(21), "quiet_from": time(20), "quiet_until": time(8)}, at("08:00", 27)),
    ],
)  # fmt: skip
def test_when_they_are_told(way: deciding.Way, now: str, more: dict[str, Any], due: datetime) -> None:
    assert deciding.due_at(reader(**more), way, at(now).astimezone(UTC), "Europe/Paris") == due


_TIMES = st.times(timezones=st.none()).map(lambda each: each.replace(second=0, microsecond=0))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), _TIMES, _TIMES, st.none() | _TIMES)  # noqa: DTZ001
def test_nobody_is_disturbed_in_their_quiet_hours(now: datetime, begins: time, ends: time, digest: time | None) -> None:
    """Whatever day it is, the ones on which the clock is changed too; and never a day and more late."""
    if begins == ends:
        return
    quiet = reader(quiet_from=begins, quiet_until=ends, digest_at=digest)
    for way in deciding.WAYS:
        due = deciding.due_at(quiet, way, now.replace(tzinfo=UTC), "Europe/Paris")
        clock = due.astimezone(PARIS).time()
        inside = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
        changes = due.astimezone(PARIS).utcoffset() != now.replace(tzinfo=UTC).astimezone(PARIS).utcoffset()
        assert changes or not inside
        assert timedelta(0) <= due - now.replace(tzinfo=UTC) <= timedelta(days=2, hours=1)


@pytest.mark.parametrize("text", ["8-20", "20:00", "25:00-08:00", "08:00-08:00", "20:00-"])
def test_hours_that_are_none_are_told(text: str) -> None:
    with pytest.raises(BadInput):
        deciding.span(text)
    assert deciding.span("20:00-08:00") == (time(20), time(8))


def left(text: str = "Rappelez-moi pour le devis.", name: str = "Claire Martin") -> LeftMessage:
    return LeftMessage(
        UUID(int=3), UUID(int=2), UUID(int=4), "accueil", name, "+33612345678", text, at("10:00"), None, ""
    )


def test_a_mail_holds_the_contact_sheet_and_where_to_read_on() -> None:
    made = Kept(UUID(int=4), "made", summary="Elle veut un devis.", sheet={"slots": {"motif": "devis"}, "learnt": []})
    found = wording.mail(
        "lea@example.fr", "Cabinet", [wording.of_message(left(), made)], "Europe/Paris", "https://p.fr/", "k"
    )
    assert found["Subject"] == "Message de Claire Martin"
    body = found.get_content()
    for part in ("26/11/2026 à 10h00, +33612345678", "Rappelez-moi", "Elle veut un devis.", "- motif : devis",
                 f"https://p.fr/appels/{UUID(int=4)}"):  # fmt: skip
        assert part in body


def test_several_are_one_mail() -> None:
    both = [wording.of_message(left(name=name), None) for name in ("Claire", "")]
    found = wording.mail("lea@example.fr", "Cabinet", both, "Europe/Paris", "", "k")
    assert found["Subject"] == "Cabinet : 2 nouvelles de vos appels"
    assert "Message de +33612345678" in found.get_content()


@given(st.text(max_size=500), st.text(max_size=60))
def test_whatever_was_left_is_one_line_of_two_sms_at_most(words: str, name: str) -> None:
    told = wording.text("Cabinet Molaire", [wording.of_message(left(words, name), None)] * 3, "Europe/Paris")
    assert "\n" not in told
    assert len(told) <= wording.MOST_SMS
    assert size(told).alphabet == "ucs2" or size(told).segments <= 4
    found = wording.mail("lea@example.fr", "C", [wording.of_message(left(words, name), None)], "Europe/Paris", "", "k")
    assert "\n" not in str(found["Subject"])
