"""Somebody else's conversion under a model's name is noticed: each checksum has who stands for it."""

from __future__ import annotations

import struct

import pytest

from scripts.compare_weights import COMPARED, without
from store import weights
from store.weights.entries import ModelFile

FILES = [
    pytest.param(model.name, file, id=f"{model.name}/{file.name}")
    for model in weights.catalogue().values()
    for variant in model.variant
    for file in variant.file
]


@pytest.mark.parametrize(("model", "file"), FILES)
def test_a_checksum_is_not_of_the_file_as_it_was_first_met(model: str, file: ModelFile) -> None:
    assert file.sum_from != "measured"
    assert file.sum_from != "hub" or file.hub is not None
    assert file.sum_from != "lock" or file.bundled is not None


@pytest.mark.parametrize(("model", "file"), FILES)
def test_what_a_packages_author_alone_has_made_is_compared(model: str, file: ModelFile) -> None:
    """`scripts/compare-weights` fetches 140 MB: it is run by hand when a line of the catalogue changes."""
    assert (file.sum_from == "compared") <= ((model, file.name) in COMPARED)


@pytest.mark.parametrize(("model", "file"), FILES)
def test_a_hubs_file_is_of_one_revision_and_not_of_a_branch(model: str, file: ModelFile) -> None:
    assert file.hub is None or file.hub.revision != "main"


def test_a_converters_flag_is_taken_out_and_nothing_else() -> None:
    """What two conversions must have in common is compared byte for byte."""
    tail = struct.pack("<I", 0)
    assert without(_model({"a/flag": b"\0", "w": b"1234"}, tail), {"a/flag"}) == _model({"w": b"1234"}, tail)
    assert without(_model({"w": b"1234"}, tail), {"a/flag"}) == _model({"w": b"1234"}, tail)
    with pytest.raises(ValueError, match="version 6"):
        without(b"GGUF" + bytes(40), {"a/flag"})


def _model(variables: dict[str, bytes], tail: bytes) -> bytes:
    """A CTranslate2 file of version 6: a flag has no dimensions, other variables have one."""
    out = struct.pack("<I", 6) + _text("WhisperSpec") + struct.pack("<II", 3, len(variables))
    for name, value in variables.items():
        dimensions = () if len(value) == 1 else (len(value),)
        shape = bytes([len(dimensions)]) + b"".join(struct.pack("<I", n) for n in dimensions)
        out += _text(name) + shape + bytes([1]) + struct.pack("<I", len(value)) + value
    return out + tail


def _text(word: str) -> bytes:
    return struct.pack("<H", len(word) + 1) + word.encode() + b"\0"
