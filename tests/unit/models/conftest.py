"""A private cache and a small catalogue of the test's own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from store.base.settings import settings

Configure = Callable[..., None]
BODY = bytes(range(256)) * 4096


@pytest.fixture
def configure(settings_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Set variables; the cache is private from the start, the hub is nowhere, and nothing is offline."""

    def set_all(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(f"DECROCHE_{name.upper()}", value)
        settings.cache_clear()

    set_all(cache=str(tmp_path / "cache"), models__hub="", models__mirror="", models__offline="false")
    return set_all


@pytest.fixture
def small(tmp_path: Path, configure: Configure) -> Callable[[str], None]:
    """Adds the model `small` to the catalogue: one file `weights.bin`, equal to BODY, with these sources."""

    def write(sources: str) -> None:
        path = tmp_path / "more.toml"
        path.write_text(
            f"""
[[model]]
name = "small"
use = "llm"
languages = ["en"]
devices = ["cpu"]
licence = "none"
about = "for tests"
[[model.variant]]
[[model.variant.file]]
name = "weights.bin"
size = {len(BODY)}
sha256 = "{hashlib.sha256(BODY).hexdigest()}"
{sources}
"""
        )
        configure(models__catalogue=str(path))

    write("")
    return write
