"""The audio of a call that goes while its caller is there: opened again, a few times; then they are handed over."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from time import monotonic

from ari_app.desk.journal import cut_short
from ari_app.desk.record import Notes

log = logging.getLogger(__name__)

GONE_SECONDS = 0.25
"""How long after the audio the switch may take to say that the caller is gone too."""

LOST_OFTEN = 3
"""How often the audio of one call is opened again; then the caller is handed over."""


class LostSound:
    """One call's. `gone`: the caller is."""

    def __init__(self, notes: Notes, gone: asyncio.Event) -> None:
        self._notes, self._gone = notes, gone
        self._times = 0

    async def to_open_again(self, answered: float) -> bool:
        """The audio went: whether the caller is there, and it did not go too often. `answered`: seconds, monotonic."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GONE_SECONDS):  # a caller who hangs up takes the audio along
                await self._gone.wait()
                return False
        self._times += 1
        log.warning("the audio of the call was lost (%d)", self._times)
        cut_short(self._notes, round((monotonic() - answered) * 1000))
        return self._times <= LOST_OFTEN
