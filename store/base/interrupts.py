"""Ctrl-C that waits: what must not be cut in two is done, and only then is the signal acted on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def uninterrupted() -> Generator[None]:
    """Hold SIGINT and SIGTERM back until the block is left, then let them act as they would have.

    For starting a process and writing down which it is: cut between the two, it would run on unknown. The handler
    is Python's, not the mask, because a child inherits the mask. Elsewhere than in the main thread, which alone is
    interrupted, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []

    def hold(number: int, _frame: FrameType | None) -> None:
        held.append(number)

    before = {number: signal.signal(number, hold) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for number in held[:1]:
            signal.raise_signal(number)
