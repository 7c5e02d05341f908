"""Files that tell of people: read by their owner only, whole before they have their name, never written by a link."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from store.base.errors import BadInput, reason


@contextmanager
def private_file(path: Path) -> Generator[Path]:
    """A new, empty file of mode 0600 to be filled; it takes the name `path`, and what stood there, once it is whole.

    Raises BadInput where the folder is not to be written in, or a link or no file stands there. A fault while it is
    filled leaves `path` as it was.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise BadInput(f"{path}: is a link, or no file", hint="name the file itself")
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    except OSError as error:
        raise BadInput(f"{path}: {reason(error)}", hint="name a file in a folder you may write") from error
    try:
        yield draft
        draft.chmod(0o600)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_private(path: Path, data: str | bytes) -> None:
    """Write a whole file of mode 0600; text in UTF-8, its line ends as they are. Raises BadInput."""
    with private_file(path) as draft:
        draft.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
