"""Servers that the settings name: which engines they become, and what `decroche doctor` says of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from ari_app.doctor.checks import servers
from asr.ears import open_ear
from asr.pooled_ear import PooledEar
from store.base.errors import BadInput
from store.base.settings import Settings, settings
from tests.wyoming_server import Running, running
from tts import voices
from tts.backed import BackedVoice


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Running]:
    async with running() as found:
        yield found


def chosen(**sections: dict[str, Any]) -> Settings:
    of = settings()
    return of.model_copy(update={name: getattr(of, name).model_copy(update=more) for name, more in sections.items()})


async def gone() -> str:
    async with running() as found:
        return found.address


def test_an_ear_elsewhere_needs_an_address() -> None:
    with pytest.raises(BadInput, match="no server is named") as told:
        open_ear(chosen(asr={"engine": "wyoming"}))
    assert "asr.servers" in told.value.hint


@pytest.mark.parametrize("address", ["10.0.0.5", "host:", ":10300", "host:99999", "http://host"])
def test_an_address_is_host_and_port(address: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        Settings(asr={"servers": [address]})  # type: ignore[arg-type, call-arg]


async def test_several_servers_are_one_ear(server: Running) -> None:
    away = await gone()
    ear = open_ear(chosen(asr={"engine": "wyoming", "servers": [away, server.address], "local": False}))
    assert isinstance(ear, PooledEar)
    await ear.warm()
    assert [health.state for health in ear.pool.health.values()] == ["suspect", "healthy"]
    await ear.close()


async def test_a_server_that_speaks_is_the_best_voice_and_one_of_this_machine_stands_in(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings().tts, "servers", [server.address])
    monkeypatch.setattr(settings().tts, "server_voice_fr", "fr_FR-siwis-medium")
    try:
        speaking = voices.voice("fr")
        assert isinstance(speaking, BackedVoice)
        assert {info.name for info in voices.known() if info.used} >= {"wyoming-fr"}
        assert not voices.voice("en").name.startswith("wyoming"), "they speak no English"
        far = await speaking.say("Oui.")
        await server.stop()
        here = await speaking.say("Oui.")
        assert here
        assert here != far
    finally:
        await voices.close()


async def test_the_doctor_asks_each_and_warns_where_an_engine_here_stands_in(server: Running) -> None:
    away = await gone()
    for local, state in ((True, "warn"), (False, "fail")):
        of = chosen(
            asr={"engine": "wyoming", "servers": [server.address, away], "local": local},
            tts={"servers": [server.address], "local": local},
        )
        found = await asyncio.to_thread(lambda of=of: list(servers(of)))
        assert [(each.part, each.state) for each in found] == [
            ("ear server", "ok"), ("ear server", state), ("voice server", "ok")
        ]  # fmt: skip
        assert "fr_FR-siwis-medium" in found[2].detail
        assert away in found[1].detail
