"""The real voices of this machine; a test of one that is absent is skipped, and says which."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tts import voices
from tts.base import Voice

NAMES = ("pico-fr-FR", "pico-en-GB", "pico-en-US", "piper-en-joe", "piper-fr-siwis", "kokoro-fr-siwis")


@pytest.fixture(params=NAMES)
async def voice(request: pytest.FixtureRequest) -> AsyncIterator[Voice]:
    """Each voice that is here, without its memory."""
    async for each in _open(str(request.param)):
        yield each


@pytest.fixture
async def pico() -> AsyncIterator[Voice]:
    """The French Pico voice."""
    async for each in _open("pico-fr-FR"):
        yield each


@pytest.fixture
async def joe() -> AsyncIterator[Voice]:
    """The English Piper voice."""
    async for each in _open("piper-en-joe"):
        yield each


async def _open(name: str) -> AsyncIterator[Voice]:
    info = next(info for info in voices.known() if info.name == name)
    if not info.present:
        pytest.skip(f"{name} is not on this machine")
    yield voices.voice(info.language, name).voice
    await voices.close()
