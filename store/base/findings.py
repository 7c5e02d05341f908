"""What was found of one part of the house, with what to type; and how an error becomes a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from store.base.errors import DecrocheError

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`state`: ok, warn (the service runs, less well) or fail. `hint`: what to type or set."""

    part: str
    state: State
    detail: str
    hint: str = ""


def ok(part: str, detail: str) -> Finding:
    """Nothing to do."""
    return Finding(part, "ok", detail)


def warn(part: str, detail: str, hint: str) -> Finding:
    """It runs, less well than it could."""
    return Finding(part, "warn", detail, hint)


def fail(part: str, detail: str, hint: str) -> Finding:
    """It does not run."""
    return Finding(part, "fail", detail, hint)


def told(part: str, error: DecrocheError) -> Finding:
    """The failure an error of the house describes."""
    return fail(part, str(error), error.hint)


def attempt(part: str, look: Callable[[], str]) -> Iterator[Finding]:
    """One finding: what `look` returns, or the failure it raises."""
    try:
        yield ok(part, look())
    except DecrocheError as error:
        yield told(part, error)
