"""A proof that the operator names on the command line: its hash is of the file's content where it is a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from store.base.errors import BadInput, reason

MOST_BYTES = 100 * 1024 * 1024
"""Of a file of evidence: a long recording is smaller."""


def file_hash(named: str) -> str:
    """The SHA-256 of the regular file that `named` is, as hexadecimal; empty where it is none, but words.

    Only for what somebody types here. A row of a client's file names no file of ours: it is hashed as words.
    Raises BadInput for a file that is too long or cannot be read.
    """
    path = Path(named)
    try:
        if "\0" in named or not path.is_file():
            return ""
        if (size := path.stat().st_size) > MOST_BYTES:
            raise BadInput(f"{path}: holds {size} bytes, more than {MOST_BYTES}", hint="give its SHA-256 instead")
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        if reason(error).startswith("File name too long"):
            return ""
        raise BadInput(f"{path}: cannot be read ({reason(error)})", hint="give its SHA-256, or words") from error
