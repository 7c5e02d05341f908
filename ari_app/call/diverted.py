"""A call to a number that no agent of ours answers now: given to the client's fallback, or an apology, with its CDR.

The agent is not live, or the client is suspended or has left. What leaves for the fallback is asked for and charged as
any leg (`legs`); a client who may dial nothing has the apology.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from uuid import UUID

from ari_app.desk.house import House
from ari_app.desk.legs import Legs, Whose
from ari_app.desk.lifecycle import Lifecycle
from ari_app.desk.meter import MeterHooks, keep_within
from ari_app.switch.base import Arrival, LegEvents, SwitchError
from store.base.endings import Untaken
from store.base.errors import Refused
from store.base.parties import Parties
from store.calls import Cdr
from store.numbers import Route

log = logging.getLogger(__name__)


async def carry(
    house: House, arrival: Arrival, call_id: UUID, events: LegEvents, route: Route,
    why: Untaken = "no_agent",
) -> None:  # fmt: skip
    """Until the call is over; its CDR says `why`, or `diverted` where the fallback took it. Raises SwitchError."""
    leg, tenant_id, callee = arrival.leg, route.tenant_id, arrival.dialled
    legs = Legs(house, Whose(tenant_id, call_id, route.e164, leg), partial(house.switch.hangup, leg))
    life = Lifecycle(arrival.created_at)
    await house.switch.adopt(leg, call_id)
    house.carried[call_id] = tenant_id
    parties = Parties("inbound", ours=callee, far=arrival.caller)
    held, fallback = await _paid(house, tenant_id, call_id, parties, route.fallback or "")
    meter: asyncio.Task[None] | None = None
    taken = False
    try:
        await legs.send_away(callee, fallback) if fallback is not None else await _sorry(house, arrival)
        while not life.over:
            event = await events.get()
            life.apply(event)
            legs.heard(event)
            taken = taken or legs.taken
            if life.answered_at and held is not None and meter is None:
                cut = partial(house.switch.hangup, leg)
                hooks = MeterHooks(partial(house.till.extend, tenant_id, call_id), cut)
                meter = asyncio.create_task(keep_within(held, monotonic(), hooks), name="meter")
    finally:
        if meter is not None:
            meter.cancel()
        await legs.over()
        ended = life.ended_at or life.answered_at or datetime.now(UTC)
        record = Cdr(
            id=call_id, tenant_id=tenant_id, **parties.columns,
            started_at=life.started_at, answered_at=life.answered_at, ended_at=max(ended, life.started_at),
            hangup_cause=life.cause or 16, hangup_side=life.side or "system",
            outcome="diverted" if taken else why, number=route.e164, agent=route.agent, asterisk_uniqueid=leg,
        )  # fmt: skip
        await asyncio.to_thread(house.office.keep, record, [], [])
        house.carried.pop(call_id, None)
        await house.office.attach_witness(tenant_id, call_id)


async def _paid(
    house: House, tenant_id: UUID, call_id: UUID, parties: Parties, fallback: str
) -> tuple[int | None, str | None]:
    """What is held for the call in, and whom to ring: None where the balance covers not even that."""
    if not fallback:
        return None, ""  # only the apology is heard, which is not answered
    try:
        return await house.till.open(tenant_id, call_id, parties), fallback
    except Refused as error:
        log.warning("a call is not diverted: [%s] %s", error.code, error)
        return None, None


async def _sorry(house: House, arrival: Arrival) -> None:
    with suppress(SwitchError):
        await house.switch.give_back(arrival.leg, "sorry", arrival.dialled)
