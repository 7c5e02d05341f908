"""An engine whose requests are counted is the same engine: its attributes, its words, its end when nobody listens."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import cast

import pytest

from ari_app.service.meters import Meters
from llm.base import Capabilities, JsonSchema, LlmError, Message
from store.base.errors import DecrocheError
from store.base.settings import settings
from tests.scripted_engines import NoMind, ScriptedEar, openers_of, scripted_parts


class Endless(NoMind):
    """It says one word again and again; `closed` once nobody listens."""

    engine, model, leads, capabilities = "endless", "m", True, Capabilities(prefix_reuse=True)
    closed = False

    async def stream(
        self, messages: Sequence[Message], *, slot: str, schema: JsonSchema | None = None, prefill: str = "",
        max_tokens: int = 160, temperature: float = 0.0,
    ) -> AsyncIterator[str]:  # fmt: skip
        try:
            while True:
                if slot == "broken":
                    raise LlmError("broken")
                yield "word"
        finally:
            self.closed = True


def value(meters: Meters, name: str, engine: str) -> float:
    return meters.registry.get_sample_value(name, {"engine": engine}) or 0.0


async def test_a_mind_stops_when_nobody_listens_and_is_busy_until_then() -> None:
    meters, mind = Meters(), Endless()
    parts = scripted_parts(ScriptedEar())
    parts.mind = mind
    metered = meters.metered(openers_of(parts), 4, 1).mind(settings())
    assert (metered.engine, metered.leads, metered.capabilities) == ("endless", True, mind.capabilities)
    async with aclosing(cast("AsyncGenerator[str]", metered.stream([], slot="a"))) as pieces:
        assert await anext(pieces) == "word"
        assert value(meters, "decroche_engine_busy", "mind") == 1
    assert mind.closed
    assert value(meters, "decroche_engine_busy", "mind") == 0


async def test_a_failure_is_counted_and_told_as_it_was() -> None:
    meters, parts = Meters(), scripted_parts(ScriptedEar())
    parts.mind = Endless()
    with pytest.raises(DecrocheError, match="broken"):
        await meters.metered(openers_of(parts), 4, 1).mind(settings()).complete([], slot="broken")
    assert value(meters, "decroche_engine_failures_total", "mind") == 1


async def test_ear_and_voice_say_what_they_said() -> None:
    meters, parts = Meters(), scripted_parts(ScriptedEar())
    metered = meters.metered(openers_of(parts), 4, 1)
    voice = metered.voice("fr", "")
    assert await voice.say("Bonjour.") == await parts.voice("fr", "").say("Bonjour.")
    assert b"".join([pcm async for pcm in voice.speak("Bonjour.", ready=True)])
    assert (voice.engine, metered.ear(settings()).model) == ("scripted", "scripted")
