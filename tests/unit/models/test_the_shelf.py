"""What is on the machine is found; what is missing or damaged is said with what to type."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import weights as models
from tests.unit.models.conftest import BODY


@pytest.fixture
def weights(small):
    path = models.folder("small") / "weights.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    return path


def test_a_model_that_is_there_is_found_by_its_ending(weights):
    assert models.file("small", ".bin") == weights
    assert models.verify("small") == weights.parent


def test_a_missing_model_says_what_to_type(small):
    assert not models.present("small")
    with pytest.raises(models.ModelMissing) as caught:
        models.path("small")
    assert caught.value.hint == "decroche models pull small"


def test_a_file_cut_short_is_damaged_not_missing(weights):
    weights.write_bytes(BODY[:-1])
    with pytest.raises(models.ModelDamaged, match=r"weights\.bin"):
        models.path("small")


def test_one_flipped_bit_is_found_by_verify(weights):
    weights.write_bytes(BODY[:-1] + bytes([BODY[-1] ^ 1]))
    assert models.present("small")
    with pytest.raises(models.ModelDamaged, match="SHA-256"):
        models.verify("small")


def test_a_file_that_changed_since_it_was_fetched_is_not_opened(weights: Path) -> None:
    """Of the same size, and with the stamp of the good one beside it: it is read again, and refused."""
    assert models.path("small") == weights.parent
    stamp = (weights.parent / ".checked").read_bytes()
    weights.write_bytes(bytes(len(BODY)))
    (weights.parent / ".checked").write_bytes(stamp)
    with pytest.raises(models.ModelDamaged, match=r"weights\.bin: SHA-256"):
        models.path("small")
    weights.write_bytes(BODY)
    assert models.path("small") == weights.parent
