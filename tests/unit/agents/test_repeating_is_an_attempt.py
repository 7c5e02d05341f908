"""A caller of whom only the day is ever understood is not asked the hour for ever."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import agents
from agents.conversation import AgentConversation
from agents.effects import Act, Facts, Say
from agents.loading import load
from store.base.parties import Parties

EXAMPLE = Path(agents.__file__).parent / "examples" / "dental.en.yaml"


async def _reply(talk: AgentConversation, heard: str) -> str:
    plan = talk.plan(heard)
    effects = [effect async for effect in plan.effects()]
    talk.commit(plan)
    return " ".join(e.text if isinstance(e, Say) else f"<{e.name}>" for e in effects if isinstance(e, Say | Act))


def test_the_same_day_said_again_and_again_is_given_up_like_any_misunderstanding() -> None:
    now = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Paris"))
    talk = AgentConversation(
        load(EXAMPLE).agent, None, Facts("c", now, Parties.of("inbound", "+33639980001", "+33162001235"))
    )
    talk.opening()

    async def calls() -> list[str]:
        await _reply(talk, "I would like an appointment.")
        return [await _reply(talk, "Tuesday, at half pass to be possible.") for _ in range(5)]

    replies = asyncio.run(calls())
    assert "time" in replies[0]
    assert "time" not in replies[-1].lower()
