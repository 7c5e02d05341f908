"""The service: keeps the switch connected, gives each call its task, places calls, and mends what a crash left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pkgutil import resolve_name
from typing import Any
from uuid import UUID

from ari_app.call import phonecalls
from ari_app.call.dialler import Dialler
from ari_app.call.orphans import Orphan, came_back, picked_up
from ari_app.call.outbound import place, ring
from ari_app.call.state import CallState
from ari_app.call.warming import Warmer
from ari_app.desk import parts
from ari_app.desk.coming import Coming
from ari_app.desk.house import House
from ari_app.desk.lost import Lost
from ari_app.desk.office import Office
from ari_app.desk.office_types import LEASE_MARGIN
from ari_app.desk.till import Till
from ari_app.desk.trunks import TrunkKeeper
from ari_app.desk.vouching import Voucher
from ari_app.service import control
from ari_app.service.keeping import Keeper
from ari_app.service.meters import Meters
from ari_app.service.noting import Noter
from ari_app.service.presence import Presence
from ari_app.service.reception import Reception, away
from ari_app.service.sweeping import Sweep
from ari_app.service.told import order_of, status
from ari_app.service.watching import watched
from ari_app.switch.asterisk.switch import AsteriskSwitch
from ari_app.switch.base import Arrival, Elsewhere, SwitchError
from billing.office.back_office import back_office
from store.base.errors import DecrocheError
from store.base.settings import Settings
from store.db import Database
from store.setup import open_database

log = logging.getLogger(__name__)

TRY_AGAIN_SECONDS = 2.0
"""How often CDRs that neither database nor disk took are tried while the service ends."""

ACQUAINTANCE = "portal.links.crm.acquainting:finder"
"""Who knows callers, on the floor above, by name: nothing here imports it."""

THREADS = 32
"""Threads that calls share: some wait ten seconds for a database that is away, and speech waits for none of them."""


class Service:
    """One process that answers and places calls. `run` until cancelled or told to stop."""

    def __init__(self, settings: Settings, *, demo: bool = False) -> None:
        self.settings = settings
        self.ready = asyncio.Event()
        self._demo = demo
        self._stopping = asyncio.Event()
        self._calls: dict[str, CallState] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self.meters = Meters()
        self._coming: Coming
        self._fault: DecrocheError | None = None
        self._sweep: Sweep
        self._house: House
        self._warmer: Warmer
        self._keeper: Keeper
        self._reception: Reception
        self._group: asyncio.TaskGroup

    def stop(self) -> None:
        """Take no more calls, let those in progress end, then leave."""
        self._stopping.set()

    async def run(self) -> None:
        """Connect, take up what a process that died left, load, serve."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "service"))
        db = await asyncio.to_thread(open_database, self.settings)
        try:
            of = self.settings
            self._coming = Coming(of, self.meters.metered(parts.openers(), of.llm.calls, of.asr.workers))
            try:
                async with back_office(db, self.settings):
                    await self._serve(db)
            finally:
                await self._coming.close()
        finally:
            db.close()

    async def _serve(self, db: Database) -> None:
        # a phone of the demonstration is several people
        office = Office(db, self.settings, least_gap=timedelta() if self._demo else None)
        of = self.settings.call
        till = Till(
            db, timedelta(seconds=of.max_seconds + LEASE_MARGIN), timedelta(seconds=of.max_leg_seconds + LEASE_MARGIN),
            node=self.settings.node,
        )  # fmt: skip
        switch = AsteriskSwitch(self.settings, self._arrived, office.witnessed, office.trunks.tried, demo=self._demo)
        office.told = self.meters.kept
        known_by = resolve_name(ACQUAINTANCE)(self.settings, db)
        self._house = House(self.settings, switch, self._coming.parts, office, till, acquaintance=known_by)
        self._warmer = Warmer(self._house)
        self._sweep = Sweep(self._house, Lost(office, switch.remembered), self._carried, self._go_on)
        noter = Noter(self._house, self._calls)
        presence = Presence(self.settings, db, self._takes_calls, self._going)
        self._keeper = Keeper(
            self._house, self._warmer, Voucher(db, switch), TrunkKeeper(db, switch), self.ready,
            lambda: self._sweep.keep(self._group), presence.tell,
        )  # fmt: skip
        self._reception = Reception(
            self._house, self.calls, self.meters, begun=self._begun, ended=self._ended, not_taken=self._keeper.not_taken
        )
        dialler = Dialler(self._house, self._going, self._begin, least_gap=office.least_gap)
        door = await control.serve(self.settings, {"status": self._status, "place": self._place, "stop": self._stop})
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                background = [
                    group.create_task(switch.run(), name="switch"),
                    group.create_task(self._keeper.run(), name="sync"),
                    group.create_task(noter.run(), name="noter"),
                    group.create_task(watched(self), name="metrics"),
                ]
                await switch.reached()
                await self._sweep.begin(group)  # before all else: callers have been waiting
                if await self._loaded():
                    await self._prepared(dialler)
                    self.ready.set()
                    log.info("ready: calls are answered")
                    dialling = group.create_task(dialler.run(), name="dialler")
                    await self._stopping.wait()
                    dialler.stop()
                    await dialling
                await self._drain()
                for task in background:
                    task.cancel()
            with suppress(DecrocheError):
                await presence.leave()
        finally:
            door.close()
        if self._fault is not None:
            raise self._fault

    async def _prepared(self, dialler: Dialler) -> None:
        """Ready phrases, and the calls that were ordered. A database that is away ends no call: it is asked again.

        Raises DecrocheError where nobody is being talked to.
        """
        while True:
            try:
                await self._warmer.voices()
                await asyncio.to_thread(dialler.settle)
            except DecrocheError as error:
                if not self._calls:
                    raise
                log.warning("not ready yet: [%s] %s", error.code, error)
                await asyncio.sleep(TRY_AGAIN_SECONDS)
            else:
                return

    async def _loaded(self) -> bool:
        """Load the engines. False where one cannot be, or we are told to stop: no new call is taken then."""
        loading = asyncio.ensure_future(self._coming.load())
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({loading, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        try:
            if loading.done():
                loading.result()
                return True
            await loading  # calls that were taken up need it
        except DecrocheError as error:
            log.error("no call can be answered: [%s] %s", error.code, error)
            self._fault = error
            self._stopping.set()
        return False

    async def _drain(self) -> None:
        """Calls in progress end by themselves, or at their longest; what they leave is stored, or on the disk."""
        await self._idle.wait()
        while self._house.office.held:
            await asyncio.to_thread(self._house.office.retry_spool)
            await asyncio.sleep(TRY_AGAIN_SECONDS)

    # -- what is told of it ------------------------------------------------------------------------------

    @property
    def house(self) -> House:
        """What its calls share."""
        return self._house

    @property
    def calls(self) -> Collection[CallState]:
        """Those in progress in which an agent talks."""
        return self._calls.values()

    @property
    def trunks(self) -> Mapping[str, bool]:
        """Each trunk: whether calls leave and come by it."""
        return self._keeper.trunks.states

    def _takes_calls(self) -> bool:
        return self.ready.is_set() and not self.stopping

    @property
    def stopping(self) -> bool:
        """It takes no new call."""
        return self._stopping.is_set()

    # -- calls in ----------------------------------------------------------------------------------------

    def _arrived(self, arrival: Arrival) -> None:
        """Called by the switch, which must not wait: a task takes the call."""
        match arrival.why:
            case "inbound" if self._coming.there and not self._stopping.is_set():
                self._group.create_task(self._reception.take(arrival), name=f"call-{arrival.leg}")
            case "phone" if not self._stopping.is_set():
                self._group.create_task(phonecalls.carry(self._house, arrival), name=f"phone-{arrival.leg}")
            case "phone":
                self._group.create_task(away(self._house, arrival.leg, arrival.dialled, "sorry"), name="away")
            case "person":
                if not self._house.came(arrival):  # whoever rang them does not wait any more
                    self._group.create_task(self._drop(arrival.leg), name="drop")
            case "returned":  # of a process that died
                self._sweep.attend(self._group, Orphan(came_back(arrival), None))
            case "inbound":
                to: Elsewhere = "full" if self.settings.call.when_full == "503" else "away"
                self._group.create_task(away(self._house, arrival.leg, arrival.dialled, to), name="away")
            case "outbound":  # of a process that died: one of ours is watched, and never comes here
                self._sweep.attend(self._group, Orphan(picked_up(arrival), None))

    def _carried(self) -> set[UUID]:
        """Every call of this process, whoever talks in it."""
        return {*self._going(), *self._house.carried}

    def _going(self) -> list[UUID]:
        return [state.id for state in self._calls.values()]

    def _begin(self, state: CallState) -> asyncio.Task[None]:
        """Ring a call that may be rung, in a task of its own."""
        self._begun(state)
        task = self._group.create_task(ring(self._house, state), name=f"call-{state.id}")
        task.add_done_callback(lambda _: self._ended(str(state.id)))
        return task

    def _begun(self, state: CallState) -> None:
        self._calls[str(state.id)] = state
        self._idle.clear()

    def _ended(self, call_id: str) -> None:
        self._calls.pop(call_id, None)
        if not self._calls:
            self._idle.set()

    async def _drop(self, leg: str) -> None:
        with suppress(SwitchError):
            await self._house.switch.hangup(leg)

    async def _go_on(self, state: CallState, run: Callable[[], Awaitable[None]]) -> None:
        """A call that is taken up is one of ours while it lasts."""
        self._begun(state)
        if state.trunk:
            self._house.office.trunks.came_by(str(state.id), state.trunk)
        try:
            await run()
        finally:
            self._ended(str(state.id))

    # -- what is asked of it -----------------------------------------------------------------------------

    async def _status(self, _request: Mapping[str, Any]) -> Mapping[str, Any]:
        return status(self._house, self._calls.values(), self.trunks, ready=self.ready.is_set())

    async def _place(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        await self._coming.once_there()
        placed = await place(self._house, order_of(request), self._begin)
        if placed.task is not None and request.get("wait", True):
            await placed.task
        return {"call": str(placed.call_id), "decision": placed.decision.as_json(), "placed": placed.task is not None}

    async def _stop(self, _request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.stop()
        return {"stopping": True, "calls": len(self._calls)}
