"""The model needs seconds to phrase an answer on two cores: the caller hears a word meanwhile, then the answer."""

from __future__ import annotations

from typing import Any

import pytest

from agents.loading import loads
from ari_app.demo import seed
from store import agents, numbers
from store.tenants import tenant_id
from tests.acceptance.calls.house import House, eventually, now, talk
from tests.actors import OPERATOR

pytestmark = pytest.mark.timeout(240)

QUESTION = "Est-ce que vous faites le blanchiment des dents ?"
WORD = "Alors, voyons."
NUMBER = "+33162001250"


def publish(house: House) -> None:
    """The dental practice's agent, but one that says a word while it thinks, on a number of its own."""
    text = (seed.EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8")
    name = loads(text, "").agent.id
    text = text.replace(f"id: {name}", "id: thinker", 1) + f"\nwording:\n  thinking: '{WORD}'\n"
    with house.database() as db, db.operator() as conn:
        tenant = tenant_id(conn, seed.TENANT)
        version = agents.import_version(conn, tenant, "thinker", text, by=OPERATOR).version
        agents.mark_tested(conn, tenant, "thinker", version, "test", by=OPERATOR)
        agents.publish(conn, tenant, "thinker", version, "other", by=OPERATOR)
        numbers.add(conn, NUMBER, verified_npv=True, by=OPERATOR)
        numbers.assign(conn, NUMBER, tenant, agent="thinker", by=OPERATOR)
    eventually("the number in the dialplan", lambda: NUMBER in house.asterisk.command("database show decroche"))


@pytest.fixture(scope="module")
def facts(house: House) -> dict[str, Any]:
    publish(house)
    since = now()
    with house.phone("caller16", farewell=30_000) as phone:
        phone.call(NUMBER, [house.say(QUESTION)], max_seconds=100)
    return house.cdr(house.number("caller16"), since)


def answer(facts: dict[str, Any]) -> dict[str, Any]:
    found = [t for t in facts["turns"] if t["stages"].get("source") == "phrasing"]
    assert found, talk(facts)
    return found[0]


def test_the_answer_comes_in_the_same_turn_after_the_word(facts: dict[str, Any]) -> None:
    text = answer(facts)["text"]
    assert text.startswith(WORD), talk(facts)
    assert len(text) > len(WORD) + 20, text


def test_the_callers_words_come_before_it_in_the_transcript(facts: dict[str, Any]) -> None:
    assert [t["who"] for t in facts["turns"]][:3] == ["agent", "caller", "agent"], talk(facts)


def test_the_word_was_heard_before_the_answer_was_thought(facts: dict[str, Any]) -> None:
    stages = answer(facts)["stages"]
    assert stages["total"] < stages["answer"]
