"""Many broken inputs to one reader: what is no DecrocheError, takes too long, or over 200 MB, is a find.

Too long is over a second of the thread's own time, twice: the first reading may be the one that imports or that a
machine held up.
"""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.security.fuzz.targets import EXPECTED, Target

MOST_SECONDS = 1.0
MOST_MB = 200
SLOW = "took "


class TooLong(BaseException):
    """No reader's own `except` may swallow it."""


@dataclass(frozen=True)
class Find:
    """What went wrong, with which input."""

    target: str
    seed: int
    what: str
    data: bytes


def hunt(target: Target, count: int, folder: Path, *, first: int = 0) -> Iterator[Find]:
    """Try `count` inputs, each of its own seed. A seed makes the same input always."""
    before = _peak_mb()
    for seed in range(first, first + count):
        data = target.bend(Random(f"{target.name} {seed}"), target.seeds)
        what = _tried(target, data, folder)
        if what.startswith(SLOW):
            what = _tried(target, data, folder)
        if not what and _peak_mb() - before > MOST_MB:
            what, before = f"took {_peak_mb() - before} MB", _peak_mb()
        if what:
            yield Find(target.name, seed, what, data)


def _tried(target: Target, data: bytes, folder: Path) -> str:
    began = time.thread_time()
    try:
        with _limited():
            target.read(data, folder)
    except EXPECTED:
        pass
    except TooLong:
        return f"was not read within {MOST_SECONDS * 10:.0f} s"
    except Exception as error:  # noqa: BLE001  whatever it is, it is what is looked for
        return f"{type(error).__name__}: {error}"[:300]
    took = time.thread_time() - began  # the reader's own time: a loaded machine is slow, not wrong
    return f"{SLOW}{took:.1f} s" if took > MOST_SECONDS else ""


@contextmanager
def _limited() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS * 10)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
