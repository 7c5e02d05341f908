"""The archive's parts are hashed as they pass; encrypted, a changed byte and another key are told."""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyrage
import pytest

from store.backups import sealing
from store.backups.archive import Packing, walked
from store.backups.sealing import Damaged, WrongKey
from store.base.errors import BadInput


def packed(parts: dict[str, bytes]) -> bytes:
    packing = Packing()
    pieces = [piece for name, data in parts.items() for piece in packing.data(name, data)]
    return b"".join([*pieces, *packing.end({"home": "/home"})])


def read(archive: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}

    def visit(name: str, source: BinaryIO) -> None:
        found[name] = source.read()

    walked(io.BytesIO(archive), visit)
    return found


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, str]:
    """(file of a private key, its public key)."""
    made = pyrage.x25519.Identity.generate()
    path = tmp_path / "backup.key"
    path.write_text(f"# created by a test\n{made}\n")
    path.chmod(0o600)
    return path, str(made.to_public())


def sealed_file(tmp_path: Path, public: str, data: bytes) -> Path:
    path = tmp_path / "backup.age"
    with path.open("wb") as out:
        sealing.seal(iter([data[:10], data[10:]]), out, sealing.recipients(public))
    return path


def test_parts_come_back_as_they_were_and_any_tar_reads_them() -> None:
    parts = {f"home/{n}": bytes([n % 256]) * n for n in range(2500)}
    archive = packed(parts)
    assert read(archive) == parts
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        names = tar.getnames()
    assert names[-1] == "manifest.json"
    assert [name for name in names if name.startswith("hashes/")] == [f"hashes/{n:06}.jsonl" for n in (1, 2, 3)]


def test_a_part_that_was_changed_is_named() -> None:
    archive = bytearray(packed({"home/a": b"a" * 100, "home/b": b"b" * 100}))
    archive[archive.index(b"b" * 100)] ^= 1
    with pytest.raises(Damaged, match="home/b is not as it was written"):
        read(bytes(archive))


def test_an_archive_cut_short_is_told() -> None:
    archive = packed({"home/a": b"a" * 100_000})
    for cut in (100, 50_000, len(archive) - 3000):
        with pytest.raises(Damaged):
            read(archive[:cut])


def test_a_part_that_would_leave_the_home_is_refused() -> None:
    with pytest.raises(Damaged, match="no plain file"):
        read(packed({"home/../../etc/passwd": b"root"}))


def test_what_is_encrypted_is_read_with_its_key_only(tmp_path: Path, key: tuple[Path, str]) -> None:
    path = sealed_file(tmp_path, key[1], b"secret" * 100_000)
    assert b"secret" not in path.read_bytes()
    with sealing.opened(path, sealing.identities(key[0])) as stream:
        assert stream.read() == b"secret" * 100_000
    other = [pyrage.x25519.Identity.generate()]
    with pytest.raises(WrongKey, match="another key"), sealing.opened(path, other) as stream:
        stream.read()


@pytest.mark.parametrize("place", [30, 250, 100_000, -1])
def test_a_flipped_byte_is_told_wherever_it_is(tmp_path: Path, key: tuple[Path, str], place: int) -> None:
    path = sealed_file(tmp_path, key[1], b"secret" * 100_000)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises((Damaged, WrongKey)), sealing.opened(path, sealing.identities(key[0])) as stream:
        stream.read()


def test_a_fault_in_what_is_encrypted_is_the_fault_that_is_raised(tmp_path: Path, key: tuple[Path, str]) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a"
        raise BadInput("the disk is gone")

    with (tmp_path / "out").open("wb") as out, pytest.raises(BadInput, match="the disk is gone"):
        sealing.seal(pieces(), out, sealing.recipients(key[1]))


def test_a_disk_that_is_full_at_the_last_byte_is_told(key: tuple[Path, str]) -> None:
    with Path("/dev/full").open("wb", buffering=0) as out, pytest.raises(OSError, match="No space left"):
        sealing.seal(iter([b"little"]), out, sealing.recipients(key[1]))


def test_a_stream_left_early_leaves_no_thread(tmp_path: Path, key: tuple[Path, str]) -> None:
    path = sealed_file(tmp_path, key[1], b"secret" * 1_000_000)

    def left() -> None:
        with sealing.opened(path, sealing.identities(key[0])) as stream:
            raise KeyError(stream.read(10))

    with pytest.raises(KeyError):
        left()
    assert not [thread for thread in threading.enumerate() if thread.name == "age"]


@pytest.mark.parametrize(
    ("text", "told"),
    [("AGE-SECRET-KEY-1ABC", "private key"), ("ssh-rsa", "no public key"), ("age1abc", "no public key")],
)
def test_a_recipient_that_is_none_is_told(text: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        sealing.recipients(text)


def test_a_private_key_that_others_may_read_is_refused(key: tuple[Path, str]) -> None:
    key[0].chmod(0o644)
    with pytest.raises(BadInput, match="read by others"):
        sealing.identities(key[0])
