"""A command run on a terminal of its own, as a person would, for what it shows only there."""

from __future__ import annotations

import errno
import os
import pty
import re
import subprocess
import sys
from dataclasses import dataclass

_STYLE = re.compile(r"\x1b\[[0-9;]*m")  # ECMA-48, SGR


@dataclass(frozen=True)
class Shown:
    """What stood on the terminal, without its colours, and the exit status."""

    text: str
    status: int


def on_a_terminal(*arguments: str, timeout: float = 60) -> Shown:
    """`decroche ARGUMENTS…` with both outputs on one pseudo-terminal of 100 columns."""
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "ari_app.cli", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "COLUMNS": "100", "TERM": "xterm"},
        ) as process:
            os.close(theirs)
            text = _all(ours)
            return Shown(_STYLE.sub("", text).replace("\r\n", "\n"), process.wait(timeout))
    finally:
        os.close(ours)


def _all(terminal: int) -> str:
    """All that is written until the last writer is gone, which Linux tells as EIO (pty(7))."""
    parts: list[bytes] = []
    try:
        while part := os.read(terminal, 65536):
            parts.append(part)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
    return b"".join(parts).decode()
