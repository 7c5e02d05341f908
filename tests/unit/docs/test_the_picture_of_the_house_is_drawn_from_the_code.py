"""docs/architecture.svg is what scripts/lib/architecture_picture.py draws of the code as it is."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("picture", ROOT / "scripts/lib/architecture_picture.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_is_what_the_code_is(drawing: ModuleType) -> None:
    written = (ROOT / "docs/architecture.svg").read_text(encoding="utf-8")
    assert written == drawing.picture(), "run scripts/lib/architecture_picture.py > docs/architecture.svg"


def test_every_folder_of_code_is_in_the_picture(drawing: ModuleType) -> None:
    drawn = {name for floor in drawing.folders() for name in floor}
    assert drawn == {path.parent.name for path in ROOT.glob("*/__init__.py")}


def test_an_arrow_that_a_longer_way_tells_is_left_out(drawing: ModuleType) -> None:
    graph = {"a": {"b", "c"}, "b": {"c"}}
    assert drawing.reduced(graph) == [("a", "b"), ("b", "c")]
