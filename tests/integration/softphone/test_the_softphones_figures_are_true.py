"""`decroche softphone call` on a real Asterisk, with signals whose times are known beforehand.

The command's own lateness, which it reports, is added to the 20 ms it promises: a loaded machine is no fault of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ari_app.softphone.g711 import Samples
from ari_app.softphone.measure import RATE, Frame, spans
from ari_app.softphone.phone import SoftPhone
from ari_app.softphone.report import read_wav, write_wav
from ari_app.softphone.script import Utterance
from asterisk_conf.server import Asterisk
from tests.integration.call.conftest import linked

PROMISED_MS = 20
BURSTS = ((300, 800), (1500, 2700))
SECRETARY, AGENT = "+33199000001", "+33162009901"


def signal(*bursts: tuple[int, int]) -> Samples:
    """A 500 Hz tone that sounds from and to these milliseconds."""
    line = np.zeros((bursts[-1][1] + 100) * RATE // 1000)
    for first, last in bursts:
        at = np.arange((last - first) * RATE // 1000) / RATE
        line[first * RATE // 1000 : last * RATE // 1000] = 9000 * np.cos(2 * np.pi * 500 * at)
    return line.astype(np.int16)


def variables(asterisk: Asterisk) -> dict[str, str]:
    """What makes the command use this Asterisk."""
    ours = asterisk.config.asterisk
    return {
        **os.environ,
        "DECROCHE_HOME": str(asterisk.config.home),
        "DECROCHE_ASTERISK__SIP_PORT": str(ours.sip_port),
    }


def call(asterisk: Asterisk, number: str, *options: str | Path) -> dict[str, Any]:
    """What `decroche softphone call NUMBER … --json` prints."""
    command = [sys.executable, "-m", "ari_app.cli", "softphone", "call", number, "--json", *map(str, options)]
    done = subprocess.run(command, env=variables(asterisk), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def assert_near(found: float, known: float, facts: dict[str, Any]) -> None:
    assert abs(found - known) <= PROMISED_MS + facts["sent_late_ms"], f"{found} instead of {known}: {facts}"


def assert_bursts(voice: Sequence[dict[str, float]], facts: dict[str, Any]) -> None:
    """These are the known bursts, whenever the first began."""
    assert len(voice) == len(BURSTS), voice
    zero = voice[0]["from_ms"] - BURSTS[0][0]
    for span, (first, last) in zip(voice, BURSTS, strict=True):
        assert_near(span["from_ms"] - zero, first, facts)
        assert_near(span["to_ms"] - zero, last, facts)


@pytest.fixture
def bursts(tmp_path: Path) -> Path:
    path = tmp_path / "bursts.wav"
    write_wav(path, signal(*BURSTS))
    return path


def test_an_echo_of_a_known_signal_is_timed_and_recorded_as_it_was(
    asterisk: Asterisk, bursts: Path, tmp_path: Path
) -> None:
    heard = tmp_path / "heard.wav"
    facts = call(asterisk, "*43", "--play", bursts, "--record", heard, "--patience", "300", "--farewell", "500")
    assert_bursts(facts["agent_voice"], facts)
    said = facts["utterances"][0]
    assert_near(said["to_ms"] - said["from_ms"], BURSTS[1][1] - BURSTS[0][0], facts)
    sound = read_wav(heard)
    recorded = spans([Frame(at * 1000 / RATE, sound[at : at + 160]) for at in range(0, len(sound), 160)])
    assert_bursts([{"from_ms": span.from_ms, "to_ms": span.to_ms} for span in recorded], facts)


def test_a_reply_is_timed_as_the_one_who_replied_timed_it(asterisk: Asterisk, bursts: Path) -> None:
    reply = [Utterance(signal((0, 400))), Utterance(signal((0, 1000)), delay_ms=600)]
    reply[0] = Utterance(reply[0].pcm, when="after_answer", delay_ms=200)
    with SoftPhone.of(asterisk.config, "secretary") as far, ThreadPoolExecutor(1) as pool:
        answering = pool.submit(far.wait_for_call, reply, timeout=20)
        facts = call(asterisk, SECRETARY, "--play", bursts, "--farewell", "1500")
        other = answering.result(30)
    heard_until = other.agent_voice[-1].to_ms
    begun = other.utterances[1].from_ms
    assert begun is not None
    between = facts["utterances"][0]["reply_ms"] - (begun - heard_until)
    assert -PROMISED_MS <= between <= 4 * PROMISED_MS + facts["sent_late_ms"], "a packet each way, and no more"


def test_an_interruption_is_timed_to_the_far_ends_last_sample(asterisk: Asterisk, tmp_path: Path) -> None:
    """The far end speaks for 3 s and does not stop: how long it went on is known."""
    for name in ("one", "two"):
        write_wav(tmp_path / f"{name}.wav", signal((0, 500)))
    script = [Utterance(signal((0, 400)), when="after_answer", delay_ms=200), Utterance(signal((0, 3000)))]
    with SoftPhone.of(asterisk.config, "secretary") as far, ThreadPoolExecutor(1) as pool:
        answering = pool.submit(far.wait_for_call, script, timeout=20)
        facts = call(
            asterisk, SECRETARY, "--play", f"{tmp_path}/one.wav,{tmp_path}/two.wav", "--barge-in-after", "1000",
            "--farewell", "1000",
        )  # fmt: skip
        answering.result(30)
    began, over = facts["agent_voice"][1]["from_ms"], facts["utterances"][1]
    assert over["from_ms"] - began >= 1000 - PROMISED_MS
    assert_near(over["from_ms"] - began + over["went_on_ms"], 3000, facts)


async def test_keys_arrive_in_order(asterisk: Asterisk) -> None:
    await asyncio.to_thread(asterisk.publish_number, AGENT)
    async with linked(asterisk.config) as line:
        options = ("--dtmf", "1,2,#", "--patience", "300", "--farewell", "300")
        calling = asyncio.create_task(asyncio.to_thread(call, asterisk, AGENT, *options))
        async with asyncio.timeout(30):
            arrival = await line.arrivals.get()
            events = line.link.watch(arrival.channel_id)
            await line.link.answer(arrival.channel_id)
            keys: list[str] = []
            while len(keys) < 3:
                event = await events.get()
                keys += [event.data["digit"]] if event.type == "ChannelDtmfReceived" else []
        await calling
    assert keys == ["1", "2", "#"]


def test_a_call_nobody_takes_ends_with_1_and_its_reason(asterisk: Asterisk) -> None:
    command = [sys.executable, "-m", "ari_app.cli", "softphone", "call", "+33162009999", "--json"]
    done = subprocess.run(command, env=variables(asterisk), capture_output=True, text=True, timeout=60, check=False)
    facts = json.loads(done.stdout)
    assert (done.returncode, facts["status"], facts["answered_ms"]) == (1, 404, None)
