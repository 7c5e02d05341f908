"""How quickly a voice speaks on this machine: measured once, kept in the cache folder, told to whoever chooses."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import platform
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from store.base.errors import DecrocheError
from store.base.settings import settings
from tts.base import Voice

log = logging.getLogger(__name__)

_SENTENCES = {
    "fr": "Je vous propose mardi à quatorze heures trente, cela vous va ?",
    "en": "I can offer you Tuesday at half past two, is that all right?",
}
_DAY = 86_400
_ROUNDS = 3
"""The quickest counts: what else the machine was doing meanwhile is not the voice's."""


def pace(name: str, opened: Callable[[str], Voice], limit: float) -> float:
    """Seconds of work a second of speech takes (times real time), of the voice that `opened(name)` gives.

    Measured the first time (some seconds), and kept since then for this machine; over `limit`, for a day only: it may
    have been busy. Infinite for a voice that cannot be opened or says nothing: that is not kept.
    """
    kept = _path(name)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = float(json.loads(kept.read_text())["times_real_time"])
        if found < limit or time.time() - kept.stat().st_mtime < _DAY:
            return found
    try:
        with ThreadPoolExecutor(1) as thread:  # whoever asks may hold an event loop
            found = thread.submit(lambda: asyncio.run(_measured(opened(name)))).result()
    except DecrocheError as error:
        log.warning("voice %s was not measured: [%s] %s", name, error.code, error)
        return float("inf")
    if found < float("inf"):
        _keep(kept, {"voice": name, "times_real_time": round(found, 3)})
    return found


async def _measured(voice: Voice) -> float:
    text, best = _SENTENCES[voice.language], float("inf")
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        seconds = len(await voice.say(text)) / 32_000
        best = min(best, (time.perf_counter() - began) / seconds if seconds else best)
    await voice.close()
    return best


def _path(name: str) -> Path:
    """One file a machine: a cache may be copied, or the machine changed under it."""
    key = f"{name} {platform.machine()} {_processor()} {os.cpu_count()}"
    return settings().cache / "voice" / "pace" / f"{hashlib.sha256(key.encode()).hexdigest()[:20]}.json"


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line
    return platform.processor()


def _keep(path: Path, found: dict[str, object]) -> None:
    """A disk that is full or read-only is no error: the next process measures again."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = path.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(found))
        new.replace(path)
