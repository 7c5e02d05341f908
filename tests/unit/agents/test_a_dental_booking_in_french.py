"""The shipped French dental agent books an appointment by rules alone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from agents.conversation import AgentConversation
from agents.effects import Act, Effect, Facts, Say
from agents.loading import load
from store.base.parties import Parties

EXAMPLES = Path(__file__).parents[3] / "agents/examples"


def conversation(name: str = "dental.fr.yaml") -> AgentConversation:
    facts = Facts(
        call_id="call-1",
        now=datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Paris")),
        parties=Parties.of("inbound", "+33612345678", "+33478000000"),
    )
    talk = AgentConversation(load(EXAMPLES / name).agent, None, facts)
    talk.opening()
    return talk


async def reply(talk: AgentConversation, heard: str) -> list[Effect]:
    plan = talk.plan(heard)
    effects = [effect async for effect in plan.effects()]
    talk.commit(plan)
    return effects


def said(effects: list[Effect]) -> str:
    return " ".join(e.text for e in effects if isinstance(e, Say))


async def test_day_time_then_name_are_read_back_and_booked() -> None:
    talk = conversation()
    await reply(talk, "Je voudrais un rendez-vous jeudi à quatorze heures.")
    assert "Claire Martin, jeudi 26 novembre à 14 heures" in said(await reply(talk, "Claire Martin."))
    (act,) = await reply(talk, "Oui, c'est ça.")
    assert isinstance(act, Act)
    assert (act.name, act.args["day"], act.args["time"], act.args["name"]) == (
        "book", "2026-11-26", "14:00", "Claire Martin",
    )  # fmt: skip


async def test_the_disclosure_follows_the_greeting_at_once() -> None:
    talk = conversation()
    opening = talk.opening()
    assert [e.kind for e in opening if isinstance(e, Say)][:2] == ["greeting", "disclosure"]


async def test_nothing_changes_until_a_plan_is_committed() -> None:
    talk = conversation()
    before = talk.state
    _ = [effect async for effect in talk.plan("Jeudi à 14 heures").effects()]
    assert talk.state == before
