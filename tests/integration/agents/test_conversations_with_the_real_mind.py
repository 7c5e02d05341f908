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
from store.base.parties import Parties
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
        facts = Facts(call, now, Parties.of("inbound", "+33612345678", "+33478000000"))
        self.talk = AgentConversation(agent, mind, facts, phrase_seconds=None)
        self.talk.opening()
        self.source = ""

    async def says(self, heard: str) -> str:
        plan = self.talk.plan(heard)
        effects = [effect async for effect in plan.effects()]
        self.talk.commit(plan)
        self.source = plan.source
        return " ".join(e.text if isinstance(e, Say) else f"[{e.name}]" for e in effects)


# What the model makes of one sentence is its own, and differs between processors: sets are judged, with a margin.
NEEDS = (
    "J'ai une dent qui me lance depuis deux jours, faudrait que le docteur regarde",
    "Il faudrait que je voie quelqu'un pour une carie",
    "Ce serait pour faire regarder une couronne qui bouge",
    "Je voudrais passer vous voir pour un contrôle",
    "J'aurais besoin que le dentiste m'examine",
)
QUESTIONS = {
    "C'est pour ma gamine, vous la prendriez à quel âge ?": "dès 3 ans",
    "On peut laisser la voiture pas loin de chez vous ?": "parking public",
    "Vous êtes à quel étage déjà ?": "deuxième étage",
    "Ça va me revenir à combien, un détartrage ?": "43 euros",
    "Je peux régler en liquide ?": "espèces",
}


async def test_needs_said_in_other_words_lead_to_the_booking_and_none_ends_the_call(mind: Mind) -> None:
    said = [await Caller("dental.fr.yaml", mind, need).says(need) for need in NEEDS]
    assert sum("Quel jour" in reply for reply in said) >= 3, said
    assert not any("[hangup]" in reply or "[opt_out]" in reply for reply in said)


async def test_some_questions_in_other_words_are_answered_from_the_right_fact(mind: Mind) -> None:
    """How many is a figure, and stands in the evaluation (`decroche agent evaluate`), not here."""
    replies = {text: await Caller("dental.fr.yaml", mind, text).says(text) for text in QUESTIONS}
    assert sum(QUESTIONS[text] in reply for text, reply in replies.items()) >= 1, replies


async def test_a_fact_without_wording_is_phrased_and_the_question_asked_again(mind: Mind) -> None:
    caller = Caller("dental.fr.yaml", mind, "phrased")
    said = await caller.says("Le blanchiment, c'est remboursé ?")
    assert caller.source == "phrasing"
    assert said.endswith("Que puis-je faire pour vous ?")
    assert len(said) > len("Que puis-je faire pour vous ?") + 10


async def test_small_talk_never_ends_the_call(mind: Mind) -> None:
    for text in ("Il fait beau aujourd'hui à Lyon", "Vous avez une jolie voix", "Ah la la, quelle semaine"):
        said = await Caller("dental.fr.yaml", mind, text).says(text)
        assert "[hangup]" not in said
        assert "[opt_out]" not in said


async def test_a_whole_english_booking(mind: Mind) -> None:
    """Every turn of it is settled by rules: the model has no say."""
    caller = Caller("dental.en.yaml", mind, "english")
    assert await caller.says("I'd like an appointment on Thursday at half past two") == "What name is it, please?"
    assert "first half hour is free" in await caller.says("Is there any parking?")
    assert "John Smith, Thursday, November 26th at 2:30 PM" in await caller.says("John Smith")
    assert "Friday, November 27th" in await caller.says("No, Friday instead")
    assert await caller.says("Yes, that's right") == "[book]"
