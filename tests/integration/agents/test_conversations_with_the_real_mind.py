"""The shipped agents with the default language model: what the rules leave to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agents.conversation import AgentConversation
from agents.effects import Facts, Say
from agents.loading import load
from llm.base import Mind
from llm.llama import LlamaMind
from store.weights import file

EXAMPLES = Path(__file__).parents[3] / "agents/examples"
pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def mind() -> Iterator[Mind]:
    made = LlamaMind(file("qwen2.5-coder-1.5b", ".gguf"), context=4096, calls=2)
    yield made
    asyncio.run(made.close())


class Caller:
    def __init__(self, name: str, mind: Mind, call: str) -> None:
        agent = load(EXAMPLES / name).agent
        now = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Paris"))
        self.talk = AgentConversation(agent, mind, Facts(call, now, "inbound", "+33612345678", "+33478000000"))
        self.talk.opening()
        self.source = ""

    async def says(self, heard: str) -> str:
        plan = self.talk.plan(heard)
        effects = [effect async for effect in plan.effects()]
        self.talk.commit(plan)
        self.source = plan.source
        return " ".join(e.text if isinstance(e, Say) else f"[{e.name}]" for e in effects)


async def test_a_need_said_in_other_words_leads_to_the_booking(mind: Mind) -> None:
    caller = Caller("dental.fr.yaml", mind, "need")
    said = await caller.says("J'ai une dent qui me lance depuis deux jours, faudrait que le docteur regarde")
    assert said == "Quel jour et à quelle heure souhaitez-vous venir ?"
    assert caller.source == "intent"


async def test_a_question_in_other_words_is_answered_from_the_right_fact(mind: Mind) -> None:
    caller = Caller("dental.fr.yaml", mind, "children")
    assert "dès 3 ans" in await caller.says("C'est pour ma gamine, vous la prendriez à quel âge ?")


async def test_a_fact_without_wording_is_phrased(mind: Mind) -> None:
    caller = Caller("dental.fr.yaml", mind, "phrased")
    said = await caller.says("Le blanchiment, c'est remboursé ?")
    assert "remboursé" in said
    assert said.endswith("Que puis-je faire pour vous ?")
    assert caller.source == "phrasing"


async def test_small_talk_never_ends_the_call(mind: Mind) -> None:
    caller = Caller("dental.fr.yaml", mind, "weather")
    assert "[hangup]" not in await caller.says("Il fait beau aujourd'hui à Lyon")


async def test_a_whole_english_booking(mind: Mind) -> None:
    caller = Caller("dental.en.yaml", mind, "english")
    assert await caller.says("I'd like an appointment on Thursday at half past two") == "What name is it, please?"
    assert "first half hour is free" in await caller.says("Is there any parking?")
    assert "John Smith, Thursday, November 26th at 2:30 PM" in await caller.says("John Smith")
    assert "Friday, November 27th" in await caller.says("No, Friday instead")
    assert await caller.says("Yes, that's right") == "[book]"
