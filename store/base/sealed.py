"""Files that are encrypted at rest and read in pieces: AES-256-GCM over blocks of 64 KiB.

    magic and version 5 bytes, name 16, length 8, length of what is carried 2, what is carried; then the blocks

Each file has a key of its own, so that a block's nonce is its number (NIST SP 800-38D, 8.2.1). Header and number are
authenticated with every block: one that was changed, moved, taken from another file, or is missing is refused. A part
of the file is read by decrypting the blocks that it lies in, no others.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from store.base.errors import DecrocheError

MAGIC = b"DCRS\x01"
BLOCK = 1 << 16
KEY_BYTES = 32
_TAG, _NONCE = 16, 12
_FIXED = struct.Struct(">5s16sQH")


class SealBroken(DecrocheError):
    """A sealed file or key cannot be opened: it was changed, or the key is another's."""

    code = "seal_broken"


def new_key() -> bytes:
    """256 random bits."""
    return AESGCM.generate_key(KEY_BYTES * 8)


def wrap(outer: bytes, key: bytes, about: bytes) -> bytes:
    """A key under another one: nonce, ciphertext, tag. `about` names what it is for, and must be said again."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(outer).encrypt(nonce, key, about)


def unwrap(outer: bytes, wrapped: bytes, about: bytes) -> bytes:
    """The key that was wrapped. Raises SealBroken."""
    try:
        return AESGCM(outer).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], about)
    except InvalidTag as error:
        raise SealBroken(
            "a key cannot be unwrapped: it is under another key", hint="restore secrets/recordings-key"
        ) from error


def sealed(data: bytes, key: bytes, name: bytes, carried: bytes = b"") -> Iterator[bytes]:
    """The pieces of a sealed file. `name`: 16 bytes, whose it is; `carried`: readable without the key."""
    header = _FIXED.pack(MAGIC, name, len(data), len(carried)) + carried
    yield header
    cipher = AESGCM(key)
    for number in range(_blocks(len(data))):
        piece = data[number * BLOCK : (number + 1) * BLOCK]
        yield cipher.encrypt(number.to_bytes(_NONCE, "big"), piece, header)


def is_sealed(path: Path) -> bool:
    """Whether a file begins as sealed ones do."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed file, opened as far as anybody may. `length`: of what is inside, in bytes."""

    path: Path
    name: bytes
    length: int
    carried: bytes
    header: bytes

    def pieces(self, key: bytes, first: int = 0, end: int | None = None) -> Iterator[bytes]:
        """What is inside, from byte `first` up to `end`, excluded. Raises SealBroken at the block that is not true."""
        end = self.length if end is None else min(end, self.length)
        if first >= end:
            return
        cipher = AESGCM(key)
        with self.path.open("rb") as file:
            for number in range(first // BLOCK, -(-end // BLOCK)):
                file.seek(len(self.header) + number * (BLOCK + _TAG))
                found = file.read(min(BLOCK, self.length - number * BLOCK) + _TAG)
                try:
                    piece = cipher.decrypt(number.to_bytes(_NONCE, "big"), found, self.header)
                except (InvalidTag, ValueError) as error:
                    raise SealBroken(f"{self.path.name}: block {number} is not as it was written") from error
                yield piece[max(0, first - number * BLOCK) : end - number * BLOCK]


def opened(path: Path) -> Sealed:
    """The file, without its key. Raises SealBroken for what is no sealed file."""
    with path.open("rb") as file:
        fixed = file.read(_FIXED.size)
        if len(fixed) < _FIXED.size or not fixed.startswith(MAGIC):
            raise SealBroken(f"{path.name} is no sealed file")
        _, name, length, carries = _FIXED.unpack(fixed)
        carried = file.read(carries)
    return Sealed(path, name, length, carried, fixed + carried)


def _blocks(length: int) -> int:
    """At least one: an empty file is authenticated too."""
    return max(1, -(-length // BLOCK))
