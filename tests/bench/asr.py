"""Bench of the ear: short-window Whisper against faster-whisper's own `transcribe`, side by side.

python -m tests.bench.asr [--json] [--limit N] [--beam N] [--sounds FOLDER]

Every prompt is heard by all, one after the other, so that a busy machine slows all alike. `speedup` is
against `transcribe` of the same column's beam. Word error rates are after normalisation (see `plain`).
"""

from __future__ import annotations

import asyncio
import re
import statistics
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import jiwer
import numpy as np
from num2words import num2words

from asr.audio import read
from asr.base import SAMPLE_RATE
from asr.ears import open_ear
from asr.turn import SmartTurn
from asr.vad import FRAME, SileroVad
from asr.whisper_ear import WhisperEar
from store import weights as models
from store.base.console import emit, err, progress, to_json
from store.base.errors import NotFound
from store.base.settings import settings

PROMPTS = Path(__file__).parents[1] / "data" / "asr" / "fr_prompts.tsv"
SOUNDS = "usr/share/asterisk/sounds/fr_CA_f_June"
Listen = Callable[[np.ndarray], str]


def plain(text: str) -> str:
    """Lower case, numbers in words, ligatures parted, nothing but letters and spaces; accents are kept."""
    text = unicodedata.normalize("NFC", text.lower()).replace("œ", "oe").replace("æ", "ae")
    text = re.sub(r"\d+", lambda n: f" {num2words(int(n[0]), lang='fr')} ", text)
    return " ".join(re.sub(r"[\W_]+", " ", text).split())


def references() -> dict[str, str]:
    """What is said in each prompt, by the prompt's name."""
    rows = PROMPTS.read_text(encoding="utf-8").splitlines()
    return dict(row.split("\t") for row in rows if row)


def sounds(given: Path | None) -> Path:
    """The folder of the recordings: as given, in the cache's Asterisk, or in the machine's own."""
    places = [given] if given else [settings().cache / "asterisk-root" / SOUNDS, Path("/") / SOUNDS]
    for place in places:
        if place.is_dir():
            return place
    raise NotFound(f"no recordings in {', '.join(map(str, places))}", hint="install asterisk-core-sounds-fr-wav")


def peers(threads: int) -> dict[str, Listen]:
    """faster-whisper's `transcribe` with the same weights, precision and threads."""
    from faster_whisper import WhisperModel

    entry = models.default("asr", "fr", settings().device)
    assert entry is not None
    kind = "int8" if settings().device == "cpu" else "float16"
    model = WhisperModel(str(models.path(entry.name)), device=settings().device, compute_type=kind, cpu_threads=threads)

    def transcribe(beam: int) -> Listen:
        def listen(pcm: np.ndarray) -> str:
            segments, _ = model.transcribe(pcm, language="fr", beam_size=beam)
            return " ".join(segment.text.strip() for segment in segments)

        return listen

    return {"transcribe beam 1": transcribe(1), "transcribe beam 5": transcribe(5)}


def compare(ear: WhisperEar, folder: Path, limit: int, threads: int) -> list[dict[str, Any]]:
    """One row a way of listening: mean and p95 seconds an utterance, word error rate, speed-up."""
    loop = asyncio.new_event_loop()

    def ours(pcm: np.ndarray) -> str:
        return loop.run_until_complete(ear.transcribe(pcm, language="fr")).text

    ways: dict[str, Listen] = {"short window": ours, **peers(threads)}
    wanted = dict(list(references().items())[: limit or None])
    clips = {name: read(folder / f"{name}.wav") for name in wanted}
    took: dict[str, list[float]] = {way: [] for way in ways}
    heard: dict[str, list[str]] = {way: [] for way in ways}
    for way in ways.values():
        way(next(iter(clips.values())))  # memory is laid out before the clock starts
    with progress(len(clips), what="prompts") as bar:
        for pcm in clips.values():
            for name, way in ways.items():
                began = time.perf_counter()
                heard[name].append(plain(way(pcm)))
                took[name].append(time.perf_counter() - began)
            bar.advance(bar.task_ids[0])
    loop.run_until_complete(ear.close())
    loop.close()
    audio = sum(pcm.size for pcm in clips.values()) / SAMPLE_RATE
    said = [plain(text) for text in wanted.values()]
    return [_row(name, took, said, heard[name], audio) for name in ways]


def _row(name: str, took: dict[str, list[float]], said: list[str], heard: list[str], audio: float) -> dict[str, Any]:
    wrong = [f"{s} / {h}" for s, h in zip(said, heard, strict=True) if s != h]
    return {
        "way": name,
        "utterances": len(said),
        "audio_seconds": round(audio, 1),
        "mean_seconds": round(statistics.mean(took[name]), 3),
        "p95_seconds": round(statistics.quantiles(took[name], n=20)[-1], 3),
        "speedup": round(sum(took["transcribe beam 1"]) / sum(took[name]), 2),
        "wer_percent": round(100 * jiwer.wer(said, heard), 1),
        "wrong": wrong,
    }


def small_models(folder: Path) -> dict[str, float]:
    """Microseconds a VAD frame, milliseconds a turn decision (medians)."""
    pcm = read(folder / f"{next(iter(references()))}.wav")
    vad = SileroVad()
    frames = [pcm[i : i + FRAME] for i in range(0, pcm.size - FRAME, FRAME)]
    per_frame = [_seconds(lambda f=f: vad.push(f)) for f in frames]
    turn = SmartTurn()
    per_turn = [_seconds(lambda: asyncio.run(turn.complete(pcm))) for _ in range(10)]
    return {
        "vad_frame_us": round(1e6 * statistics.median(per_frame)),
        "turn_ms": round(1e3 * statistics.median(per_turn), 1),
    }


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--limit", default=0, help="Only the first prompts.")
@click.option("--beam", default=0, help="Beam of the short window; default: the setting's.")
@click.option("--sounds", "given", type=click.Path(path_type=Path), help="Folder of the recordings.")
@click.option("--wrong", is_flag=True, help="Also print what was heard wrong.")
def main(as_json: bool, limit: int, beam: int, given: Path | None, wrong: bool) -> None:
    """Compare, and print the figures."""
    import os

    threads = settings().asr.threads or len(os.sched_getaffinity(0))
    if beam:
        settings().asr.beam = beam
    folder = sounds(given)
    rows = compare(open_ear(), folder, limit, threads)
    small = small_models(folder)
    if not wrong:
        rows = [{k: v for k, v in row.items() if k != "wrong"} for row in rows]
    if as_json:
        click.echo(to_json({"bench": "asr", "threads": threads, "rows": rows, **small}))
        return
    emit(rows, ("way", "utterances", "mean_seconds", "p95_seconds", "speedup", "wer_percent"), as_json=False)
    err.print(f"VAD {small['vad_frame_us']} µs a frame of 32 ms; turn decision {small['turn_ms']} ms")
    for row in rows:
        for line in row.get("wrong", []):
            click.echo(f"{row['way']}: {line}")


if __name__ == "__main__":
    main()
