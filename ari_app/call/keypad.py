"""The keys of a telephone: taken together as an answer, after `#` or a pause."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PAUSE_SECONDS = 1.5
"""Without a key for so long, the keys pressed are taken as an answer."""


class Keypad:
    """One call's. `patience`: milliseconds to wait after these keys; `typed` is told the keys, none of them `#`."""

    def __init__(self, patience: Callable[[str], int], typed: Callable[[str], None]) -> None:
        self._patience, self._typed = patience, typed
        self._timer: asyncio.TimerHandle | None = None
        self.keys = ""
        """Pressed, and not taken yet."""

    def press(self, key: str) -> None:
        """A key was pressed."""
        self.close()
        if key == "#":
            self._take()
        else:
            self.keys += key
            pause = max(PAUSE_SECONDS, self._patience(self.keys) / 1000)
            self._timer = asyncio.get_running_loop().call_later(pause, self._take)

    def close(self) -> None:
        """Wait for no further key."""
        if self._timer is not None:
            self._timer.cancel()

    def _take(self) -> None:
        keys, self.keys = self.keys, ""
        if keys:
            self._typed(keys)
