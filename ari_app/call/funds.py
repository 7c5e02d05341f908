"""What one call is paid for, from its answer on: warned of, left in time, and cut where even that hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from ari_app.call.state import CallState
from ari_app.desk.house import House
from ari_app.desk.meter import MeterHooks, keep_within

Ask = Callable[[], Awaitable[None]]


class Funds:
    """One call's. `warn`, `leave`, `cut`: what the meter asks of it, in this order (`desk/meter.py`)."""

    def __init__(self, house: House, state: CallState, *, warn: Ask, leave: Ask, cut: Ask) -> None:
        self._house, self._state = house, state
        self._warn, self._leave, self._cut = warn, leave, cut
        self._meter: asyncio.Task[None] | None = None

    def watch(self, answered: float) -> None:
        """From the answer on (seconds, monotonic) the call lasts as long as it is paid for, transfers included."""
        state = self._state
        if state.paid_seconds is not None:
            more = partial(self._house.till.extend, state.who.tenant_id, state.id)
            hooks = MeterHooks(more, self._cut, self._warn, self._leave)
            self._meter = asyncio.create_task(keep_within(state.paid_seconds, answered, hooks), name="meter")

    def close(self) -> None:
        """The call is over."""
        if self._meter is not None:
            self._meter.cancel()
