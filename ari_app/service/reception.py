"""Calls in: each is answered by its agent, given to the client's fallback, or not taken where there is no room."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from uuid import UUID

from ari_app.call import diverted
from ari_app.call.acquainting import acquaint
from ari_app.call.call import Call
from ari_app.call.state import CallState
from ari_app.desk.admission import Bound, Bounds, Going, bound, words
from ari_app.desk.house import House
from ari_app.desk.lifecycle import Lifecycle
from ari_app.desk.office_types import Answerable
from ari_app.desk.routing import NoAgent
from ari_app.service.meters import Meters
from ari_app.switch.base import Arrival, Elsewhere, LegEvents, SwitchError
from store.base.endings import Untaken
from store.base.errors import DecrocheError
from store.base.ids import new_id
from store.base.logs import call_scope
from store.base.parties import Parties
from store.limits import Crowded

log = logging.getLogger(__name__)


async def away(house: House, leg: str, callee: str, to: Elsewhere = "away") -> None:
    """We cannot take this call: the switch's fallback does."""
    with suppress(SwitchError):
        await house.switch.give_back(leg, to, callee)


class Reception:
    """One per process. `calls`: those in progress, which one that begins joins by `begun` and leaves by `ended`."""

    def __init__(
        self, house: House, calls: Collection[CallState], meters: Meters, *, begun: Callable[[CallState], None],
        ended: Callable[[str], None], not_taken: Callable[[UUID, str], None],
    ) -> None:  # fmt: skip
        """`not_taken` counts a call of a client's that found no room, and why."""
        self._house, self._calls, self._meters = house, calls, meters
        self._begun, self._ended, self._not_taken = begun, ended, not_taken
        self._taken = deque[float](maxlen=1000)
        """When calls were taken, by the loop's clock."""

    async def take(self, arrival: Arrival) -> None:
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
            await away(self._house, arrival.leg, arrival.dialled)
        except Exception:
            log.exception("a fault of ours ended a call")
            await away(self._house, arrival.leg, arrival.dialled)
        finally:
            self._house.switch.unwatch(arrival.leg)
            self._ended(str(call_id))

    async def _answer(self, arrival: Arrival, call_id: UUID, events: LegEvents) -> None:
        house, callee = self._house, arrival.dialled
        try:
            who = await house.office.routing.who_answers(callee)
        except NoAgent as error:
            log.warning("no agent for %s: %s", callee, error)
            await self._divert(arrival, call_id, events)
            return
        if who is None:
            log.warning("nobody has the number %s", callee)
            await house.switch.give_back(arrival.leg, "unassigned", callee)
            return
        if passed := self._no_room(Going(who.tenant_id, arrival.caller)):
            await self._refuse(arrival, who, passed, words(self._bounds, passed))
            if passed != "at_once":
                await house.switch.give_back(arrival.leg, "sorry", callee)
            elif house.settings.call.when_full == "503":
                await house.switch.give_back(arrival.leg, "full", callee)
            else:
                await self._divert(arrival, call_id, events, "full")
            return
        parties = Parties("inbound", ours=callee, far=arrival.caller)
        state = CallState(call_id, parties, arrival.leg, who, Lifecycle(arrival.created_at), trunk=arrival.trunk)
        self._begun(state)
        if arrival.trunk:
            house.office.trunks.came_by(str(call_id), arrival.trunk)
        log.info("call from %s to %s: %s v%s", arrival.caller or "hidden", callee, who.agent_name, who.version)
        leasing = house.office.lease(who, call_id, arrival.leg, parties, arrival.created_at, arriving=True)
        try:
            told = await asyncio.gather(
                house.switch.adopt(arrival.leg, call_id), house.switch.ring(arrival.leg), leasing,
                return_exceptions=True,
            )  # fmt: skip
            for fault in told:
                if isinstance(fault, SwitchError):  # gone while it rang: that is the call's to find, and to write down
                    log.warning("call from %s: [%s] %s", arrival.caller or "hidden", fault.code, fault)
                elif isinstance(fault, BaseException):
                    raise fault
        except Crowded as error:
            self._ended(str(call_id))
            await self._refuse(arrival, who, "limits", str(error))
            await house.switch.give_back(arrival.leg, "sorry", callee)
            return
        knowing = asyncio.create_task(acquaint(house, state), name="acquaint")
        try:
            await Call(house, state, events).run()
        finally:
            knowing.cancel()

    async def _refuse(self, arrival: Arrival, who: Answerable, bound: str, why: str) -> None:
        """One more call that is not taken: logged, and counted for the client."""
        log.warning("call from %s to %s not taken: %s", arrival.caller or "hidden", arrival.dialled, why)
        self._not_taken(who.tenant_id, why)
        self._meters.refused(bound)

    async def _divert(self, arrival: Arrival, call_id: UUID, events: LegEvents, why: Untaken = "no_agent") -> None:
        route = await self._house.office.routing.route(arrival.dialled)
        if route is None:  # it was taken away this very moment
            await away(self._house, arrival.leg, arrival.dialled, "unassigned")
        else:
            await diverted.carry(self._house, arrival, call_id, events, route, why)

    def _no_room(self, one: Going) -> Bound:
        """The bound that one more call in would pass; "" where it is taken, which counts from now on."""
        now = asyncio.get_running_loop().time()
        going = [Going(call.who.tenant_id, call.parties.caller) for call in self._calls]
        passed = bound(self._bounds, going, self._taken, one, now)
        if not passed:
            self._taken.append(now)
        return passed

    @property
    def _bounds(self) -> Bounds:
        of = self._house.settings.call
        return Bounds(of.most, of.most_of_a_client, of.most_from_a_caller, of.most_a_second)
