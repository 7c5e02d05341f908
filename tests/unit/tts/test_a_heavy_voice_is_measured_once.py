"""How quick a voice is found to be: measured once a machine, kept, and measured again only where it was too slow."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.base.settings import settings
from tts.base import TtsError, Voice
from tts.pace import pace


class Tone(Voice):
    """A second of sound, after so many seconds."""

    engine, name, language = "tone", "tone", "fr"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def stream(self, text: str) -> AsyncIterator[bytes]:
        time.sleep(self._seconds)
        yield bytes(32_000)


@pytest.fixture
def cache(settings_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DECROCHE_CACHE", str(tmp_path))
    settings.cache_clear()
    return tmp_path


def never(name: str) -> Voice:
    raise AssertionError("it was measured before")


async def test_it_is_measured_once_also_by_who_holds_an_event_loop(cache: Path) -> None:
    found = pace("tone", lambda _: Tone(0.05), 0.6)
    assert 0.04 < found < 0.6
    assert pace("tone", never, 0.6) == pytest.approx(found, abs=0.001)


def test_one_found_too_slow_is_measured_again_after_a_day(cache: Path) -> None:
    assert pace("tone", lambda _: Tone(0.05), 0.01) > 0.01
    assert pace("tone", never, 0.01) > 0.01
    kept = next((cache / "voice" / "pace").iterdir())
    os.utime(kept, (0, 0))
    assert pace("tone", lambda _: Tone(0.0), 0.01) < 0.01


def test_one_that_cannot_be_opened_is_too_slow_and_nothing_is_kept(cache: Path) -> None:
    def broken(name: str) -> Voice:
        raise TtsError("damaged")

    assert pace("tone", broken, 0.6) == float("inf")
    assert pace("tone", lambda _: Tone(0.0), 0.6) < 0.6
