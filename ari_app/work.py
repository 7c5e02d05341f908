"""Which part of the house does which job. Each is loaded when the first of its kind comes."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from store.base.settings import Settings
from store.work import Handler


@contextmanager
def handlers(of: Settings) -> Generator[dict[str, Handler]]:
    """Kind of job → who does it, while the body runs."""
    yield {}
