"""The service with engines that follow a script: `python -m tests.acceptance.faults.scripted_serve`, to be killed.

What the ear hears and how the engines fail is a file, `engines.json` in the home folder, read each time they are asked.
"""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ari_app.desk import parts
from ari_app.service.service import Service
from asr.base import AsrError, Pcm, Transcript
from store.base.logs import set_up_logs
from store.base.settings import Settings, settings
from tests.scripted_engines import RATE, Done, Hum, Loudness, NoMind, ScriptedEar
from tts.base import TtsError

NOISE = "nonsense \x00 \ud7ff " * 400
"""What an engine says that has lost its wits."""


def told(home: Path) -> Mapping[str, Any]:
    """The script as it stands."""
    try:
        return json.loads((home / "engines.json").read_text(encoding="utf-8"))
    except OSError:
        return {}


class Ear(ScriptedEar):
    """It hears what the file says, or fails, hangs, or answers garbage."""

    def __init__(self, home: Path) -> None:
        self._home = home

    async def transcribe(self, pcm: Pcm, *, language: str, hotwords: Sequence[str] = ()) -> Transcript:
        script = told(self._home)
        match script.get("ear", ""):
            case "fails":
                raise AsrError("the ear is broken")
            case "hangs":
                await asyncio.sleep(3600)
            case "garbage":
                return Transcript(NOISE, language, len(pcm) / RATE, -9.0, 1.0)
            case _:
                pass
        return Transcript(script.get("text", ""), language, len(pcm) / RATE, 0.0, 1.0)


class Speech(Hum):
    """As long as somebody would take to say it, at another pitch than callers."""

    def __init__(self, home: Path) -> None:
        self._home = home

    async def stream(self, text: str) -> AsyncIterator[bytes]:
        match told(self._home).get("voice", ""):
            case "fails":
                raise TtsError("the voice is broken")
            case "hangs":
                await asyncio.sleep(3600)
            case _:
                pass
        at = np.arange(int(min(2.0, 0.02 * len(text)) * RATE)) / RATE
        yield (9_000 * np.sin(2 * np.pi * 300 * at)).astype("<i2").tobytes()


def openers() -> parts.Openers:
    """All that a call needs, in no time; but for an ear that is as long in coming as the file says `"coming": true`."""
    home = settings().home
    voice = Speech(home)

    def ear(of: Settings) -> Ear:
        while told(home).get("coming"):
            time.sleep(0.05)
        return Ear(home)

    async def closed() -> None:
        return

    return parts.Openers(
        ear=ear, endpointer=Done, mind=lambda of: NoMind(), sense=None, activity=Loudness,
        voice=lambda language, name: voice, close_voices=closed,
    )  # fmt: skip


async def main() -> None:
    """As `decroche serve --demo`, with those engines."""
    set_up_logs(settings())
    parts.openers = openers
    service = Service(settings(), demo=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, service.stop)
    await service.run()


if __name__ == "__main__":
    asyncio.run(main())
