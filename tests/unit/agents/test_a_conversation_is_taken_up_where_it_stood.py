"""What is kept of a conversation is all that it takes to go on with it, in another process."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from agents.conversation import AgentConversation
from agents.effects import Facts, Plan, Say
from agents.loading import EXAMPLES, loads
from store.base.parties import Parties

AGENT = loads((EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8")).agent
ENGLISH = loads((EXAMPLES / "dental.en.yaml").read_text(encoding="utf-8")).agent
NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)


def talk(agent=AGENT) -> AgentConversation:  # type: ignore[no-untyped-def]
    return AgentConversation(agent, None, Facts("c1", NOW, Parties.of("inbound", "+33639980100", "+33162001234")))


async def said(conversation: AgentConversation, plan: Plan) -> str:
    words = [effect.text async for effect in plan.effects() if isinstance(effect, Say)]
    conversation.commit(plan)
    return " ".join(words)


async def asked_for_a_name() -> AgentConversation:
    conversation = talk()
    conversation.opening()
    await said(conversation, conversation.plan("Je voudrais un rendez-vous."))
    await said(conversation, conversation.plan("Mardi à quatorze heures trente."))
    return conversation


async def test_it_says_that_we_were_cut_off_and_asks_again_what_was_pending() -> None:
    dead = await asked_for_a_name()
    back = talk()
    back.take_up(json.loads(json.dumps(dead.kept())))
    assert (back.state, back.history) == (dead.state, dead.history)
    words = await said(back, back.plan_back())
    assert words.startswith("Excusez-moi, nous avons été coupés un instant.")
    assert back.awaiting == dead.awaiting
    assert words.endswith("?")


async def test_it_goes_on_with_what_was_understood_before() -> None:
    back = talk()
    back.take_up(json.loads(json.dumps((await asked_for_a_name()).kept())))
    await said(back, back.plan_back())
    before = dict(back.values)
    await said(back, back.plan("Je m'appelle Claire Martin."))
    assert before.items() <= dict(back.values).items()
    assert "Claire Martin" in back.values.values()


async def test_what_the_law_wants_heard_and_was_not_is_said_first() -> None:
    back = talk()
    back.take_up(json.loads(json.dumps((await asked_for_a_name()).kept())))
    assert "intelligence artificielle" in await said(back, back.plan_back(["disclosure"]))


async def test_a_dictation_under_way_is_kept() -> None:
    dead = await asked_for_a_name()
    await said(dead, dead.plan("Claire Martin, c'est le zéro six, trente-neuf"))
    back = talk()
    back.take_up(json.loads(json.dumps(dead.kept())))
    assert back.state == dead.state


async def test_in_english_it_is_said_in_english() -> None:
    conversation = talk(ENGLISH)
    conversation.opening()
    assert (await said(conversation, conversation.plan_back())).startswith("Sorry, we were cut off")


@pytest.mark.parametrize("kept", [{}, {"state": {}}, {"state": {"step": "gone"}, "history": []}, {"state": 3}])
def test_what_another_version_wrote_is_refused(kept: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        talk().take_up(kept)
