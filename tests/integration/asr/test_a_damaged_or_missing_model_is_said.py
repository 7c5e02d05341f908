"""Models that are missing, cut short or rotten: each has a clear message before any call is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr.ears import open_ear
from asr.vad import SileroVad
from store import weights as models
from store.base.settings import settings


@pytest.fixture
def copy(settings_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own with Whisper's small files, and weights of the right size but all zeros."""
    real = models.path("whisper-base")
    folder = tmp_path / "cache" / "models" / "whisper-base"
    folder.mkdir(parents=True)
    for file in real.iterdir():
        if file.suffix == ".bin":
            with (folder / file.name).open("wb") as out:
                out.truncate(file.stat().st_size)
        elif file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    monkeypatch.setenv("DECROCHE_CACHE", str(tmp_path / "cache"))
    settings.cache_clear()
    return folder


def test_rotten_weights_are_named_with_what_to_type(copy):
    with pytest.raises(models.ModelDamaged, match=r"model\.bin: SHA-256") as caught:
        open_ear()
    assert caught.value.hint == "decroche models pull whisper-base"


def test_weights_cut_short_are_found_before_they_are_loaded(copy):
    with (copy / "model.bin").open("r+b") as weights:
        weights.truncate(1000)
    with pytest.raises(models.ModelDamaged, match=r"model\.bin"):
        open_ear()


def test_a_missing_model_says_what_to_pull(copy):
    for file in copy.iterdir():
        file.unlink()
    with pytest.raises(models.ModelMissing) as caught:
        open_ear()
    assert caught.value.hint == "decroche models pull whisper-base"


def test_the_voice_activity_model_too(copy):
    with pytest.raises(models.ModelMissing, match="silero"):
        SileroVad()
