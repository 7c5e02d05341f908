"""A conversation with a shipped agent, held on Monday 23 November 2026 at 10:00 in Paris."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.conversation import AgentConversation
from agents.effects import Act, Effect, Facts, Plan, Say
from agents.loading import load
from agents.pace import Pace
from llm.base import LlmError, Message, Mind
from store.base.parties import Parties

EXAMPLES = Path(__file__).parents[3] / "agents/examples"


class Caller:
    """Someone talking to an agent."""

    def __init__(
        self,
        name: str,
        mind: Mind | None = None,
        *,
        phrase_seconds: float | None = None,
        pace: Pace | None = None,
        **variables: str,
    ) -> None:
        agent = load(EXAMPLES / name).agent
        now = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Paris"))
        facts = Facts("call-1", now, Parties.of(agent.direction, "+33612345678", "+33478000000"), variables)
        self.talk = AgentConversation(agent, mind, facts, phrase_seconds=phrase_seconds, pace=pace)
        self.opening = self.talk.opening()
        self.source = ""

    async def says(self, text: str) -> str:
        return await self.hears(self.talk.plan(text))

    async def result(self, name: str, **result: Any) -> str:
        return await self.hears(self.talk.plan_acted(name, result))

    async def hears(self, plan: Plan) -> str:
        """The reply, actions in brackets."""
        effects: list[Effect] = [effect async for effect in plan.effects()]
        self.talk.commit(plan)
        self.source = plan.source
        self.acts = [effect for effect in effects if isinstance(effect, Act)]
        return " ".join(e.text if isinstance(e, Say) else f"[{e.name}]" for e in effects)


class DeadMind(Mind):
    """A mind whose engine died: the network's or the device's edge, not our code."""

    engine, model = "none", "none"

    async def stream(self, messages: Sequence[Message], **_: Any) -> AsyncIterator[str]:  # type: ignore[override]
        raise LlmError("the engine died")
        yield ""

    async def prime(self, messages: Sequence[Message], *, slot: str) -> None:
        raise LlmError("the engine died")

    async def release(self, slot: str) -> None:
        return


@pytest.fixture
def dentist() -> Caller:
    return Caller("dental.fr.yaml")


@pytest.fixture
def broken() -> Caller:
    return Caller("dental.fr.yaml", DeadMind())


@pytest.fixture
def reminder() -> Caller:
    return Caller("reminder.fr.yaml", patient="Claire Martin", date="2026-11-26", heure="14:30")
