"""Silence, keys, a hangup at a bad moment, a number nobody answers: each has a clear outcome."""

from __future__ import annotations

import pytest

from ari_app.demo import seed
from ari_app.softphone.script import Utterance
from billing.charges import accounts
from store import numbers
from store.tenants import tenant_id
from tests.acceptance.calls.house import House, eventually, now, together
from tests.actors import OPERATOR

pytestmark = pytest.mark.timeout(240)

UNKNOWN, UNSTAFFED = "+33162001299", "+33162001240"


def test_a_silent_caller_is_asked_again_then_taken_leave_of(house: House) -> None:
    since = now()
    report = house.call("caller4", house.listening())
    facts = house.cdr(house.number("caller4"), since)
    assert (facts["outcome"], facts["hangup_side"], report.ended_by) == ("silence", "agent", "them")
    assert len(facts["turns"]) >= 3, "the opening, the question again, the goodbye"
    assert "au revoir" in facts["turns"][-1]["text"]


def test_a_caller_may_hang_up_while_the_agent_speaks(house: House) -> None:
    since = now()
    report = house.call("caller4", house.listening(), max_seconds=5)
    facts = house.cdr(house.number("caller4"), since)
    assert report.ended_by == "us"
    assert (facts["outcome"], facts["hangup_side"]) == ("answered", "caller")
    assert len(facts["turns"]) == 1


def test_a_caller_who_hangs_up_while_it_rings_has_abandoned_the_call(house: House) -> None:
    since = now()
    with house.database() as db, db.tenant(house.tenant) as conn:
        accounts.account(conn, house.tenant)  # stays locked: the call waits for its money, and rings
        report = house.call("caller4", (), max_seconds=1)
    facts = house.cdr(house.number("caller4"), since)
    assert (report.answered, report.ended_by) == (False, "us")
    assert (facts["outcome"], facts["hangup_side"], facts["answered_at"]) == ("abandoned", "caller", None)
    assert facts["charge"]["status"] == "unanswered"


def test_a_disclosure_that_was_hung_up_on_does_not_count_as_heard(house: House) -> None:
    since = now()
    house.call("caller4", house.listening(), max_seconds=2)
    disclosure = house.cdr(house.number("caller4"), since)["disclosure"]
    assert disclosure is None or disclosure["heard_at_ms"] is None


def test_a_caller_may_hang_up_while_the_agent_thinks(house: House) -> None:
    """Impatient: hears the opening (16 s), asks, and hangs up 300 ms after the last word.

    Over the opening the agent would not only think: it would say what the law wants heard.
    """
    since = now()
    # what the model phrases takes it a second or more; a fact's own words are said at once
    asked = "Bonjour, combien de séances faut-il pour un blanchiment des dents ?"
    question = house.say(asked, when="after_answer", delay_ms=20_000)
    report = house.call("caller4", [question], patience=300)
    facts = house.cdr(house.number("caller4"), since)
    assert report.ended_by == "us"
    assert (facts["outcome"], facts["hangup_side"]) == ("answered", "caller")
    said = " ".join(turn["text"] for turn in facts["turns"] if turn["who"] == "agent")
    assert "390" not in said
    assert "séances" not in said


def test_a_loudspeaker_that_gives_the_agent_back_is_no_caller(house: House) -> None:
    """Its own voice at −20 dB, a quarter of a second later: the opening is said whole, and the question answered."""
    since = now()
    house.call("caller4", [house.say("Est-ce qu'il y a un parking ?"), house.say("Merci, au revoir.")], echo_db=-20.0)
    turns = house.cdr(house.number("caller4"), since)["turns"]
    told = [(t["who"], t["from_ms"], t["heard_ms"], t["text"][:60]) for t in turns]
    assert not turns[0]["stages"].get("interrupted"), told
    assert [t["who"] for t in turns[:3]] == ["agent", "caller", "agent"], told


def test_keys_pressed_instead_of_speech_are_answered(house: House) -> None:
    since = now()
    house.call("caller4", [Utterance(digits="5")])
    turns = house.cdr(house.number("caller4"), since)["turns"]
    pressed = next(i for i, turn in enumerate(turns) if turn["text"] == "[5]")
    assert [turn["who"] for turn in turns[pressed + 1 :]] == ["agent"]
    assert turns[pressed + 1]["text"]


def test_a_number_nobody_has_is_announced_and_leaves_no_call(house: House) -> None:
    since = now()
    report = house.call("caller4", (), UNKNOWN)
    assert (report.answered, report.announced, report.status) == (False, True, 404)
    assert house.cdrs(UNKNOWN, since) == []


def test_a_number_without_a_live_agent_rings_the_clients_fallback(house: House) -> None:
    with house.database() as db, db.operator() as conn:
        numbers.add(conn, UNSTAFFED, verified_npv=True, by=OPERATOR)
        numbers.assign(conn, UNSTAFFED, tenant_id(conn, seed.TENANT), fallback=seed.SECRETARY, by=OPERATOR)
    eventually("the number in the dialplan", lambda: UNSTAFFED in house.asterisk.command("database show decroche"))
    words = house.say("Bonjour, ici le secrétariat, je vous écoute.", when="after_answer", delay_ms=500)
    with house.phone("secretary") as secretary, together() as start:
        answering = start(secretary.wait_for_call, [words], max_seconds=10)
        report = house.call("caller4", house.listening(), UNSTAFFED)
        answering.result()
    assert house.heard_the_secretary(report.heard)
