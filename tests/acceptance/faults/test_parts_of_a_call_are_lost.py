"""The sound is lost, the caller's telephone dies, an engine breaks: something is heard, and the end has a name."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from tests.acceptance.calls.house import CLINIC, eventually, now, together
from tests.acceptance.faults.conftest import Caller, ScriptedHouse

pytestmark = pytest.mark.timeout(150)


def cut_the_sound(house: ScriptedHouse) -> None:
    """Asterisk's side of the media WebSocket goes."""
    rows = house.asterisk.command("core show channels concise").splitlines()
    (name,) = [row.split("!")[0] for row in rows if row.startswith("WebSocket/")]
    house.asterisk.command(f"channel request hangup {name}")


@pytest.mark.parametrize("phone", ["caller1", "caller2"])
def test_sound_that_is_lost_is_opened_again(house: ScriptedHouse, phone: str) -> None:
    since, number, script = now(), house.number(phone), Caller()
    with together() as start:
        calling = start(house.call, phone, script, max_seconds=60)
        house.await_turn(number, "Que puis-je" if phone == "caller1" else "bonjour")
        if phone == "caller1":  # the agent is silent; in the other call it is speaking
            time.sleep(3.0)
        began = time.monotonic()
        cut_the_sound(house)
        house.await_turn(number, "coupés un instant")
        took = time.monotonic() - began
        script.say()
        house.await_turn(number, "quel jour|quelle heure|date")
        house.engines(text="Non, au revoir.")
        script.say()
        report = calling.result()
    print(f"opened again after {took:.2f} s, the console's own time with it")
    facts = house.cdr(number, since)
    assert report.ended_by == "them"
    assert (facts["outcome"], len(house.cdrs(number, since))) == ("answered", 1)
    assert facts["disclosure"]["heard_at_ms"] is not None


def test_a_telephone_that_dies_without_a_word_has_an_outcome(house: ScriptedHouse) -> None:
    since, number = now(), house.number("caller3")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DECROCHE_")}
    phone = subprocess.Popen(
        [sys.executable, "-m", "ari_app.cli", "softphone", "call", CLINIC, "--user", "caller3", "--max-seconds", "100"],
        env=plain | house.variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        house.await_turn(number, "Que puis-je")
    finally:
        phone.kill()
        phone.wait(30)
    facts = eventually("its end", lambda: next(iter(house.cdrs(number, since)), None), 60)
    assert (facts["outcome"], facts["hangup_side"]) == ("silence", "agent")


@pytest.mark.parametrize("fault", ["fails", "hangs"])
def test_an_ear_that_breaks_costs_a_phrase_then_again_then_a_person(house: ScriptedHouse, fault: str) -> None:
    since, number, script = now(), house.number("caller4"), Caller()
    words = house.listening()
    with house.phone("secretary") as secretary, together() as start:
        answering = start(secretary.wait_for_call, words, timeout=90, max_seconds=2)
        calling = start(house.call, "caller4", script, max_seconds=80)
        house.await_turn(number, "Que puis-je")
        house.engines(ear=fault)
        for _ in range(3):
            script.say()
        answering.result()
        script.hang_up()
        calling.result()
    facts = house.cdr(number, since)
    said = [turn["text"] for turn in facts["turns"] if turn["who"] == "agent"]
    assert sum("souci technique" in text or "répéter" in text for text in said) >= 2, said


def test_an_ear_that_is_well_again_goes_on(house: ScriptedHouse) -> None:
    since, number, script = now(), house.number("caller5"), Caller()
    with together() as start:
        calling = start(house.call, "caller5", script, max_seconds=80)
        house.await_turn(number, "Que puis-je")
        house.engines(ear="fails")
        script.say()
        house.await_turn(number, "souci technique")
        house.engines()
        script.say()
        house.await_turn(number, "quel jour|quelle heure|date")
        house.engines(text="Non, au revoir.")
        script.say()
        calling.result()
    assert house.cdr(number, since)["outcome"] == "answered"


def test_an_ear_that_hears_nonsense_harms_nobody(house: ScriptedHouse) -> None:
    since, number, script = now(), house.number("caller6"), Caller()
    with together() as start:
        calling = start(house.call, "caller6", script, max_seconds=60)
        house.await_turn(number, "Que puis-je")
        house.engines(ear="garbage")
        script.say()
        eventually(
            "a turn of the caller",
            lambda: any(t["who"] == "caller" for t in (house.live(number) or {"turns": []})["turns"]),
        )
        script.hang_up()
        calling.result()
    assert house.cdr(number, since)["turns"]


@pytest.mark.parametrize("fault", ["fails", "hangs"])
def test_a_voice_that_breaks_costs_a_ready_phrase_and_a_person(house: ScriptedHouse, fault: str) -> None:
    since, number, script = now(), house.number("caller7"), Caller()
    with house.phone("secretary") as secretary, together() as start:
        answering = start(secretary.wait_for_call, house.listening(), timeout=90, max_seconds=2)
        calling = start(house.call, "caller7", script, max_seconds=80)
        house.await_turn(number, "Que puis-je")
        house.engines(text="Je voudrais un rendez-vous le 12 janvier à quatorze heures trente.", voice=fault)
        script.say()
        answering.result()
        script.hang_up()
        calling.result()
    assert house.cdr(number, since)["outcome"] in ("engine_failed", "failed", "answered")
