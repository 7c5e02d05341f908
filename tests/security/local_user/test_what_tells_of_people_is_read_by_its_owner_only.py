"""Copies, proofs and drawings of calls are written 0600, whole, and never where a planted link leads."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator
from pathlib import Path

import pytest

from store.base.errors import BadInput
from store.base.private import private_file, write_private


@pytest.fixture(autouse=True)
def usual_umask() -> Generator[None]:
    """As most machines have it: others may read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_and_one_that_was_open_to_all_are_the_owners_only(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text("{}", encoding="utf-8")
    for path in (old, tmp_path / "new.json"):
        write_private(path, "é\r\n")
        assert (mode(path), path.read_bytes()) == (0o600, "é\r\n".encode())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.json", "old.json"]


def test_a_link_that_was_planted_is_refused_and_its_target_left(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "copy.zip"
    target.write_text("theirs", encoding="utf-8")
    link.symlink_to(target)
    with pytest.raises(BadInput, match="is a link"):
        write_private(link, b"secret")
    assert target.read_text(encoding="utf-8") == "theirs"


def test_a_fault_leaves_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "copy.zip"
    path.write_bytes(b"before")

    def broken_off() -> None:
        with private_file(path) as draft:
            draft.write_bytes(b"half")
            raise EOFError

    with pytest.raises(EOFError):
        broken_off()
    assert [path.read_bytes(), list(tmp_path.iterdir())] == [b"before", [path]]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file or directory"):
        write_private(tmp_path / "nowhere" / "x", "")
