"""Real Smart Turn on whole and cut French sentences; and the mistake everyone makes with 8 kHz."""

from __future__ import annotations

import numpy as np
import pytest

from asr.audio import resample
from asr.base import SAMPLE_RATE
from asr.turn import WINDOW, SmartTurn, turn_features

pytestmark = pytest.mark.asyncio(loop_scope="session")
WHOLE = (
    "vm-tocallnum", "vm-advopts", "vm-nobodyavail", "vm-savefolder", "queue-youarenext", "vm-tooshort",
    "vm-mailboxfull", "vm-intro", "vm-prev", "vm-repeat", "ss-noservice", "vm-sorry",
)  # fmt: skip


@pytest.fixture(scope="module")
def turn() -> SmartTurn:
    return SmartTurn()


async def test_whole_sentences_are_complete_once_200_ms_of_silence_follow(turn, prompt):
    """As on a call, where the model is asked when the voice activity has stopped."""
    pause = np.zeros(SAMPLE_RATE // 5, np.float32)
    found = [await turn.complete(np.concatenate([prompt(name), pause])) for name in WHOLE]
    assert np.mean(np.array(found) > 0.5) >= 0.8


async def test_sentences_cut_in_the_middle_are_less_complete(turn, prompt):
    whole = [await turn.complete(prompt(name)) for name in WHOLE]
    cut = [await turn.complete(prompt(name)[: int(prompt(name).size * 0.55)]) for name in WHOLE]
    assert np.mean(cut) < np.mean(whole) - 0.2


async def test_eight_kilohertz_told_as_such_gives_the_same_answer(turn, prompt):
    for name in WHOLE[:4]:
        pcm = prompt(name)
        narrow = pcm[::2]  # the recordings hold nothing above 4 kHz
        assert abs(await turn.complete(narrow, rate=8000) - await turn.complete(pcm)) < 0.2


async def test_eight_kilohertz_passed_off_as_sixteen_is_wrong_without_an_error(turn, prompt):
    """The reason for `rate`: if this ever stops being so, nothing would warn of a missing resampling."""
    right = turn_features(prompt("vm-nobodyavail"))
    wrong = turn_features(prompt("vm-nobodyavail")[::2])
    assert np.abs(right - wrong).mean() > 0.1


async def test_the_last_eight_seconds_are_used_and_right_aligned(turn, prompt):
    pcm = prompt("vm-nobodyavail")
    long = np.concatenate([np.random.default_rng(1).normal(0, 0.1, WINDOW).astype(np.float32), pcm])
    assert await turn.complete(long) == await turn.complete(long[-WINDOW:])
    features = turn_features(pcm)
    silent = (WINDOW - pcm.size) // 160 - 3
    assert features.shape == (80, 800)
    assert np.ptp(features[:, :silent]) < 1e-3
    assert np.ptp(features[:, silent + 5 :]) > 0.5


async def test_any_rate_is_brought_to_16_khz(turn, prompt):
    pcm = prompt("vm-nobodyavail")
    wide = np.repeat(pcm, 3)  # 48 kHz, roughly
    assert resample(wide, 48_000).size == pcm.size
    assert (await turn.complete(wide, rate=3 * SAMPLE_RATE) > 0.5) == (await turn.complete(pcm) > 0.5)
