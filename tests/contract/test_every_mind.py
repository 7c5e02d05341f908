"""What the conversation asks of a mind, asked of every mind of the registry."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from agents.conversation import AgentConversation
from agents.effects import Facts, Say
from agents.leading import MOST_TOKENS, leading_schema
from agents.loading import EXAMPLES, load
from llm.base import LlmError, Message, Mind
from llm.minds import ENGINES
from store.base.parties import Parties
from tests.contract.minds import OPENERS

pytestmark = pytest.mark.asyncio(loop_scope="module")
HELLO = [Message("system", "Be brief."), Message("user", "Say hello.")]
LABELS = ["ask_price", "ask_hours", "goodbye", "unclear"]
PREFILL = '{"is":"'


def one_of(labels: list[str]) -> dict[str, Any]:
    return {
        "type": "object", "properties": {"is": {"type": "string", "enum": labels}}, "required": ["is"],
        "additionalProperties": False,
    }  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=sorted(OPENERS))
async def mind(request: pytest.FixtureRequest) -> AsyncIterator[Mind]:
    async with OPENERS[request.param]() as opened:
        yield opened


async def test_every_mind_of_the_registry_is_held_to_the_contract() -> None:
    assert set(OPENERS) == set(ENGINES)


async def test_the_engine_is_the_one_the_registry_names_and_answers_under_a_schema(mind: Mind) -> None:
    assert mind.engine in ENGINES
    assert mind.capabilities.schema


async def test_an_answer_comes_in_pieces(mind: Mind) -> None:
    pieces = [piece async for piece in mind.stream(HELLO, slot="pieces", max_tokens=12)]
    assert len(pieces) > 1
    assert all(pieces)


async def test_an_answer_under_a_schema_fits_it(mind: Mind) -> None:
    answer = json.loads(await mind.complete(HELLO, slot="schema", schema=one_of(LABELS), max_tokens=60))
    assert set(answer) == {"is"}
    assert answer["is"] in LABELS


async def test_a_schema_with_a_prefill_is_an_answer_and_never_an_error(mind: Mind) -> None:
    """The pair that every turn of a call asks for; who cannot go on from a prefill answers whole."""
    text = await mind.complete(HELLO, slot="pair", schema=one_of(LABELS), prefill=PREFILL, max_tokens=60)
    whole = PREFILL + text if mind.capabilities.prefill_under_schema else text
    assert json.loads(whole)["is"] in LABELS


async def test_reading_ahead_and_forgetting_are_never_errors(mind: Mind) -> None:
    await mind.prime(HELLO, slot="ahead")
    assert await mind.complete(HELLO, slot="ahead", max_tokens=4)
    await mind.release("ahead")
    await mind.release("never seen")


async def test_an_answer_cut_short_leaves_the_mind_fit_for_the_next(mind: Mind) -> None:
    async with aclosing(mind.stream(HELLO, slot="cut", max_tokens=200)) as pieces:  # type: ignore[type-var]
        await anext(pieces)
    assert await mind.complete(HELLO, slot="cut", max_tokens=4)


async def test_two_calls_are_answered_at_once(mind: Mind) -> None:
    answers = await asyncio.gather(*(mind.complete(HELLO, slot=f"c{i}", max_tokens=6) for i in range(2)))
    assert all(answers)


async def test_what_cannot_be_answered_is_an_error_of_the_house(mind: Mind) -> None:
    with pytest.raises(LlmError):
        await mind.complete([Message("user", "tooth " * 30_000)], slot="long", max_tokens=4)


@pytest.mark.parametrize(
    "heard",
    [
        "Je vous appelle au sujet de ma facture, il y a quelque chose que je ne comprends pas dedans.",
        "Ma dent du fond me lance depuis hier soir, il faudrait que le docteur regarde.",
    ],
)
async def test_a_turn_that_rules_do_not_settle_reaches_the_mind_and_is_no_apology(mind: Mind, heard: str) -> None:
    agent = load(EXAMPLES / "dental.fr.yaml").agent
    now = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo(agent.time_zone))
    facts = Facts(heard, now, Parties.of("inbound", "+33612345678", "+33478000000"))
    talk = AgentConversation(agent, mind, facts, phrase_seconds=None)
    talk.opening()
    await talk.prime()
    plan = talk.plan(heard)
    effects = [effect async for effect in plan.effects()]
    talk.commit(plan)
    await talk.release()
    assert plan.source in ("intent", "phrasing")
    assert agent.excuse not in " ".join(e.text for e in effects if isinstance(e, Say))


async def test_a_move_is_chosen_under_its_schema(mind: Mind) -> None:
    """What a large model is asked when it leads; a small one's answer fits too, though it means little."""
    agent = load(EXAMPLES / "dental.fr.yaml").agent
    asked = [Message("system", "You choose moves."), Message("user", "Bonjour, un rendez-vous jeudi.")]
    text = await mind.complete(asked, slot="lead", schema=leading_schema(agent), max_tokens=MOST_TOKENS)
    move = json.loads(text)
    assert set(move) == {"move", "fact", "second_fact", "agrees", "slots"}
    assert set(move["slots"]) == set(agent.scenario.slots)
