"""Calls that nobody looks after, found by their leases: gone on with, followed to their end, or written down.

At the service's start, and every few seconds from then on: a call of this machine is looked for among the switch's
legs; one of another machine is written down once that has given no sign of life for minutes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

from ari_app.call import resuming
from ari_app.call.orphans import Orphan, attend
from ari_app.call.state import CallState
from ari_app.desk.house import House
from ari_app.desk.lost import ELSEWHERE, Lost
from ari_app.switch.base import Stray
from store.base.errors import DecrocheError
from store.base.logs import call_scope
from store.journal import Left

log = logging.getLogger(__name__)

EVERY_SECONDS = 10.0
SURE_SECONDS = 30.0
"""A call that is not there is looked for again after this long: it may be about to ring, or its CDR to be stored."""

GoOn = Callable[[CallState, Callable[[], Awaitable[None]]], Awaitable[None]]
"""Runs a call that is taken up as one of the process's own."""


class Sweep:
    """One per service. `carried`: ids of the calls in progress here; `go_on`: makes a call one of them meanwhile."""

    def __init__(self, house: House, lost: Lost, carried: Callable[[], Collection[UUID]], go_on: GoOn) -> None:
        self._house, self._lost, self._carried, self._go_on = house, lost, carried, go_on
        self._attended = set[str]()
        self._missed = dict[UUID, float]()
        self._look_at = 0.0

    @property
    def attended(self) -> Collection[str]:
        """Legs that are looked after."""
        return self._attended

    async def begin(self, group: asyncio.TaskGroup) -> None:
        """At the start nothing is in progress here yet: every leg of ours is a stray, and what is not there is over."""
        rows = {left.call.channel: left for left in await asyncio.to_thread(self._lost.all)}
        for stray in await self._house.switch.strays():
            self.attend(group, Orphan(stray, rows.get(stray.leg)))
        await self.look(group, sure=0.0)
        await asyncio.to_thread(self._house.till.close_forgotten)

    async def keep(self, group: asyncio.TaskGroup) -> None:
        """Now and then. Raises DecrocheError."""
        if self._house.switch.connected and monotonic() >= self._look_at:
            self._look_at = monotonic() + EVERY_SECONDS
            await self.look(group)

    async def look(self, group: asyncio.TaskGroup, *, sure: float = SURE_SECONDS) -> None:
        """Every call that nobody here carries. Raises DecrocheError."""
        lefts = await asyncio.to_thread(self._lost.all)
        alive = await self._house.switch.alive()
        carried, going = set(self._carried()), {left.call.call_id for left in lefts}
        missed = dict[UUID, float]()
        for left in lefts:
            call = left.call
            if call.call_id in carried or call.channel in self._attended or call.leg_of in (carried | going):
                continue
            if call.node != self._house.settings.node:
                over = datetime.now(UTC) - left.renewed_at > ELSEWHERE
            elif call.channel in alive:
                self.attend(group, Orphan(_stray(left), left, away=True))
                continue
            else:
                over = True
            if over:
                since = missed[call.call_id] = self._missed.get(call.call_id, monotonic())
                if monotonic() - since >= sure:
                    await asyncio.to_thread(self._lost.close, left)
        self._missed = missed

    def attend(self, group: asyncio.TaskGroup, orphan: Orphan) -> None:
        """Look after a leg nobody owns, once, in a task whose faults stay in it."""
        leg = orphan.stray.leg
        if leg in self._attended:
            return
        self._attended.add(leg)
        group.create_task(self._attend(orphan), name=f"orphan-{leg}")

    async def _attend(self, orphan: Orphan) -> None:
        try:
            if orphan.left is None:
                left = await asyncio.to_thread(self._lost.of, orphan.stray.leg)
                stray = orphan.stray
                if left is not None:  # what a transfer brings back names whom it rang, not who was called
                    stray = replace(stray, caller=left.call.caller, dialled=left.call.callee)
                orphan = Orphan(stray, left, orphan.away)
            if orphan.away:
                if await attend(self._house, self._lost, orphan):
                    return
                orphan = Orphan(orphan.stray, orphan.left)
            if not await self._taken_up(orphan):
                await attend(self._house, self._lost, orphan)
        except Exception:  # the edge of this task: the calls of others go on
            log.exception("a fault of ours with a call that was left behind")
        finally:
            self._attended.discard(orphan.stray.leg)

    async def _taken_up(self, orphan: Orphan) -> bool:
        """Whether the call is gone on with, which then is over."""
        if orphan.left is None:
            return False
        with call_scope(orphan.left.call.call_id):
            try:
                found = await resuming.found(self._house, orphan.stray, orphan.left)
                if found is None:
                    return False
                state, kept = found
                await self._go_on(state, lambda: resuming.go_on(self._house, state, kept))
            except DecrocheError as error:
                log.error("the call cannot be taken up: [%s] %s", error.code, error)
                return False
            except ValueError as error:
                log.warning("the call cannot be taken up: its conversation was another version's (%s)", error)
                return False
        return True


def _stray(left: Left) -> Stray:
    """The leg as its row has it: it is somewhere in the switch, and not with us."""
    call = left.call
    return Stray(call.channel, call.direction, call.caller, call.callee, call.since, left.answered_at is not None)
