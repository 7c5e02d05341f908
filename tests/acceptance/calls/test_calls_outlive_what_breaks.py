"""The service is killed, the database stops, in mid-call: nobody meets silence and no CDR is lost."""

from __future__ import annotations

import json

import pytest

from store import calls as kept
from tests.acceptance.calls.house import House, eventually, now, together

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


def test_a_caller_whose_service_was_killed_is_handed_to_the_fallback(house: House) -> None:
    since, number = now(), house.number("caller14")
    words = house.say("Bonjour, ici le secrétariat, je vous écoute.", when="after_answer", delay_ms=1500)
    with house.phone("secretary") as secretary, together() as start:
        answering = start(secretary.wait_for_call, [words], max_seconds=10, timeout=120)
        calling = start(house.call, "caller14", house.listening())
        house.await_turn(number, "bonjour")
        house.kill_service()
        house.up()
        answering.result()
        report = calling.result()
    assert house.heard_the_secretary(report.heard[-20 * 8000 :])
    with house.database() as db, db.operator() as conn:
        assert [c.hangup_side for c in kept.find(conn, since=since, outcome="lost")] == ["system"]


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
