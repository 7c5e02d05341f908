"""One thing wrong with an agent's file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Path_ = tuple[str | int, ...]
"""Where in the file: keys and list positions."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Its line, its path as text, what is wrong, what to do."""

    line: int
    where: str
    what: str
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
