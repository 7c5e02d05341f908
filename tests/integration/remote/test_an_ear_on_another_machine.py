"""An ear behind the Wyoming protocol: heard by real TCP, away, slow, mad, and replaced meanwhile."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from asr.base import SAMPLE_RATE, AsrError, Ear
from asr.pooled_ear import PooledEar
from asr.wyoming_ear import WyomingEar
from store.remote.health import Rules
from store.remote.wyoming import reach
from tests.scripted_engines import ScriptedEar
from tests.wyoming_server import Clock, Running, Script, running

NOISE = np.random.default_rng(3).uniform(-0.3, 0.3, SAMPLE_RATE).astype(np.float32)
PATIENT = 20.0
"""Seconds: a loaded machine is slow, not wrong."""


class Local(ScriptedEar):
    """The ear of this machine."""

    text = "Ici."


async def heard(ear: Ear, language: str = "fr", **more: list[str]) -> str:
    return (await ear.transcribe(NOISE, language=language, **more)).text


def pooled(
    *servers: Running, local: Ear | None = None, seconds: float = PATIENT, clock: Clock | None = None
) -> PooledEar:
    ears = [WyomingEar(each.address, seconds=seconds) for each in servers]
    return PooledEar(ears, local, rules=Rules(2, 10), clock=clock or Clock())


async def test_the_sound_and_the_names_arrive_and_the_text_comes_back() -> None:
    async with running() as server:
        said = await WyomingEar(server.address, seconds=PATIENT).transcribe(
            NOISE, language="fr", hotwords=["Le Guellec"]
        )
        assert (said.text, said.language, said.audio_seconds) == (server.script.text, "fr", 1.0)
        (asked,) = server.script.heard("transcribe")
        assert asked.data == {"language": "fr", "transcript_names": ["Le Guellec"]}
        sound = b"".join(event.payload or b"" for event in server.script.heard("audio-chunk"))
        assert np.abs(np.frombuffer(sound, "<i2") / 32767 - NOISE).max() < 1e-4


@pytest.mark.parametrize("text", ["Sous-titres réalisés par la communauté d'Amara.org", " [Musique] ", "...", ""])
async def test_what_subtitles_say_over_silence_is_no_answer(text: str) -> None:
    async with running(Script(text=text)) as server:
        assert await heard(WyomingEar(server.address, seconds=PATIENT)) == ""


async def test_a_server_that_is_not_there_is_named() -> None:
    async with running() as server:
        address = server.address
    with pytest.raises(AsrError, match=f"{address} cannot be reached") as told:
        await heard(WyomingEar(address, seconds=PATIENT))
    assert "start the Wyoming server" in told.value.hint
    assert told.value.retryable


@pytest.mark.parametrize(
    ("fault", "said"),
    [("breaks", "broke off"), ("error", "no memory"), ("garbage", "no JSON"), ("huge", "payload_length")],
)
async def test_whatever_a_server_does_wrong_is_an_error_of_the_house(fault: str, said: str) -> None:
    async with running(Script(fault=fault)) as server:
        with pytest.raises(AsrError, match=said):
            await heard(WyomingEar(server.address, seconds=PATIENT))


async def test_one_that_hangs_is_waited_for_so_long_and_left() -> None:
    async with running(Script(fault="hangs")) as server:
        with pytest.raises(AsrError, match="no answer"):
            await heard(WyomingEar(server.address, seconds=0.3))
        await server.script.left.wait()


async def test_an_utterance_that_nobody_waits_for_any_more_is_given_up_at_the_server() -> None:
    async with running(Script(fault="hangs")) as server:
        asking = asyncio.create_task(heard(WyomingEar(server.address, seconds=PATIENT)))
        while not server.script.heard("audio-stop"):
            await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await server.script.left.wait()


async def test_one_that_fails_is_replaced_by_the_next_and_both_by_the_ear_here() -> None:
    async with running(Script(text="Un.")) as one, running(Script(text="Deux.")) as two:
        ear = pooled(one, two, local=Local())
        assert await heard(ear) == "Un."
        one.script.fault = "error"
        assert await heard(ear) == "Deux."
        two.script.fault = "breaks"
        assert [await heard(ear) for _ in range(3)] == ["Ici."] * 3
        assert {health.state for health in ear.pool.health.values()} == {"away"}
        before = len(one.script.asked)
        assert await heard(ear) == "Ici."
        assert len(one.script.asked) == before, "who is away is asked by no call"
        await ear.close()


async def test_one_that_comes_back_is_found_by_itself_and_heard_again() -> None:
    clock, script = Clock(), Script(text="Un.")
    async with running(script) as server:
        port = int(server.address.rpartition(":")[2])
    ear = PooledEar([WyomingEar(f"127.0.0.1:{port}", seconds=PATIENT)], Local(), rules=Rules(2, 10), clock=clock)
    assert [await heard(ear) for _ in range(2)] == ["Ici."] * 2
    async with running(script, port):
        assert await heard(ear) == "Ici."
        clock.now += 10
        assert await heard(ear) == "Ici.", "the call that has it looked for does not wait"
        while ear.pool.health[f"127.0.0.1:{port}"].state != "healthy":
            await asyncio.sleep(0)
        assert await heard(ear) == "Un."
    await ear.close()


async def test_without_an_ear_here_nobody_there_is_said_at_the_start_and_in_a_call() -> None:
    async with running() as server:
        address = server.address
    ear = PooledEar([WyomingEar(address, seconds=PATIENT)])
    with pytest.raises(AsrError, match="no ear answers") as told:
        await ear.warm()
    assert "asr.local" in told.value.hint
    for _ in range(3):
        with pytest.raises(AsrError, match=address):
            await heard(ear)


async def test_the_start_goes_on_without_servers_where_an_ear_here_stands_in() -> None:
    async with running() as server:
        address = server.address
    ear = PooledEar([WyomingEar(address, seconds=PATIENT)], Local())
    await ear.warm()
    assert await heard(ear) == "Ici."


async def test_what_it_offers_is_told_to_the_operator() -> None:
    async with running() as server:
        told = await asyncio.to_thread(reach, server.address, "asr", "models")
    assert told == f"{server.address}: base"
