"""Transfers: the secretary answers and talks, or is busy and the agent takes the caller back."""

from __future__ import annotations

import pytest

from tests.acceptance.calls.house import Answer, House, now, together

pytestmark = pytest.mark.timeout(240)

ASKING = Answer(r"Que puis-je", "Je voudrais parler à quelqu'un.")


def test_the_secretary_and_the_caller_hear_each_other(house: House) -> None:
    since = now()
    words = house.say("Bonjour, ici le secrétariat, je vous écoute.", when="after_answer", delay_ms=1500)
    asking = house.talk("caller11", (ASKING,))
    with house.phone("secretary") as secretary, together() as start:
        answering = start(secretary.wait_for_call, [words], max_seconds=12)
        report = house.call("caller11", asking)
        answering.result()
    facts = house.cdr(house.number("caller11"), since)
    (transfer,) = [action for action in facts["actions"] if action["name"] == "transfer"]
    assert transfer["result"]["outcome"] == "answered"
    own, leg = facts["legs"]
    assert (leg["kind"], leg["direction"], leg["outcome"]) == ("transfer", "outbound", "answered")
    assert own["answered_at"] < leg["started_at"] <= leg["answered_at"] < leg["ended_at"] <= own["ended_at"]
    assert leg["charge"]["status"] in ("rated", "unrated"), "it has a charge of its own"
    assert house.heard_the_secretary(report.heard[transfer["at_ms"] * 8 :][: 20 * 8000])


def test_a_busy_secretary_leaves_the_caller_with_the_agent(house: House) -> None:
    since = now()
    asking = house.talk("caller12", (ASKING, Answer(r"message", "Non, c'est tout, merci, au revoir.")))
    with house.phone("secretary") as secretary, together() as start:
        declining = start(secretary.wait_for_call, decline="486 Busy Here")
        house.call("caller12", asking)
        declining.result()
    facts = house.cdr(house.number("caller12"), since)
    (transfer,) = [action for action in facts["actions"] if action["name"] == "transfer"]
    assert transfer["result"]["outcome"] == "busy"
    after = [t["text"] for t in facts["turns"] if t["who"] == "agent" and t["from_ms"] > transfer["at_ms"]]
    assert "message" in " ".join(after)
