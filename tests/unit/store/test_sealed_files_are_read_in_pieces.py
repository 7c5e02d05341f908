"""A sealed file gives back any part of what was put in, to whoever has its key, and nothing that was changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.base.sealed import BLOCK, SealBroken, is_sealed, new_key, opened, sealed, unwrap, wrap

NAME = bytes(range(16))


def written(folder: Path, data: bytes, key: bytes, carried: bytes = b"") -> Path:
    path = folder / "call.wav.sealed"
    path.write_bytes(b"".join(sealed(data, key, NAME, carried)))
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.integers(0, 3 * BLOCK + 5), st.integers(0, 3 * BLOCK + 9), st.integers(0, 3 * BLOCK + 9))
def test_any_part_is_read_as_it_was_written(tmp_path: Path, length: int, first: int, end: int) -> None:
    data, key = os.urandom(length), new_key()
    found = opened(written(tmp_path, data, key, b"carried"))
    assert (found.length, found.name, found.carried) == (length, NAME, b"carried")
    assert b"".join(found.pieces(key)) == data
    assert b"".join(found.pieces(key, first, end)) == data[first:end]


def test_nothing_of_it_can_be_read_without_its_key(tmp_path: Path) -> None:
    path = written(tmp_path, b"RIFF" + b"secret words" * 9000, new_key())
    assert is_sealed(path)
    assert b"secret words" not in path.read_bytes()
    with pytest.raises(SealBroken, match="block 0"):
        b"".join(opened(path).pieces(new_key()))


@pytest.mark.parametrize("change", ["a bit", "the header", "two blocks swapped", "the last block cut", "half a block"])
def test_what_was_changed_is_refused(tmp_path: Path, change: str) -> None:
    data, key = os.urandom(3 * BLOCK), new_key()
    path = written(tmp_path, data, key)
    raw = bytearray(path.read_bytes())
    start, size = len(opened(path).header), BLOCK + 16
    if change == "a bit":
        raw[start + 5] ^= 1
    elif change == "the header":
        raw[6] ^= 1  # the name: another call's file
    elif change == "two blocks swapped":
        one, two = raw[start : start + size], raw[start + size : start + 2 * size]
        raw[start : start + 2 * size] = two + one
    elif change == "the last block cut":
        del raw[start + 2 * size :]
    else:
        del raw[-100:]
    path.write_bytes(raw)
    with pytest.raises(SealBroken):
        b"".join(opened(path).pieces(key))


def test_a_key_is_wrapped_for_one_thing_and_under_one_key() -> None:
    outer, key = new_key(), new_key()
    wrapped = wrap(outer, key, b"call 1")
    assert unwrap(outer, wrapped, b"call 1") == key
    for other, about in ((new_key(), b"call 1"), (outer, b"call 2")):
        with pytest.raises(SealBroken, match="another key"):
            unwrap(other, wrapped, about)
