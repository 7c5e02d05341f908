"""`kill -9` of the service in calls: callers stay, another process goes on, and each leaves one CDR to the second."""

from __future__ import annotations

import signal
import time
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from ari_app.softphone.report import CallReport
from tests.acceptance.calls.house import CLINIC, Signal, eventually, now, together
from tests.acceptance.faults.conftest import Caller, ScriptedHouse

pytestmark = pytest.mark.timeout(400)

CALLERS = [f"caller{number}" for number in range(1, 7)]
A_SECOND = 1.5
"""What the telephone's clock and Asterisk's may differ by, on a loaded machine."""


def price(facts: dict[str, Any]) -> Decimal:
    """What the demonstration's tariff asks for so many seconds of a call in: 0.09 a minute, to the second."""
    return (Decimal(facts["charge"]["answered_seconds"]) * Decimal("0.09") / 60).quantize(Decimal("0.0001"))


def whole(facts: dict[str, Any], report: CallReport) -> None:
    """The CDR says who talked to whom, as long as the caller did, and what it costs."""
    assert (facts["direction"], facts["callee"], facts["agent"]) == ("inbound", CLINIC, "cabinet-du-parc")
    answered, ended = (datetime.fromisoformat(facts[name]) for name in ("answered_at", "ended_at"))
    assert (ended - answered).total_seconds() == pytest.approx(report.duration_ms / 1000, abs=A_SECOND)
    assert facts["charge"]["status"] == "rated"
    assert abs(Decimal(facts["charge"]["amount"]) - price(facts)) <= Decimal("0.0002")
    assert facts["charge"]["answered_seconds"] == pytest.approx(report.duration_ms / 1000, abs=A_SECOND)


def test_each_call_goes_on_where_it_stood_and_leaves_one_cdr(house: ScriptedHouse) -> None:
    since, scripts = now(), {name: Caller() for name in CALLERS}
    with together() as start:
        calling = {name: start(house.call, name, script, max_seconds=120) for name, script in scripts.items()}
        for name, script in scripts.items():
            house.await_turn(house.number(name), "Que puis-je")
            script.say()
        for name in CALLERS:
            house.await_turn(house.number(name), "quel jour|quelle heure|date")
        for name in CALLERS:  # what was said in the last half second may be lost
            house.await_note(house.number(name), "Je voudrais prendre un rendez-vous.")
        house.kill_service()
        assert all(not call.done() for call in calling.values()), "callers stay connected"
        began = time.monotonic()
        house.start()
        for name in CALLERS:
            house.await_turn(house.number(name), "coupés un instant")
        took = time.monotonic() - began
        house.engines(text="Non, au revoir.")
        for script in scripts.values():
            script.say()
        reports = {name: call.result() for name, call in calling.items()}
    print(f"taken up {took:.1f} s after the process was started")
    for name in CALLERS:
        number = house.number(name)
        facts = house.cdr(number, since)
        assert len(house.cdrs(number, since)) == 1
        assert facts["outcome"] == "answered"
        whole(facts, reports[name])
        said = " / ".join(turn["text"] for turn in facts["turns"])
        assert "Je voudrais prendre un rendez-vous." in said, "what was said before"
        assert "coupés un instant" in said
        assert "Non, au revoir." in said, "and after"
        assert facts["actions"][0]["name"] == "resumed"
        assert facts["disclosure"]["heard_at_ms"] is not None


def test_a_call_goes_on_before_the_engines_are_there_and_a_new_one_is_somebody_elses(house: ScriptedHouse) -> None:
    since, number, script, rang = now(), house.number("caller1"), Caller(), Signal()
    with house.phone("secretary", on_event=rang) as secretary, together() as start:
        answering = start(secretary.wait_for_call, house.listening(), timeout=90, max_seconds=2)
        calling = start(house.call, "caller1", script, max_seconds=120)
        house.await_turn(number, "Que puis-je")
        house.await_note(number, "Que puis-je")
        house.kill_service()
        house.engines(coming=True)
        house.begin()
        house.await_turn(number, "coupés un instant")
        assert not house.ask("status", 5)["ready"]
        second = start(house.call, "caller2", Caller(), max_seconds=6)
        rang.wait("ringing")  # nobody here could hear what they say
        script.say()
        house.await_turn(number, "Un instant, s'il vous plaît")
        assert not house.ask("status", 5)["ready"]
        house.engines()
        house.await_turn(number, "quel jour|quelle heure|date")
        answering.result()
        second.result()
        house.engines(text="Non, au revoir.")
        script.say()
        calling.result()
    facts = house.cdr(number, since)
    assert (facts["outcome"], len(house.cdrs(number, since))) == ("answered", 1)
    said = [turn["text"] for turn in facts["turns"]]
    assert "Je voudrais prendre un rendez-vous." in said, "what was said before the ear was there was heard"


