"""The service: keeps the switch connected, gives each call its task, places calls, and mends what a crash left."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from ari_app.call import diverted, orphans, phonecalls
from ari_app.call.call import Call, CallState
from ari_app.call.dialler import Dialler
from ari_app.call.outbound import place, ring
from ari_app.call.warming import Warmer
from ari_app.desk import parts
from ari_app.desk.admission import Bounds, Going, refusal
from ari_app.desk.house import House
from ari_app.desk.lifecycle import Lifecycle
from ari_app.desk.office import NoAgent, Office
from ari_app.desk.office_types import LEASE_MARGIN
from ari_app.desk.till import Till
from ari_app.desk.trunks import TrunkKeeper
from ari_app.desk.vouching import Voucher
from ari_app.service import control
from ari_app.service.keeping import Keeper
from ari_app.service.told import order_of, status
from ari_app.switch.asterisk.switch import AsteriskSwitch
from ari_app.switch.base import Arrival, Elsewhere, LegEvents, Stray, SwitchError
from billing.office.back_office import back_office
from store.base.errors import DecrocheError
from store.base.ids import new_id
from store.base.logs import call_scope
from store.base.settings import Settings
from store.db import Database, open_database

log = logging.getLogger(__name__)


class Service:
    """One process that answers and places calls. `run` until cancelled or told to stop."""

    def __init__(self, settings: Settings, *, demo: bool = False) -> None:
        self.settings = settings
        self.ready = asyncio.Event()
        self._demo = demo
        self._stopping = asyncio.Event()
        self._calls: dict[str, CallState] = {}
        self._taken = deque[float](maxlen=1000)
        """When calls were taken, by the loop's clock."""
        self._idle = asyncio.Event()
        self._idle.set()
        self._orphans = set[str]()
        self._house: House
        self._warmer: Warmer
        self._keeper: Keeper
        self._group: asyncio.TaskGroup

    def stop(self) -> None:
        """Take no more calls, let those in progress end, then leave."""
        self._stopping.set()

    async def run(self) -> None:
        """Load, connect, serve."""
        db = await asyncio.to_thread(open_database, self.settings)
        try:
            loaded = await parts.load(self.settings)
            try:
                async with back_office(db, self.settings):
                    await self._serve(db, loaded)
            finally:
                await loaded.close()
        finally:
            db.close()

    async def _serve(self, db: Database, loaded: parts.Parts) -> None:
        # a phone of the demonstration is several people
        office = Office(db, self.settings, least_gap=timedelta() if self._demo else None)
        of = self.settings.call
        till = Till(
            db, timedelta(seconds=of.max_seconds + LEASE_MARGIN), timedelta(seconds=of.max_leg_seconds + LEASE_MARGIN)
        )
        switch = AsteriskSwitch(self.settings, self._arrived, office.witnessed, office.trunks.tried, demo=self._demo)
        self._house = House(self.settings, switch, loaded, office, till)
        self._warmer = Warmer(self._house)
        self._keeper = Keeper(self._house, self._warmer, Voucher(db, switch), TrunkKeeper(db, switch), self.ready)
        dialler = Dialler(self._house, self._going, self._begin, least_gap=office.least_gap)
        door = await control.serve(self.settings, {"status": self._status, "place": self._place, "stop": self._stop})
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                background = [
                    group.create_task(switch.run(), name="switch"),
                    group.create_task(self._keeper.run(), name="sync"),
                ]
                await switch.reached()
                await self._warmer.voices()
                await self._sweep()
                await asyncio.to_thread(dialler.settle)
                self.ready.set()
                log.info("ready: calls are answered")
                dialling = group.create_task(dialler.run(), name="dialler")
                await self._stopping.wait()
                dialler.stop()
                await dialling
                await self._drain()
                for task in background:
                    task.cancel()
        finally:
            door.close()

    async def _drain(self) -> None:
        """Calls in progress end by themselves, or at their longest."""
        await self._idle.wait()

    # -- calls in ----------------------------------------------------------------------------------------

    def _arrived(self, arrival: Arrival) -> None:
        """Called by the switch, which must not wait: a task takes the call."""
        match arrival.why:
            case "inbound" if not self._stopping.is_set():
                self._group.create_task(self._inbound(arrival), name=f"call-{arrival.leg}")
            case "phone" if not self._stopping.is_set():
                self._group.create_task(phonecalls.carry(self._house, arrival), name=f"phone-{arrival.leg}")
            case "phone":
                self._group.create_task(self._away(arrival.leg, arrival.dialled, "sorry"), name="away")
            case "inbound" | "returned":
                self._group.create_task(self._away(arrival.leg, arrival.dialled), name="away")
            case "outbound":  # of a process that died: one of ours is watched, and never comes here
                self._attend(orphans.picked_up(arrival))

    async def _inbound(self, arrival: Arrival) -> None:
        """The edge of one call's task: whatever happens in it stays in it."""
        call_id = new_id()
        with call_scope(call_id):
            await self._guarded(arrival, call_id)

    async def _guarded(self, arrival: Arrival, call_id: UUID) -> None:
        events = self._house.switch.watch(arrival.leg)
        try:
            await self._answer(arrival, call_id, events)
        except DecrocheError as error:
            log.error("call not taken: [%s] %s", error.code, error)
            await self._away(arrival.leg, arrival.dialled)
        except Exception:
            log.exception("a fault of ours ended a call")
            await self._away(arrival.leg, arrival.dialled)
        finally:
            self._house.switch.unwatch(arrival.leg)
            self._ended(str(call_id))

    async def _answer(self, arrival: Arrival, call_id: UUID, events: LegEvents) -> None:
        house, callee = self._house, arrival.dialled
        try:
            who = await house.office.who_answers(callee)
        except NoAgent as error:
            log.warning("no agent for %s: %s", callee, error)
            await self._divert(arrival, call_id, events)
            return
        if who is None:
            log.warning("nobody has the number %s", callee)
            await house.switch.give_back(arrival.leg, "unassigned", callee)
            return
        if why := self._no_room(Going(who.tenant_id, arrival.caller)):
            log.warning("call from %s to %s not taken: %s", arrival.caller or "hidden", callee, why)
            self._keeper.not_taken(who.tenant_id, why)
            await house.switch.give_back(arrival.leg, "sorry", callee)
            return
        state = CallState(call_id, "inbound", arrival.leg, arrival.caller, callee, who, Lifecycle(arrival.created_at))
        self._begun(state)
        if arrival.trunk:
            house.office.trunks.came_by(str(call_id), arrival.trunk)
        log.info("call from %s to %s: %s v%s", arrival.caller or "hidden", callee, who.agent_name, who.version)
        await asyncio.gather(
            house.switch.adopt(arrival.leg, call_id),
            house.switch.ring(arrival.leg),
            house.office.lease(
                who, call_id, arrival.leg, "inbound", arrival.created_at, caller=state.caller, callee=callee
            ),
        )
        await Call(house, state, events).run()

    async def _divert(self, arrival: Arrival, call_id: UUID, events: LegEvents) -> None:
        route = await self._house.office.route(arrival.dialled)
        if route is None:  # it was taken away this very moment
            await self._away(arrival.leg, arrival.dialled, "unassigned")
        else:
            await diverted.carry(self._house, arrival, call_id, events, route)

    def _no_room(self, one: Going) -> str:
        """Why one more call in is not taken; "" where it is, which counts from now on."""
        of, now = self.settings.call, asyncio.get_running_loop().time()
        bounds = Bounds(of.most, of.most_of_a_client, of.most_from_a_caller, of.most_a_second)
        going = [Going(call.who.tenant_id, call.caller) for call in self._calls.values()]
        why = refusal(bounds, going, self._taken, one, now)
        if not why:
            self._taken.append(now)
        return why

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

    async def _away(self, leg: str, callee: str, to: Elsewhere = "away") -> None:
        """We cannot take this call: the switch's fallback does."""
        with suppress(SwitchError):
            await self._house.switch.give_back(leg, to, callee)

    # -- what a crash left ------------------------------------------------------------------------------

    async def _sweep(self) -> None:
        """Legs a crashed process left: each is looked after (`orphans`)."""
        ours = {state.leg for state in self._calls.values()}
        for stray in await self._house.switch.strays():
            if stray.leg not in ours:
                self._attend(stray)
        await asyncio.to_thread(self._house.office.close_lost, datetime.now(UTC), {*ours, *self._orphans})
        await asyncio.to_thread(self._house.till.close_forgotten)

    def _attend(self, stray: Stray) -> None:
        """Look after a call nobody owns, once, in a task whose faults stay in it."""
        if stray.leg in self._orphans:
            return
        self._orphans.add(stray.leg)
        self._group.create_task(self._attended(stray), name=f"orphan-{stray.leg}")

    async def _attended(self, stray: Stray) -> None:
        try:
            await orphans.attend(self._house, stray)
        except Exception:  # the edge of this task: the calls of others go on
            log.exception("a fault of ours with a call that was left behind")
        finally:
            self._orphans.discard(stray.leg)

    # -- what is asked of it -----------------------------------------------------------------------------

    async def _status(self, _request: Mapping[str, Any]) -> Mapping[str, Any]:
        return status(self._house, self._calls.values(), ready=self.ready.is_set())

    async def _place(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        placed = await place(self._house, order_of(request), self._begin)
        if placed.task is not None and request.get("wait", True):
            await placed.task
        return {"call": str(placed.call_id), "decision": placed.decision.as_json(), "placed": placed.task is not None}

    async def _stop(self, _request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.stop()
        return {"stopping": True, "calls": len(self._calls)}
