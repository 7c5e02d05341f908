"""M12: every package, and what builds the one that is source only, is pinned with its hash."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
BUILD = re.compile(r"-m pip wheel[^\n]*(?:\\\n[^\n]*)*")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_package_has_its_hash(lock: Path) -> None:
    wanted = [entry for entry in re.split(r"\n(?=\S)", lock.read_text()) if "==" in entry.partition("\n")[0]]
    assert wanted
    for entry in wanted:
        assert "--hash=sha256:" in entry, entry.partition("\n")[0]


@pytest.mark.parametrize("source", sorted(ROOT.glob("requirements*.in")), ids=lambda path: path.name)
def test_every_list_has_its_lock(source: Path) -> None:
    assert source.with_suffix(".lock") in LOCKS


def test_a_build_fetches_nothing_by_itself() -> None:
    """pip fetches a build's own requirements without any hash, unless it is told to find them installed."""
    builds = [match[0] for path in (ROOT / "scripts").rglob("*") if path.is_file()
              for match in BUILD.finditer(path.read_text(errors="replace"))]  # fmt: skip
    assert builds
    for command in builds:
        assert "--no-build-isolation" in command
        assert "--require-hashes" in command


def test_what_builds_llama_is_in_the_builds_lock() -> None:
    names = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements-build.lock").read_text(), re.MULTILINE)
    assert {"scikit-build-core", "pip", "packaging", "pathspec"} <= set(names)