def test_a_call_that_nobody_goes_on_with_is_written_down_by_the_worker(house: ScriptedHouse) -> None:
    since, number, script = now(), house.number("caller7"), Caller()
    with house.database() as db, db.operator() as conn:
        conn.execute("DELETE FROM store.jobs")  # summaries of earlier calls take a model their time
    with together() as start:
        calling = start(house.call, "caller7", script, max_seconds=120)
        house.await_turn(number, "Que puis-je")
        house.await_note(number, "Que puis-je")
        house.kill_service()
        with house.database() as db, db.operator() as conn:
            conn.execute("UPDATE store.live_calls SET renewed_at = renewed_at - interval '1 hour'")
        house.command("work", "--once", "--json")
        assert not house.cdrs(number, since), "who is still on the line is not written off"
        script.hang_up()
        report = calling.result()
    house.command("work", "--once", "--json")
    (facts,) = house.cdrs(number, since)
    whole(facts, report)
    assert facts["outcome"] == "lost"
    assert any("bonjour" in turn["text"].lower() for turn in facts["turns"])
    house.start()
    assert len(house.cdrs(number, since)) == 1


def test_a_call_that_ended_meanwhile_is_written_down_at_the_start(house: ScriptedHouse) -> None:
    since, number = now(), house.number("caller8")
    with together() as start:
        calling = start(house.call, "caller8", Caller(), max_seconds=8)
        house.await_turn(number, "Que puis-je")
        house.await_note(number, "Que puis-je")
        house.kill_service()
        report = calling.result()
    time.sleep(2.0)  # the call did not last until somebody came
    house.start()
    facts = house.cdr(number, since)
    whole(facts, report)
    assert facts["outcome"] == "lost"


def test_who_talks_to_a_person_goes_on_talking(house: ScriptedHouse) -> None:
    since, number, script = now(), house.number("caller9"), Caller()
    house.engines(text="Je voudrais parler à quelqu'un.")
    with house.phone("secretary") as secretary, together() as start:
        answering = start(secretary.wait_for_call, house.listening(), timeout=90, max_seconds=120)
        calling = start(house.call, "caller9", script, max_seconds=120)
        house.await_turn(number, "Que puis-je")
        script.say()
        eventually("leg answered", lambda: _answered_legs(house))
        time.sleep(1.0)
        house.kill_service()
        house.start()
        assert not calling.done()
        assert not answering.done()
        secretary.leave()  # however long the service took to start
        answering.result()
        script.hang_up()
        calling.result()
    facts = house.cdr(number, since)
    assert facts["legs"][1]["outcome"] == "answered"
    assert facts["legs"][1]["charge"]["answered_seconds"] >= 2
    assert len(house.cdrs(number, since)) == 1


def _answered_legs(house: ScriptedHouse) -> bool:
    with house.database() as db, db.operator() as conn:
        return bool(
            conn.execute(
                "SELECT 1 FROM store.live_calls WHERE leg_of IS NOT NULL AND answered_at IS NOT NULL"
            ).fetchone()
        )


def test_while_it_is_away_the_fallback_rings_within_two_seconds(house: ScriptedHouse) -> None:
    house.kill_service()
    rang, began = Signal(), time.monotonic()
    with house.phone("secretary", on_event=rang) as secretary, together() as start:
        start(secretary.wait_for_call, house.listening(), timeout=60, max_seconds=2)
        start(house.call, "caller10", Caller(), max_seconds=8)
        rang.wait("ringing")
        took = time.monotonic() - began
    house.start()
    assert took < 2.0 + A_SECOND, f"rung after {took:.1f} s"


def test_told_to_stop_it_takes_no_new_call_and_ends_after_the_last(house: ScriptedHouse) -> None:
    since, number, script, rang = now(), house.number("caller11"), Caller(), Signal()
    with house.phone("secretary", on_event=rang) as secretary, together() as start:
        start(secretary.wait_for_call, house.listening(), timeout=60, max_seconds=2)
        calling = start(house.call, "caller11", script, max_seconds=60)
        house.await_turn(number, "Que puis-je")
        house.child.send_signal(signal.SIGTERM)
        second = start(house.call, "caller12", Caller(), max_seconds=6)
        rang.wait("ringing")  # a new caller is somebody else's
        second.result()
        script.say()
        house.await_turn(number, "quel jour|quelle heure|date")
        assert house.child.poll() is None
        house.engines(text="Non, au revoir.")
        script.say()
        calling.result()
    assert house.child.wait(60) == 0
    house.start()
    assert house.cdr(number, since)["outcome"] == "answered"
