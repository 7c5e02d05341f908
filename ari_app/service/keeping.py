"""What is looked after while calls go on: numbers told to the switch, trunks, ready speech, CDRs that waited."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from uuid import UUID

from ari_app.call.warming import Warmer
from ari_app.desk.house import House
from ari_app.desk.trunks import TrunkKeeper
from ari_app.desk.vouching import Voucher
from store.base.errors import DecrocheError

log = logging.getLogger(__name__)

SYNC_SECONDS = 2.0
"""How often new numbers, new agents and spooled CDRs are looked for."""

ANCHOR_SECONDS = 3600.0
"""How often the audit chain's end is noted outside the database."""


class Keeper:
    """Runs beside the calls, which no fault in it ends. `ready`: set once calls are answered."""

    def __init__(
        self, house: House, warmer: Warmer, voucher: Voucher, trunks: TrunkKeeper, ready: asyncio.Event,
        sweep: Callable[[], Awaitable[None]], tell: Callable[[], Awaitable[None]],
    ) -> None:  # fmt: skip
        """`sweep`: looks for calls that nobody looks after; `tell`: says that this node is there."""
        self._tell = tell
        self._house, self._warmer, self._voucher, self._sweep = house, warmer, voucher, sweep
        self.trunks, self.ready = trunks, ready
        self._refused: dict[UUID, tuple[int, str]] = {}
        """Calls not taken since they were last written down: how many of each client's, and the last reason."""
        self._published: dict[str, str] = {}
        self._anchor_at = 0.0

    def not_taken(self, tenant_id: UUID, why: str) -> None:
        """A call of this client's was not taken: it is counted."""
        self._refused[tenant_id] = (self._refused.get(tenant_id, (0, ""))[0] + 1, why)

    async def run(self) -> None:
        """Until cancelled. Speech and minds are made ready beside the rest: what is slow holds up no CDR."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._again(self._look_after), name="in step")
            group.create_task(self._again(self._make_ready), name="ready speech")

    async def _again(self, what: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await what()
            except DecrocheError as error:
                log.warning("not in step: [%s] %s", error.code, error)
            except Exception:  # the edge of this task: a fault here must not end the calls of others
                log.exception("not in step, by a fault of ours")
            await asyncio.sleep(SYNC_SECONDS)

    async def _look_after(self) -> None:
        await asyncio.to_thread(self._house.office.retry_spool)
        await self._tell()
        await self._publish_numbers()
        await self._voucher.keep()
        await self.trunks.keep()
        await self.trunks.look()
        if self.ready.is_set():
            await self._sweep()
        await self._count_refused()
        await self._anchor()

    async def _make_ready(self) -> None:
        if self.ready.is_set():
            await self._warmer.voices()
            await self._warmer.minds()

    async def _count_refused(self) -> None:
        while self._refused:
            tenant_id, (calls, why) = self._refused.popitem()
            await asyncio.to_thread(self._house.office.count_refused, tenant_id, calls, why)

    async def _anchor(self) -> None:
        if monotonic() >= self._anchor_at:
            await asyncio.to_thread(self._house.office.note_anchor)
            self._anchor_at = monotonic() + ANCHOR_SECONDS

    async def _publish_numbers(self) -> None:
        wanted = await self._house.office.routing.number_map()
        if wanted == self._published or not self._house.switch.connected:
            return
        await self._house.switch.publish(wanted)
        self._published = wanted
