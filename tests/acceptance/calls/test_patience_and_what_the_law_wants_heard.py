"""Hold, "ne quittez pas", an opening talked over: the talk goes on where it was, and what must be heard is."""

from __future__ import annotations

import threading

import pytest

from ari_app.softphone.phone import Event
from ari_app.softphone.script import Situation, Utterance
from tests.acceptance.calls.house import House, now, talk, together

pytestmark = pytest.mark.timeout(240)

WISH = "Je voudrais un rendez-vous jeudi à quatorze heures."


def test_a_call_put_on_hold_is_silent_and_goes_on_where_it_was(house: House) -> None:
    began, resumed, speaks_again = threading.Event(), threading.Event(), threading.Event()

    def told(event: Event) -> None:
        if event.kind == "voice_began":
            (speaks_again if resumed.is_set() else began).set()

    wish = house.say(WISH)
    since = now()

    def script(_: Situation) -> Utterance | None:
        speaks_again.wait(60)
        return None if script_said.is_set() else (script_said.set() or wish)

    script_said = threading.Event()
    with house.phone("caller4", on_event=told) as phone, together() as start:
        calling = start(phone.call, "+33162001234", script, max_seconds=90)
        assert began.wait(60)
        phone.hold(held=True)
        threading.Event().wait(11)  # longer than a silent caller is left alone
        resumed.set()
        phone.hold(held=False)
        calling.result()
    facts = house.cdr(house.number("caller4"), since)
    assert facts["disclosure"]["heard_at_ms"] > 11_000
    assert "toujours là" not in talk(facts)
    # what the ear made of the wish is another test's; here it was heard after the hold, and answered
    assert [turn["who"] for turn in facts["turns"]][-2:] == ["caller", "agent"], talk(facts)


def test_who_asks_to_be_waited_for_is_waited_for(house: House) -> None:
    since = now()
    wait = house.say("Ne quittez pas, je prends mon agenda.")
    script = [wait, house.say(WISH, when="after_answer", delay_ms=45_000)]
    house.call("caller4", script, max_seconds=90)
    said = talk(house.cdr(house.number("caller4"), since))
    assert "toujours là" not in said
    assert "quel nom" in said


def test_an_opening_talked_over_is_said_again_in_the_first_reply(house: House) -> None:
    since = now()
    house.call("caller4", [house.say(WISH, when="after_answer", delay_ms=1200)], max_seconds=60)
    facts = house.cdr(house.number("caller4"), since)
    agent = [turn["text"] for turn in facts["turns"] if turn["who"] == "agent"]
    assert "intelligence artificielle" not in agent[0]
    assert agent[1].startswith("Je suis une intelligence artificielle.")
    assert facts["disclosure"]["text"] == "Je suis une intelligence artificielle."
    assert facts["disclosure"]["heard_at_ms"] is not None
    assert facts["recording"] is not None


def test_who_was_not_told_of_the_recording_is_not_recorded(house: House) -> None:
    since = now()
    house.call("caller4", house.listening(), max_seconds=2)
    facts = house.cdr(house.number("caller4"), since)
    assert facts["recording"] is None
    assert "hung up" in facts["disclosure"]["note"]
