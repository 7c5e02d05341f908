"""The same conversations by voice, as JSON lines: `scripts/bench understanding_by_voice [FILE…] [--sample N]`.

A sample of the French conversations that were looked at (the sealed ones are never opened): every sentence of a caller
is spoken by each French voice that is here (Kokoro, Pico, Piper), sent through A-law at 8 kHz, with a street's noise
below the voice and packets lost, heard by the real ear, and held and judged as `agent evaluate` does. Beside it, in the
same run, the same conversations typed: what the telephone costs. Seeded: a run takes the same ones and hears what the
last did. `--keep FILE` writes each conversation down as it ends; a run with the same file goes on from there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.definition import Exchange, Trial
from agents.evaluation import Suite, read_suite, tallied
from agents.meaning.sense import Sense, open_sense
from agents.trial import TrialResult, run_trial
from ari_app.softphone.g711 import decode, encode
from ari_app.softphone.report import to_phone_rate
from asr.audio import resample
from asr.base import Ear
from asr.ears import open_ear
from llm.base import Mind
from llm.minds import mind as open_mind
from tts.base import Voice
from tts.voices import close, known, voice

SETS = Path(__file__).parents[1] / "data/understanding"
FRAME = 160
"""Samples of a packet of 20 ms."""
Samples = NDArray[np.float64]
SEED = 20261127
TYPED = "typed"


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


@dataclass(slots=True)
class Kept:
    """What was held, by way, condition, company and conversation; written down as it goes on."""

    file: Path | None
    results: dict[tuple[str, str, str, str], TrialResult] = field(
        default_factory=dict[tuple[str, str, str, str], TrialResult]
    )

    def read(self) -> None:
        """What an earlier run wrote. A last line that a killed run left half is left out."""
        lines = self.file.read_text(encoding="utf-8").splitlines() if self.file and self.file.exists() else []
        for line in lines:
            try:
                told = json.loads(line)
            except json.JSONDecodeError:
                continue
            self.results[tuple(told["key"])] = TrialResult(**told["result"])

    def add(self, key: tuple[str, str, str, str], result: TrialResult) -> None:
        self.results[key] = result
        if self.file is not None:
            with self.file.open("a", encoding="utf-8") as out:
                told = {name: getattr(result, name) for name in ("name", "failures", "category", "harms", "seconds")}
                out.write(json.dumps({"key": key, "result": told}, ensure_ascii=False) + "\n")


def sample(files: list[Path], most: int, seed: int) -> list[tuple[Suite, Trial]]:
    """So many conversations of these files, the same for the same seed. Raises SystemExit for a sealed file."""
    if sealed := [str(path) for path in files if "sealed" in path.name]:
        raise SystemExit(f"error: {', '.join(sealed)} is sealed; name a file that was looked at")
    suites = [suite for suite in (read_suite(path) for path in files) if suite.agent.language == "fr"]
    every = [(suite, trial) for suite in suites for trial in suite.trials]
    chosen = sorted(random.Random(seed).sample(range(len(every)), min(most, len(every))))
    return [every[at] for at in chosen]


def told(way: str, condition: str, results: list[TrialResult]) -> None:
    for tally in tallied(results):
        print(json.dumps({
            "way": way, "condition": condition, "category": tally.category, "held": tally.held, "right": tally.right,
            "wrong": tally.wrong, "harmful": tally.harmful, "right_percent": round(100 * tally.right / tally.held, 1),
        }), flush=True)  # fmt: skip


@dataclass(slots=True)
class Bench:
    """Everything that is held with, and what was held."""

    held: list[tuple[Suite, Trial]]
    kept: Kept
    sense: Sense
    mind: Mind | None
    ear: Ear
    settings: str
    """What else a result depends on: kept under other settings, it is held anew."""

    async def hold(self, way: str, condition: str, line: Line | None) -> None:
        """Every conversation of the sample by one way, and its counts."""
        results = list[TrialResult]()
        for number, (suite, trial) in enumerate(self.held, 1):
            key = (way, f"{condition} {self.settings}", suite.name, trial.name)
            if key not in self.kept.results:
                if line is not None:
                    line.dice = np.random.default_rng(zlib.crc32("/".join(key).encode()) ^ SEED)
                spoken = trial if line is None else await line.heard(trial)
                self.kept.add(key, await run_trial(suite.agent, spoken, self.mind, self.sense))
            results.append(self.kept.results[key])
            right = sum(result.passed for result in results)
            print(
                f"\r{way}, {condition}: {number} of {len(self.held)}, {right} right ",
                end="",
                file=sys.stderr,
                flush=True,
            )
        print(file=sys.stderr)
        told(way, condition, results)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--sample", type=int, default=100, help="conversations, drawn by the seed")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--voices", default="", help="names, by commas; empty: every French one here")
    parser.add_argument(
        "--conditions", default="noise", help="by commas: noise (A-law, noise, loss), line (A-law alone)"
    )
    parser.add_argument("--noise", type=float, default=10, help="dB by which the voice is above the noise")
    parser.add_argument("--lost", type=float, default=0.02, help="share of packets lost")
    parser.add_argument("--keep", type=Path, help="JSON lines of what was held, to go on from")
    parser.add_argument(
        "--without-mind", action="store_true", help="rules and meaning alone, without the language model"
    )
    given = parser.parse_args()
    files = given.files or [
        path for path in sorted(SETS.glob("*/*.yaml")) if path.name not in ("agent.yaml", "sealed.yaml")
    ]
    heard_as = {"noise": (given.noise, given.lost), "line": (60.0, 0.0)}
    if unknown := set(given.conditions.split(",")) - set(heard_as):
        parser.error(f"no condition is called {', '.join(sorted(unknown))}; known: {', '.join(heard_as)}")
    kept = Kept(given.keep)
    kept.read()
    mind = None if given.without_mind else open_mind()
    settings = f"{given.noise} dB {given.lost} {given.seed} {mind.model if mind else 'no mind'}"
    bench = Bench(sample(files, given.sample, given.seed), kept, open_sense(), mind, open_ear(), settings)
    here = [info.name for info in known() if info.language == "fr" and info.present]
    try:
        await bench.hold(TYPED, TYPED, None)
        for name in given.voices.split(",") if given.voices else here:
            for condition in given.conditions.split(","):
                noise, lost = heard_as[condition]
                line = Line(bench.ear, voice("fr", name), noise, lost, np.random.default_rng(given.seed))
                await bench.hold(name, condition, line)
    finally:
        if mind is not None:
            await mind.close()
        await bench.ear.close()
        await close()


if __name__ == "__main__":
    asyncio.run(main())
