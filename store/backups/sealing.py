"""Encryption of backups: age (age-encryption.org/v1) by pyrage, in a stream, to public keys.

What is encrypted here can be opened by `age` and `rage` too. A byte that was changed is found when it is read.
"""

from __future__ import annotations

import os
import re
import stat
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from store.base.errors import BadInput, DecrocheError, reason

_age: Any = import_module("pyrage")
"""age's own library, which has no types."""

_AGE = re.compile(rb"age-encryption\.org/v1\n")


class Damaged(DecrocheError):
    """A backup is not as it was written."""

    code = "backup_damaged"


class WrongKey(BadInput):
    """A backup was encrypted to another key."""

    code = "backup_wrong_key"


class Writable(Protocol):
    """Where an encrypted stream goes."""

    def write(self, data: bytes, /) -> object:
        """All of `data`, or a fault."""
        ...

    def flush(self) -> None:
        """Down to the system."""
        ...


class Recipient(Protocol):
    """A public key."""


class Identity(Protocol):
    """A private key."""


def recipients(text: str) -> list[Recipient]:
    """The public keys of a setting, apart by spaces or commas. Raises BadInput."""
    found: list[Recipient] = []
    for word in re.split(r"[\s,]+", text.strip()):
        if not word:
            continue
        if word.startswith("AGE-SECRET-KEY-"):
            raise BadInput(
                "backup.recipient holds a private key", hint="put the public one there, age1…, and keep this one away"
            )
        try:
            found.append(_age.x25519.Recipient.from_str(word))
        except _age.RecipientError as error:
            raise BadInput(
                f"backup.recipient: {word!r} is no public key of age",
                hint="age-keygen -o backup.key, on another machine, prints one: age1…",
            ) from error
    return found


def identities(path: Path) -> list[Identity]:
    """The private keys of a file, as age-keygen writes it. Raises BadInput, also where others may read it."""
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: {reason(error)}", hint="name the file that age-keygen wrote") from error
    held = os.environ.get("CREDENTIALS_DIRECTORY")  # systemd's, which nobody else may enter
    if stat.S_ISREG(mode) and stat.S_IMODE(mode) & 0o077 and not (held and path.is_relative_to(held)):
        raise BadInput(f"{path} can be read by others", hint=f"chmod 0600 {path}")
    try:
        found: list[Identity] = [_age.x25519.Identity.from_str(line) for line in lines]
    except _age.IdentityError as error:
        raise BadInput(f"{path}: a line is no private key of age", hint="AGE-SECRET-KEY-1…") from error
    if not found:
        raise BadInput(f"{path}: holds no private key", hint="name the file that age-keygen wrote")
    return found


def seal(pieces: Iterator[bytes], out: Writable, to: list[Recipient]) -> None:
    """Write `pieces` encrypted. Whatever making or writing them raises is raised."""
    source, sink = _Source(pieces), _Sink(out)
    try:
        _age.encrypt_io(source, sink, to)
    except (_age.EncryptError, OSError) as error:
        raise source.fault or sink.fault or error from None
    if fault := source.fault or sink.fault:  # the last bytes' fault is not told by the library
        raise fault


def is_sealed(path: Path) -> bool:
    """Whether a file begins as age's do. Raises BadInput where it cannot be read."""
    try:
        with path.open("rb") as file:
            return bool(_AGE.match(file.read(32)))
    except OSError as error:
        raise BadInput(f"{path}: {reason(error)}", hint="decroche backup list") from error


@contextmanager
def opened(path: Path, by: list[Identity]) -> Generator[BinaryIO]:
    """What is in an encrypted file, to be read once from its beginning. Raises WrongKey, Damaged.

    A thread decrypts into a pipe: no more is in memory than a pipe holds.
    """
    end_to_read, end_to_write = os.pipe()
    faults: list[Exception] = []
    thread = threading.Thread(target=_pour, args=(path, end_to_write, by, faults), name="age", daemon=True)
    thread.start()
    try:
        with os.fdopen(end_to_read, "rb") as stream:
            yield stream
            while stream.read(1 << 16):  # what stands after the end is authenticated too
                pass
    except Exception as error:  # noqa: BLE001  whatever it was, a fault of the file's explains it better
        thread.join()
        raise _told(path, faults[0]) if faults else error from None
    thread.join()
    if faults:
        raise _told(path, faults[0])


def _pour(path: Path, into: int, by: list[Identity], faults: list[Exception]) -> None:
    sink = None
    try:
        with os.fdopen(into, "wb") as out, path.open("rb") as source:
            sink = _Sink(out)
            _age.decrypt_io(source, sink, by)
    except BrokenPipeError:  # nobody reads on: it is not the file's fault
        pass
    except (_age.DecryptError, OSError) as error:
        if not (sink and sink.fault):
            faults.append(error)


def _told(path: Path, fault: Exception) -> DecrocheError:
    if "No matching keys" in str(fault):
        return WrongKey(f"{path.name} was encrypted to another key", hint="name the file of its private key")
    return Damaged(f"{path.name} is not as it was written: {fault}", hint="take another backup: decroche backup list")


class _Source:
    """A reader over pieces; what making them raised is kept."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, memoryview(b"")
        self.fault: Exception | None = None

    def read(self, size: int) -> bytes:
        """At most `size` bytes; b"" at the end."""
        try:
            while not self._left:
                self._left = memoryview(next(self._pieces))
        except StopIteration:
            return b""
        except Exception as error:
            self.fault = error
            raise
        piece, self._left = self._left[:size], self._left[size:]
        return bytes(piece)


class _Sink:
    """A writer; what writing raised is kept."""

    def __init__(self, out: Writable) -> None:
        self._out = out
        self.fault: Exception | None = None

    def write(self, data: bytes) -> int:
        """All of `data`, or a fault."""
        try:
            self._out.write(data)
        except Exception as error:
            self.fault = error
            raise
        return len(data)

    def flush(self) -> None:
        """What is written is written."""
        try:
            self._out.flush()
        except Exception as error:
            self.fault = error
            raise
