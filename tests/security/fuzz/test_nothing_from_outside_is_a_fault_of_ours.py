"""Every file of a client's and every message from outside, broken 2,000 times: told as an error, in bounded time."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from store.base.errors import DecrocheError
from tests.security.fuzz.hunt import hunt
from tests.security.fuzz.targets import TARGETS, Target

COUNT = int(os.environ.get("FUZZ_COUNT", "2000"))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_broken_input_is_told_and_breaks_nothing(target: Target, tmp_path: Path) -> None:
    found = list(hunt(target, COUNT, tmp_path))
    assert [(find.seed, find.what) for find in found[:5]] == []


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_good_input_is_read(target: Target, tmp_path: Path) -> None:
    """What is bent is good: else the reader would be left at its first line."""
    for data in target.seeds:
        target.read(data, tmp_path)


def test_a_reader_that_fails_otherwise_is_found(tmp_path: Path) -> None:
    def faulty(data: bytes, _: Path) -> object:
        if data.endswith(b"a"):
            raise DecrocheError("told")
        return 1 // data.count(b"a")

    found = list(hunt(Target("faulty", [b"banana"], faulty), 300, tmp_path))
    assert {find.what.partition(":")[0] for find in found} == {"ZeroDivisionError"}
    (again,) = hunt(Target("faulty", [b"banana"], faulty), 1, tmp_path, first=found[0].seed)
    assert again.data == found[0].data
    assert Random("x").random() == Random("x").random()
