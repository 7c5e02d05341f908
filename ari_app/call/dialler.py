"""The dialler: takes up whom campaigns admit, once their permission is committed, and rings them as any call out.

An ear, a mind and a voice are held for each before it rings: as many calls are in progress as the house can carry, less
those it keeps for callers. Nobody is rung for whom no agent is free, so no call is ever abandoned.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from ari_app.call.outbound import Begin
from ari_app.call.state import CallState
from ari_app.desk.house import House
from ari_app.desk.lifecycle import Lifecycle
from ari_app.desk.office_types import LEASE_MARGIN, Answerable
from ari_app.switch.base import placed_leg
from campaigns.dialling import agreed, queue
from campaigns.dialling.admission import Admission, Nothing, Passed, Rung, admit
from campaigns.dialling.ending import settle_left
from campaigns.dialling.permission import Means
from store.base.errors import DecrocheError
from store.base.parties import Parties
from store.base.settings import Settings

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
"""How often campaigns are looked at while nothing ends."""

PASSED_A_TURN = 50
"""People of one campaign that the law or the house puts off in one turn: others get theirs."""


def seats(settings: Settings) -> int:
    """How many calls there may be while campaigns begin others: what ear and mind carry, less the callers' share.

    The share leaves campaigns a call where there are two, and takes the only one.
    """
    most = min(settings.call.most or settings.llm.calls, settings.llm.calls)
    return max(most - settings.call.kept_for_in, min(1, most - 1))


class Dialler:
    """One per process. `going`: calls in progress here, of every kind; `begin`: rings a call, in a task of its own."""

    def __init__(self, house: House, going: Callable[[], list[UUID]], begin: Begin, *, least_gap: timedelta) -> None:
        self._house, self._going, self._begin = house, going, begin
        self._longest = timedelta(seconds=house.settings.call.max_seconds + LEASE_MARGIN)
        self.means = Means(house.settings.node, self._longest, least_gap, placed_leg)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Nobody more is admitted; whoever was is rung before `run` ends."""
        self._stopping.set()

    def settle(self) -> int:
        """At the start, once leases were swept: whoever was admitted here and has no call is named. How many."""
        return settle_left(self._house.office.db, self.means.node, self._going(), datetime.now(UTC), self._longest)

    async def run(self) -> None:
        """Until it is stopped, which is never between an admission and its ringing. A fault of one turn ends no call,
        and not the dialler."""
        if not seats(self._house.settings):
            log.warning("campaigns call nobody: llm.calls and call.most leave one call, which is the callers'")
        while not self._stopping.is_set():
            try:
                await self.turn()
            except DecrocheError as error:
                log.warning("nobody dialled: [%s] %s", error.code, error)
            except Exception:  # the edge of this task
                log.exception("nobody dialled, by a fault of ours")
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._stopping.wait()

    async def turn(self) -> int:
        """Ring whoever may be rung now; how many."""
        if not self._house.switch.connected:
            return 0
        rung = 0
        for tenant_id, slug in await asyncio.to_thread(self._agreed):
            rung += await self._admit(slug, partial(agreed.admit, tenant_id=tenant_id))
        for tenant_id, slug, name in await asyncio.to_thread(self._running):
            rung += await self._admit(slug, partial(admit, tenant_id=tenant_id, name=name))
        return rung

    @property
    def room(self) -> int:
        """Calls that may begin here now."""
        return seats(self._house.settings) - len(self._going())

    def _running(self) -> list[tuple[UUID, str, str]]:
        with self._house.office.db.operator() as conn:
            return queue.dialled(conn)

    def _agreed(self) -> list[tuple[UUID, str]]:
        with self._house.office.db.operator() as conn:
            return agreed.due(conn, datetime.now(UTC))

    async def _admit(self, slug: str, ask: Callable[..., Admission]) -> int:
        """One campaign's turn, or one tenant's callbacks: as many as may begin; how many were rung."""
        rung = passed = 0
        while self.room > 0 and passed < PASSED_A_TURN and not self._stopping.is_set():
            found = await asyncio.to_thread(
                ask, self._house.office.db, means=self.means, now=datetime.now(UTC), room=self.room
            )
            match found:
                case Rung():  # it is committed: from here on nothing is asked of anybody before it rings
                    log.info("call %s of %s %s", found.call_id, slug, found.campaign or "(callback)")
                    self._begin(_state(found, slug))
                    rung += 1
                case Passed():
                    passed += 1
                case Nothing():
                    break
        return rung


def _state(rung: Rung, slug: str) -> CallState:
    person = rung.person
    who = Answerable(
        rung.tenant_id, slug, person.caller_id, person.agent, person.agent_name, person.agent_version,
        person.agent.time_zone,
    )  # fmt: skip
    return CallState(
        rung.call_id, Parties("outbound", who.number, person.e164), placed_leg(rung.call_id), who,
        Lifecycle(datetime.now(UTC)),
        variables={key: str(value) for key, value in person.variables.items()}, decision_id=rung.decision_id,
        paid_seconds=rung.paid_seconds,
    )  # fmt: skip
