"""What Asterisk's console answers, read."""

from __future__ import annotations

import os
import re
from pathlib import Path

_SHOWN = re.compile(r"^/decroche/(number|fallback)/(\+\d+)\s*: ?(.*)$", re.MULTILINE)
"""A row of `database show decroche`."""


def resident_mb(pid: int) -> float:
    """What a process holds in memory, MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def number_after(text: str, words: str) -> int:
    """The number that follows these words."""
    return int(text.partition(words)[2].split()[0])


def number_before(text: str, words: str) -> int:
    """The number that begins the line with these words."""
    line = next(line for line in text.splitlines() if words in line and line[0].isdigit())
    return int(line.split()[0])


def published(text: str) -> dict[str, str]:
    """The numbers of `database show decroche`, each with its fallback ('' = none)."""
    rows = _SHOWN.findall(text)
    fallbacks = {number: value.strip() for tree, number, value in rows if tree == "fallback"}
    return {number: fallbacks.get(number, "") for tree, number, _ in rows if tree == "number"}
