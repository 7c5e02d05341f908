"""The agent's own conversation in writing: what is said and done, what is left out, what becomes a message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest

from agents.definition import Agent
from agents.effects import Act
from agents.loading import EXAMPLES, load
from ari_app.desk import journal
from ari_app.desk.journal import Entry
from ari_app.desk.office_types import Answerable
from llm.base import JsonSchema, LlmError, Message
from portal.chat import talk
from portal.chat.acting import booking, message
from portal.chat.talk import Answer
from portal.chat.wording import CONTACT, SAID, in_writing
from tests.scripted_engines import NoMind

ID = UUID(int=7)
DENTAL = load(EXAMPLES / "dental.fr.yaml").agent


def answering(agent: Agent = DENTAL) -> Answerable:
    return Answerable(UUID(int=1), "dentiste", "", in_writing(agent), agent.id, 1, agent.time_zone)


class Visitor:
    """Writes lines; what the agent does succeeds, unless `results` says otherwise."""

    def __init__(self, who: Answerable, **more: Any) -> None:
        self.who, self.more = who, more
        self.results: dict[str, Mapping[str, Any]] = {}
        self.did: list[tuple[Act, dict[str, str]]] = []
        self.now = talk.opening(who, ID)

    async def _perform(self, act: Act, told: Mapping[str, str]) -> Mapping[str, Any]:
        self.did.append((act, dict(told)))
        return self.results.get(act.name, {"outcome": "done"})

    def writes(self, line: str) -> Answer:
        entry = journal.read(self.now.entry.as_json())  # as the database keeps it
        at = 1000 * (1 + len(entry.notes.turns))
        self.now = asyncio.run(talk.answer(self.who, ID, entry, line, at, self._perform, **self.more))
        return self.now


def test_the_disclosure_is_in_the_first_words_and_no_recording_is_told_of() -> None:
    first = talk.opening(answering(), ID)
    assert DENTAL.disclosure in first.said
    assert "enregistr" in DENTAL.recording.say
    assert "enregistr" not in first.said
    assert first.entry.notes.disclosure is not None
    assert first.entry.notes.disclosure.text == DENTAL.disclosure


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.yaml")))
def test_every_example_is_an_agent_in_writing(name: str) -> None:
    agent = load(EXAMPLES / name).agent
    made = in_writing(agent)
    assert not made.can_transfer
    assert made.lines.no_transfer == SAID[agent.language]["by_message"]
    assert "message" in made.tools
    assert set(agent.steps) <= set(made.steps)
    assert agent.can_transfer == (agent.human is not None and "transfer" in agent.tools), "the file's own is unchanged"
    assert all(slot in made.slots for step in made.steps.values() for slot in step.fill)


def test_a_question_is_answered_from_the_same_facts() -> None:
    visitor = Visitor(answering())
    assert "12 rue du Parc" in visitor.writes("Vous êtes où ?").said
    turns = visitor.now.entry.notes.turns
    assert [turn.who for turn in turns] == ["agent", "caller", "agent"]
    assert turns[-1].stages["meaning"] == "fact:address"


def test_who_wants_a_person_leaves_a_message_with_where_to_answer() -> None:
    visitor = Visitor(answering())
    assert SAID["fr"]["by_message"] in visitor.writes("Je voudrais parler à quelqu'un").said
    visitor.writes("Ma couronne est tombée hier")
    while not visitor.did and not visitor.now.over:
        asked = visitor.now.said
        visitor.writes("06 39 98 00 01" if SAID["fr"]["contact"] in asked else "Claire Martin")
    act, told = visitor.did[0]
    assert (act.name, act.args["text"], act.args["name"]) == ("message", "Ma couronne est tombée hier", "Claire Martin")
    assert told[CONTACT]
    assert not any(act.name == "transfer" for act, _ in visitor.did)


def test_a_booking_waits_for_where_to_answer_and_a_taken_slot_is_offered_anew() -> None:
    visitor = Visitor(answering())
    visitor.results["book"] = {"outcome": "taken", "alternatives": [{"day": "2027-03-02", "time": "10:00"}]}
    visitor.writes("Je voudrais un rendez-vous mardi 2 mars 2027 à 9 heures")
    visitor.writes("Claire Martin")
    assert SAID["fr"]["contact"] in visitor.writes("oui").said
    assert not visitor.did
    visitor.writes("claire@exemple.fr")
    assert [act.name for act, _ in visitor.did] == ["book"]
    visitor.results.clear()
    visitor.writes("oui")
    assert [act.name for act, _ in visitor.did] == ["book", "book"]
    assert visitor.did[1][0].args["time"] == "10:00"


def test_a_goodbye_ends_it() -> None:
    visitor = Visitor(answering())
    assert visitor.writes("Au revoir").over
    assert [act.name for act, _ in visitor.did] == ["hangup"]


def test_a_cards_number_is_not_kept_anywhere() -> None:
    visitor = Visitor(answering())
    visitor.writes("Ma carte est 4970 1012 3456 7890 ... pardon 4111 1111 1111 1111")
    assert "4111 1111 1111 1111" not in str(visitor.now.entry.as_json())


def test_markup_stays_text() -> None:
    visitor = Visitor(answering())
    visitor.writes("<img src=x onerror=alert(1)>")
    assert visitor.now.entry.notes.turns[1].text == "<img src=x onerror=alert(1)>"
    assert talk.lines(visitor.now.entry)[1] == {"who": "visitor", "text": "<img src=x onerror=alert(1)>"}


class Stuck(NoMind):
    """It never answers."""

    leads = True

    async def stream(
        self, messages: Sequence[Message], *, slot: str, schema: JsonSchema | None = None, prefill: str = "",
        max_tokens: int = 160, temperature: float = 0.0,
    ) -> AsyncIterator[str]:  # fmt: skip
        await asyncio.Event().wait()
        yield ""


class Broken(Stuck):
    """It fails at once."""

    async def stream(
        self, messages: Sequence[Message], *, slot: str, schema: JsonSchema | None = None, prefill: str = "",
        max_tokens: int = 160, temperature: float = 0.0,
    ) -> AsyncIterator[str]:  # fmt: skip
        raise LlmError("gone")
        yield ""


def test_a_mind_that_is_stuck_leaves_the_rules() -> None:
    visitor = Visitor(answering(), mind=Stuck(), seconds=0.05)
    assert "12 rue du Parc" in visitor.writes("Vous êtes où ?").said


def test_a_mind_that_fails_leads_to_a_message() -> None:
    visitor = Visitor(answering(), mind=Broken())
    assert visitor.writes("Vous êtes où ?").said
    assert not visitor.now.over


def test_an_entry_of_another_agent_is_refused() -> None:
    entry = Entry("x", 1, "", talk.opening(answering(), ID).entry.notes, talk={"state": {}, "history": []})
    with pytest.raises(ValueError, match="focus"):
        asyncio.run(talk.answer(answering(), ID, entry, "Bonjour", 0, Visitor(answering())._perform))  # pyright: ignore[reportPrivateUsage]


def test_where_to_answer_goes_with_a_message_and_a_booking() -> None:
    at = SAID["fr"]["answer_at"]
    assert message({"text": "a"}, "06 39 98 00 01", at) == {"text": "a", "phone": "+33639980001"}
    assert message({"text": "a"}, "c@d.fr", at) == {"text": "a — Répondre à : c@d.fr"}
    assert message({"text": "a", "phone": "+33639980002"}, "c@d.fr", at)["phone"] == "+33639980002"
    assert message({"text": "a"}, "", at) == {"text": "a"}
    assert booking({"note": "b"}, "c@d.fr", at) == {"note": "b Répondre à : c@d.fr"}
    assert booking({}, "", at) == {}
