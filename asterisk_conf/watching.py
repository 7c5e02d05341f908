"""A process seen through a pidfd: its end can be waited for, whoever's child it is."""

from __future__ import annotations

import contextlib
import os
import select
from collections.abc import Generator

from store.base.errors import Unavailable


class AsteriskDown(Unavailable):
    """Asterisk does not run, or did not start."""

    code = "asterisk_down"


class Watch:
    """The process."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def ended(self, timeout: float) -> bool:
        """Whether it has ended within so many seconds."""
        return bool(select.select([self.descriptor], [], [], timeout)[0])


@contextlib.contextmanager
def watched(pid: int) -> Generator[Watch]:
    """Look at a process while the body runs. Raises AsteriskDown."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError as error:
        raise AsteriskDown("Asterisk has just ended") from error
    try:
        yield Watch(descriptor)
    finally:
        os.close(descriptor)
