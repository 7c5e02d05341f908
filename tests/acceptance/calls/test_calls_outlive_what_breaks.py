"""The service is killed, the database stops, in mid-call: nobody meets silence and no CDR is lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from ari_app.softphone.phone import Event, NoCall, SoftPhone
from store.base.errors import DecrocheError
from tests.acceptance.calls.house import CLINIC, House, eventually, now, together

pytestmark = pytest.mark.timeout(240)

HOURS = "Bonjour, quels sont vos horaires le mercredi ?"


def test_a_database_that_stops_in_mid_call_stops_neither_the_talk_nor_the_cdr(house: House) -> None:
    since, number = now(), house.number("caller13")
    house.say(HOURS)
    with together() as start:
        calling = start(house.call, "caller13", [house.say(HOURS)])
        house.await_turn(number, "bonjour")
        house.postgres.stop()
        report = calling.result()
    spooled = eventually("CDR in the spool", lambda: house.ask("status")["spooled"])
    house.postgres.start()
    facts = house.cdr(number, since)
    assert spooled == 1
    assert report.utterances[0].reply_ms is not None
    assert any("ouvert" in turn["text"] for turn in facts["turns"] if turn["who"] == "agent")
    assert facts["charge"]["status"] == "rated"


def test_a_caller_whose_service_was_killed_goes_on_with_the_next(house: House) -> None:
    since, number = now(), house.number("caller14")
    with together() as start:
        calling = start(house.call, "caller14", house.listening(), max_seconds=100)
        house.await_turn(number, "bonjour")
        house.await_note(number, "bonjour")
        house.kill_service()
        house.up()
        house.await_turn(number, "coupés un instant")
        report = calling.result()
    facts = house.cdr(number, since)
    assert len(house.cdrs(number, since)) == 1
    assert facts["callee"] == CLINIC
    assert facts["duration_ms"] == pytest.approx(report.duration_ms, abs=1_500)
    assert facts["turns"][0]["text"].startswith("Cabinet")  # what was said before is not lost with the process


@pytest.fixture
def patient_house(house: House) -> Iterator[House]:
    """The house, letting people ring long enough for a restart."""
    short = house.variables["DECROCHE_CALL__RING_SECONDS"]
    house.variables["DECROCHE_CALL__RING_SECONDS"] = "90"
    house.kill_service()
    house.up()
    yield house
    house.variables["DECROCHE_CALL__RING_SECONDS"] = short
    house.kill_service()
    house.up()


VISIT = {"patient": "Claire Martin", "date": "2027-01-12", "heure": "14:30"}


def _setting(rang: threading.Event) -> Callable[[Event], None]:
    return lambda event: rang.set() if event.kind == "ringing" else None


def killed_while_it_rings(house: House, phone: SoftPhone, rang: threading.Event, number: str, **pick_up: Any) -> Any:
    """Ring a phone, kill the service once it rings; what becomes of the phone."""
    with together() as start:
        called = start(phone.wait_for_call, house.listening(), timeout=120, **pick_up)
        placing = start(house.place, number, variables=VISIT)
        assert rang.wait(60)
        house.kill_service()
        with suppress(DecrocheError, OSError):
            placing.result()
        house.up()
        return called.result()


def test_a_call_that_rings_on_after_the_service_was_killed_is_hung_up_and_leaves_its_cdr(patient_house: House) -> None:
    house, since, number = patient_house, now(), patient_house.number("caller16")
    rang = threading.Event()
    with house.phone("caller16", on_event=_setting(rang)) as phone, suppress(NoCall):
        killed_while_it_rings(house, phone, rang, number, ring_ms=100_000)
    facts = house.cdr(number, since)
    assert (facts["direction"], facts["outcome"], facts["callee"]) == ("outbound", "lost", number)
    assert facts["answered_at"] is None


def test_who_picks_up_a_call_of_a_dead_service_is_not_left_in_silence(patient_house: House) -> None:
    house, since, number = patient_house, now(), patient_house.number("caller12")
    rang = threading.Event()
    with house.phone("caller12", on_event=_setting(rang)) as phone, suppress(NoCall):
        report = killed_while_it_rings(house, phone, rang, number, ring_ms=2_000, max_seconds=100)
        assert report.ended_by == "them"
    facts = house.cdr(number, since)
    assert (facts["direction"], facts["outcome"]) == ("outbound", "lost")


def test_a_call_that_ended_while_no_service_ran_says_who_talked(house: House) -> None:
    since, number = now(), house.number("caller14")
    with house.phone("caller14") as phone, together() as start:
        calling = start(phone.call, CLINIC, house.listening(), max_seconds=6)
        house.await_turn(number, "bonjour")
        house.kill_service()
        calling.result()
    house.up()
    facts = house.cdr(number, since)
    assert (facts["direction"], facts["outcome"], facts["callee"]) == ("inbound", "lost", CLINIC)


def test_a_restarted_service_takes_the_next_call(house: House) -> None:
    house.kill_service()
    house.up()
    since = now()
    house.call("caller15", house.listening(), max_seconds=4)
    assert house.cdr(house.number("caller15"), since)["outcome"] == "answered"


def test_the_service_notes_where_the_audit_chain_ends(house: House) -> None:
    house.command("tenant", "add", "audited", "--name", "Cabinet audité")
    house.kill_service()
    house.up()
    anchors = house.settings.folder() / "audit-anchors.jsonl"
    eventually("an anchor", lambda: anchors.exists() and anchors.read_text(encoding="utf-8"))
    assert json.loads(house.command("audit", "verify", "--json"))["intact"]
