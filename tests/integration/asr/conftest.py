"""One real ear for all tests of this folder, and recordings of a French voice on the telephone (8 kHz)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from asr.audio import read
from asr.base import Pcm
from asr.ears import open_ear
from asr.whisper_ear import WhisperEar
from store.base.settings import settings

SOUNDS = "usr/share/asterisk/sounds/fr_CA_f_June"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ear() -> AsyncIterator[WhisperEar]:
    """The default ear of this machine."""
    ear = open_ear()
    yield ear
    await ear.close()


@pytest.fixture(scope="session")
def sounds() -> Path:
    """The folder of the recordings, in the cache's Asterisk or the machine's own."""
    for place in (settings().cache / "asterisk-root" / SOUNDS, Path("/") / SOUNDS):
        if place.is_dir():
            return place
    pytest.skip("no French prompts of Asterisk on this machine (scripts/setup fetches them)")


@pytest.fixture(scope="session")
def prompt(sounds: Path) -> Callable[[str], Pcm]:
    """A recording by its name, at 16 kHz."""
    return lambda name: read(sounds / f"{name}.wav")
