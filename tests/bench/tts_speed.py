"""First audio and real-time factor of each voice on this machine, as JSON: `python -m tests.bench.tts_speed`."""

from __future__ import annotations

import asyncio
import json
import statistics
import time

from tts import voices
from tts.base import Voice

CLAUSES = {
    "fr": {
        "five_words": "Je regarde cela tout de suite,",
        "sentence": "Je vous propose mardi vingt-quatre novembre à quatorze heures trente, cela vous va ?",
    },
    "en": {
        "five_words": "Let me check that now,",
        "sentence": "I can offer you Tuesday the twenty-fourth of November at half past two, is that all right?",
    },
}
ROUNDS = 9


async def _once(voice: Voice, text: str) -> tuple[float, float, float]:
    began, first, size = time.perf_counter(), 0.0, 0
    async for piece in voice.stream(text):
        first = first or time.perf_counter() - began
        size += len(piece)
    return first, time.perf_counter() - began, size / 32_000


async def measure(voice: Voice, what: str) -> dict[str, object]:
    """Medians over ROUNDS, warm, in seconds."""
    text = CLAUSES[voice.language][what]
    await _once(voice, text)
    runs = [await _once(voice, text) for _ in range(ROUNDS)]
    first = sorted(run[0] for run in runs)
    return {
        "engine": voice.engine,
        "voice": voice.name,
        "clause": what,
        "first_audio_p50": round(statistics.median(first), 4),
        "first_audio_max": round(first[-1], 4),
        "audio_seconds": round(runs[0][2], 3),
        "real_time_factor": round(statistics.median(run[1] / run[2] for run in runs), 4),
    }


async def main() -> None:
    """Print one JSON object a voice and clause."""
    for info in voices.known():
        if info.present:
            voice = voices.voice(info.language, info.name).voice
            for what in CLAUSES[info.language]:
                print(json.dumps(await measure(voice, what)), flush=True)
    await voices.close()


if __name__ == "__main__":
    asyncio.run(main())
