"""Who picked up, through the real ear, as JSON lines: `scripts/bench answering [--part open|sealed|all] [--voices …]`.

Every greeting of `tests/data/greetings/` is spoken by each voice that is here, by A-law; machines that record beep.
What a call would hear (voice activity, turns, transcripts, tones) is told to `ari_app/call/handling.py`, which decides.
A row a voice and part is a confusion matrix: what it was → what it was taken for → how often; with the share of people
taken for people and of machines (menus and announcements with them) for machines, and when it was decided. What was
taken for something else is told with its words, but of the sealed part only counted: nobody tunes the rules on it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import yaml

from ari_app.call.answering import Who
from ari_app.call.callaudio import WINDOW
from ari_app.call.handling import Handling, Hush
from ari_app.call.tones import Tones
from ari_app.call.turns import Grant, Speculate, TurnTaker
from asr.audio import resample as to_ear
from asr.base import SAMPLE_RATE, Ear, Pcm
from asr.ears import open_ear
from asr.vad import SileroVad
from tests.telephone import CHANNELS
from tts import voices
from tts.pcm import from_bytes

DATA = Path(__file__).parents[1] / "data" / "greetings"
VOICES = ("pico-fr-FR", "kokoro-fr-siwis")
NO_PERSON = ("machine", "menu", "screening", "fax", "busy", "nobody")
RINGS_OFF_MS, PICKS_UP_MS, BEEPS_MS = 2_500, 400, 600


@dataclass(frozen=True)
class Verdict:
    """Who it was taken for, when that was known (ms of the line), and what the ear heard."""

    who: Who
    at_ms: int
    heard: str


async def spoken(text: str, voice: str, kept: Path | None) -> Pcm:
    """The greeting at 16 kHz as the far end of a telephone hears it, without silence around it."""
    path = kept / f"{voice}-{abs(hash_of(text)):016x}.npy" if kept else None
    if path is not None and path.exists():
        return np.load(path)
    said = await voices.voice("fr", voice).voice.say(text)
    pcm = to_ear(CHANNELS["a-law"](from_bytes(said)), 8_000).astype(np.float32)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, pcm)
    return pcm


def hash_of(text: str) -> int:
    """The same in every process."""
    import hashlib

    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def quiet(ms: int) -> Pcm:
    return np.random.default_rng(1).normal(0, 0.0004, SAMPLE_RATE * ms // 1000).astype(np.float32)


def beep() -> Pcm:
    at = np.arange(SAMPLE_RATE * 2 // 5) / SAMPLE_RATE
    return (0.2 * np.sin(2 * np.pi * 1_000 * at)).astype(np.float32)


async def decided(line: Pcm, ear: Ear) -> Verdict:
    """What a call out makes of it, with nobody of ours talking."""
    handling, tones, turns, vad = Handling(message=True), Tones(), TurnTaker(), SileroVad()
    heard: list[str] = []
    for start in range(0, len(line) - WINDOW, WINDOW):
        window, at = line[start : start + WINDOW], (start + WINDOW) * 1000 // SAMPLE_RATE
        probability = vad.push(window)
        steps = [step for tone in tones.push(at, window) for step in handling.tone(tone)]
        steps += handling.voice(at, voiced=probability >= turns.rules.voice)
        asked = [(d.start_ms, d.end_ms, d.version) for d in turns.hear(at, probability) if isinstance(d, Speculate)]
        if (wanted := handling.watcher.wants_words()) is not None:
            asked.append((max(0, wanted[0] - 300), wanted[1], 0))
        for begun, until, version in asked:
            pcm = line[begun * SAMPLE_RATE // 1000 : until * SAMPLE_RATE // 1000]
            text = (await ear.transcribe(pcm, language="fr")).text
            heard.append(text)
            steps += handling.words(at, text)
            if version:
                turns.judged(version, 0.9, at)
                if any(isinstance(d, Grant) for d in turns.transcribed(version, text, at)):
                    turns.agent_started(at)
                    turns.agent_stopped(at)
        for step in steps:
            if isinstance(step, Hush):
                return Verdict(step.who, at, " ".join(heard))
    who = handling.watcher.who
    return Verdict("human" if who == "unknown" else who, len(line) * 1000 // SAMPLE_RATE, " ".join(heard))


async def measured(part: str, voice: str, ear: Ear, kept: Path | None, most: int) -> None:
    """One row, and what was mistaken."""
    greetings: dict[str, list[str]] = yaml.safe_load((DATA / f"{part}.yaml").read_text(encoding="utf-8"))
    matrix: dict[str, Counter[str]] = {}
    times: list[int] = []
    for was, texts in greetings.items():
        for text in texts[:most]:
            said = await spoken(text, voice, kept)
            after = [quiet(BEEPS_MS), beep()] if was == "machine" else []
            found = await decided(np.concatenate([quiet(PICKS_UP_MS), said, *after, quiet(RINGS_OFF_MS)]), ear)
            matrix.setdefault(was, Counter())[found.who] += 1
            if found.who in NO_PERSON:
                times.append(found.at_ms)
            wrong = (found.who == "human") != (was == "human")
            if wrong and part != "sealed":
                told = {"was": was, "taken_for": found.who, "said": text, "heard": found.heard, "voice": voice}
                print(json.dumps(told, ensure_ascii=False), flush=True)
    people, machines = matrix["human"], matrix["machine"] + matrix["menu"]
    print(json.dumps({
        "voice": voice, "part": part, "matrix": {was: dict(found) for was, found in matrix.items()},
        "people_as_people": round(people["human"] / people.total(), 3),
        "machines_as_machines": round(sum(machines[who] for who in NO_PERSON) / machines.total(), 3),
        "screening_as_screening": round(matrix["screening"]["screening"] / matrix["screening"].total(), 3),
        "decided_at_ms_p50": round(median(times)) if times else None,
    }), flush=True)  # fmt: skip


async def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("open", "sealed", "all"), default="all")
    parser.add_argument("--voices", nargs="+", default=list(VOICES))
    parser.add_argument("--most", type=int, default=1_000, help="greetings of a kind")
    parser.add_argument("--speech", type=Path, help="a folder that keeps what the voices said")
    options = parser.parse_args()
    ear = open_ear()
    parts = ("open", "sealed") if options.part == "all" else (options.part,)
    for voice in options.voices:
        for part in parts:
            await measured(part, voice, ear, options.speech, options.most)
    await ear.close()
    await voices.close()


if __name__ == "__main__":
    asyncio.run(main())
