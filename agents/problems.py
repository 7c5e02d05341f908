"""One thing wrong with an agent's file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

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


class Bad(Protocol):
    """Hears of a problem: where it is, what is wrong, what to do."""

    def __call__(self, path: Path_, what: str, hint: str = "", *, warn: bool = False) -> None: ...


def near(name: str, known: Iterable[str]) -> str:
    """What was meant by a name that is not known: the nearest that is, or all of them."""
    known = list(known)
    found = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{found[0]}'?" if found else f"known: {', '.join(known)}" if known else ""
