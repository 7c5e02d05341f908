"""Log files under the home: which they are, and striking a person's number out of them.

The service's own never hold a whole number (store/base/logs.py strikes the middle out as it writes); Asterisk's may.
"""

from __future__ import annotations

import re
from pathlib import Path

_FOLDERS = ("logs", "asterisk/log")


def log_files(home: Path) -> list[Path]:
    """Every log file of this home, ours and Asterisk's."""
    return sorted(path for folder in _FOLDERS for path in (home / folder).rglob("*") if path.is_file())


def naming(home: Path, expression: str) -> list[Path]:
    """The log files in which the regular expression is found."""
    wanted = _wanted(expression)
    return [path for path in log_files(home) if any(wanted.search(line) for line in _lines(path))]


def strike(path: Path, expression: str) -> None:
    """Write x over the digits of what the expression finds, in place: whoever has the file open goes on with it."""
    wanted, at = _wanted(expression), 0
    with path.open("r+b") as file:
        for line in _lines(path):
            struck = wanted.sub(lambda found: re.sub(rb"[0-9]", b"x", found[0]), line)
            if struck != line:
                file.seek(at)
                file.write(struck)
            at += len(line)


def _wanted(expression: str) -> re.Pattern[bytes]:
    return re.compile(expression.encode())


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)
