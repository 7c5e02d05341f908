"""`decroche models pull` on a machine that has the defaults but reaches no hub."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from store import weights as models
from store.base.settings import settings
from store.weights.cli import models as group


@pytest.fixture
def cache_of_links(settings_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, holding links to every real model but the French voice."""
    real = settings().cache / "models"
    cache = tmp_path / "cache"
    for name in models.catalogue():
        if models.present(name) and name != "piper-fr-siwis":
            (cache / "models" / name).mkdir(parents=True)
            for file in (real / name).iterdir():
                (cache / "models" / name / file.name).symlink_to(file)
    monkeypatch.setenv("DECROCHE_CACHE", str(cache))
    monkeypatch.setenv("DECROCHE_MODELS__OFFLINE", "true")
    settings.cache_clear()
    return cache


def test_without_the_french_voice_the_defaults_are_there_and_pico_is_named(cache_of_links):
    done = CliRunner().invoke(group, ["pull", "--lang", "fr", "--json"])
    states = {row["name"]: row["state"] for row in map(json.loads, done.stdout.splitlines())}
    assert done.exit_code == 0
    assert states.pop("piper-fr-siwis") == "unavailable"
    assert set(states.values()) == {"here"}
    assert "pico" in done.stderr


def test_the_voice_activity_model_comes_from_the_installed_package(cache_of_links):
    (cache_of_links / "models" / "silero-vad-v6" / "silero_vad_v6.onnx").unlink()
    done = CliRunner().invoke(group, ["pull", "silero-vad-v6", "--json"])
    assert json.loads(done.stdout)["source"] == "bundled"
    assert models.present("silero-vad-v6")
