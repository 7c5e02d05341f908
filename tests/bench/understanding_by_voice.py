"""The same conversations by voice, as JSON lines: `scripts/bench understanding_by_voice [FILE…] [--most N]`.

Every sentence of a caller is spoken by each voice of its language that is here, sent through A-law at 8 kHz with
a street's noise below the voice and packets lost, heard by the real ear, and held through the real
conversation. Beside it the same conversations as text: what the telephone costs. Seeded: a run hears what the last did.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.definition import Exchange, Trial
from agents.evaluation import read_suite, tallied
from agents.meaning.sense import open_sense
from agents.trial import TrialResult, run_trial
from ari_app.softphone.g711 import decode, encode
from ari_app.softphone.report import to_phone_rate
from asr.audio import resample
from asr.base import Ear
from asr.ears import open_ear
from llm.minds import mind as open_mind
from tts.base import Voice
from tts.voices import close, known, voice

SETS = Path(__file__).parents[1] / "data/understanding"
FRAME = 160
"""Samples of a packet of 20 ms."""
Samples = NDArray[np.float64]


def street(size: int, dice: np.random.Generator) -> Samples:
    """Noise as rooms and streets have it, less of it the higher (1/f power), of unit level."""
    spectrum = np.fft.rfft(dice.standard_normal(size))
    spectrum[1:] /= np.sqrt(np.arange(1, spectrum.size))
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, size)
    return noise / max(1e-9, float(np.sqrt(np.mean(noise**2))))


def telephone(pcm: Samples, dice: np.random.Generator, noise_db: float, lost_share: float) -> Samples:
    """Speech (16 kHz, ±1) as it comes out of a bad line, at 16 kHz again."""
    narrow = to_phone_rate(pcm, 16_000)
    loud = narrow[np.abs(narrow) > 0.01]
    level = float(np.sqrt(np.mean(loud**2))) if loud.size else 0.0
    noisy = narrow + street(narrow.size, dice) * level * 10 ** (-noise_db / 20)
    coded = decode(encode((noisy.clip(-1, 1) * 32767).astype(np.int16))).astype(np.float64) / 32768
    frames = -(-coded.size // FRAME)
    for lost in np.flatnonzero(dice.random(frames) < lost_share):
        coded[lost * FRAME : (lost + 1) * FRAME] = 0
    return resample(coded.astype(np.float32), 8000).astype(np.float64)


@dataclass(slots=True)
class Line:
    """One voice on one bad line, and the ear at its end."""

    ear: Ear
    speaker: Voice
    noise_db: float
    lost_share: float
    dice: np.random.Generator

    async def heard(self, trial: Trial) -> Trial:
        """The conversation with what the ear made of every sentence."""
        turns = list[Exchange]()
        for turn in trial.turns:
            turns.append(turn.model_copy(update={"caller": await self._said(turn.caller)}) if turn.caller else turn)
        return trial.model_copy(update={"turns": turns})

    async def _said(self, text: str) -> str:
        pcm = np.frombuffer(await self.speaker.say(text), "<i2").astype(np.float64) / 32768
        line = telephone(pcm, self.dice, self.noise_db, self.lost_share).astype(np.float32)
        return (await self.ear.transcribe(line, language="fr")).text or "…"


def told(way: str, results: list[TrialResult]) -> None:
    for tally in tallied(results):
        print(json.dumps({
            "way": way, "category": tally.category, "held": tally.held, "right": tally.right, "harmful": tally.harmful,
            "right_percent": round(100 * tally.right / tally.held, 1),
        }), flush=True)  # fmt: skip


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--most", type=int, default=100, help="conversations in all, spread over the files")
    parser.add_argument("--voices", default="", help="names, by commas; empty: every French one here")
    parser.add_argument("--noise", type=float, default=10, help="dB by which the voice is above the noise")
    parser.add_argument("--lost", type=float, default=0.02, help="share of packets lost")
    given = parser.parse_args()
    files = given.files or sorted(SETS.glob("*/open.yaml"))
    suites = [read_suite(path) for path in files]
    each = max(1, given.most // len(suites))
    suites = [replace(suite, trials=suite.trials[:: max(1, len(suite.trials) // each)][:each]) for suite in suites]
    sense, mind, ear = open_sense(), open_mind(), open_ear()
    try:
        told("text", [await run_trial(s.agent, t, mind, sense) for s in suites for t in s.trials])
        here = [info.name for info in known() if info.language == "fr" and info.present]
        for name in given.voices.split(",") if given.voices else here:
            line = Line(ear, voice("fr", name), given.noise, given.lost, np.random.default_rng(20261127))
            results = list[TrialResult]()
            for suite in suites:
                for trial in suite.trials if suite.agent.language == "fr" else ():
                    results.append(await run_trial(suite.agent, await line.heard(trial), mind, sense))
            told(name, results)
    finally:
        await mind.close()
        await ear.close()
        await close()


if __name__ == "__main__":
    asyncio.run(main())
