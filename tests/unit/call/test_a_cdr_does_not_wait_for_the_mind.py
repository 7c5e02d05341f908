"""A call that is over is written down at once, however long the language model takes to let go of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from agents.loading import load
from agents.pace import Pace
from ari_app.call.call import Call
from ari_app.call.state import CallState
from ari_app.desk.lifecycle import Lifecycle
from ari_app.desk.office_types import CallEnd
from ari_app.switch.base import Ended, LegEvent
from llm.base import JsonSchema, Message, Mind
from store.base.parties import Parties
from store.base.settings import Settings

AGENT = Path(__file__).parents[3] / "agents/examples/dental.fr.yaml"


class BusyMind(Mind):
    """It reads something else, and lets go of a call only when it is let."""

    engine, model = "busy", "busy"

    def __init__(self) -> None:
        self.asked, self.free = asyncio.Event(), asyncio.Event()

    async def stream(
        self, messages: Sequence[Message], *, slot: str, schema: JsonSchema | None = None, prefill: str = "",
        max_tokens: int = 160, temperature: float = 0.0,
    ) -> AsyncIterator[str]:  # fmt: skip
        """Nothing is asked of it here."""
        yield ""

    async def prime(self, messages: Sequence[Message], *, slot: str) -> None:
        """Nor here."""

    async def release(self, slot: str) -> None:
        """Until the step in progress is over."""
        self.asked.set()
        await self.free.wait()


class OverAtOnce(Call):
    """A call whose caller is gone before a word."""

    async def _live(self) -> None:
        return


async def test_a_cdr_is_written_while_the_mind_still_holds_the_call() -> None:
    mind, written = BusyMind(), asyncio.get_running_loop().create_future()

    async def finish(end: CallEnd) -> None:
        written.set_result(end.id)

    edges: Any = SimpleNamespace(
        switch=SimpleNamespace(unwatch=lambda channel: None),  # pyright: ignore[reportUnknownLambdaType]
        parts=SimpleNamespace(sense=None, mind=mind, pace=Pace(), voice=lambda language, voice: None),  # pyright: ignore[reportUnknownLambdaType]
        office=SimpleNamespace(finish=finish),
        settings=Settings(),
    )
    who: Any = SimpleNamespace(
        agent=load(AGENT).agent, now=lambda: datetime.now(UTC), tenant_id=uuid4(), number="+33162001234"
    )
    events: asyncio.Queue[LegEvent] = asyncio.Queue()
    events.put_nowait(Ended(datetime.now(UTC)))
    state = CallState(
        uuid4(), Parties.of("inbound", "+33639980001", "+33162001234"), "c", who, Lifecycle(datetime.now(UTC))
    )
    running = asyncio.create_task(OverAtOnce(edges, state, events).run())
    async with asyncio.timeout(60):
        assert await written == state.id
        await mind.asked.wait()
        assert not running.done()
        mind.free.set()
        await running
