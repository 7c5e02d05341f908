"""A call that a client's own phone places by the trunk: asked of the till as an agent's is, followed, written down.

The phone's password is all that an attacker needs; the client's cap, block and fraud thresholds hold for it too.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from uuid import UUID

from ari_app.desk.house import House
from ari_app.desk.lifecycle import Lifecycle
from ari_app.desk.meter import MeterHooks, keep_within
from ari_app.switch.base import Arrival, LegEvents
from asterisk_conf.phones import phones
from store.base.errors import DecrocheError, NotFound
from store.base.ids import new_id
from store.base.logs import call_scope
from store.base.parties import Parties
from store.calls import Cdr

log = logging.getLogger(__name__)


async def carry(house: House, arrival: Arrival) -> None:
    """The edge of one such call's task: whatever happens in it stays in it."""
    call_id = new_id()
    with call_scope(call_id):
        events = house.switch.watch(arrival.leg)
        try:
            await _carried(house, arrival, call_id, events)
        except DecrocheError as error:
            log.warning("a phone's call was not placed: [%s] %s", error.code, error)
            await _refused(house, arrival)
        except Exception:
            log.exception("a fault of ours ended a phone's call")
            await _refused(house, arrival)
        finally:
            house.carried.pop(call_id, None)
            house.switch.unwatch(arrival.leg)


async def _refused(house: House, arrival: Arrival) -> None:
    try:
        await house.switch.give_back(arrival.leg, "blocked")
    except DecrocheError as error:
        log.info("the phone has hung up: %s", error)


async def _carried(house: House, arrival: Arrival, call_id: UUID, events: LegEvents) -> None:
    name, callee = arrival.phone, arrival.dialled
    phone = next((p for p in phones(house.settings) if p.name == name), None)
    if phone is None:
        raise NotFound(f"no phone {name} in asterisk.phones", hint="decroche asterisk render; decroche asterisk up")
    tenant_id = await asyncio.to_thread(house.office.routing.tenant_of, phone.tenant)
    house.carried[call_id] = tenant_id
    parties = Parties("outbound", ours=phone.number, far=callee)
    seconds = await house.till.open(tenant_id, call_id, parties)
    life = Lifecycle(arrival.created_at)
    try:
        await house.switch.adopt(arrival.leg, call_id)
        await house.office.on_leg(tenant_id, call_id, arrival.leg)
        await house.switch.let_out(arrival.leg, callee)
    except BaseException:
        await house.till.close(tenant_id, call_id)
        raise
    try:
        await _followed(house, arrival.leg, life, events, (tenant_id, call_id, seconds))
    finally:
        ended = life.ended_at or life.answered_at or datetime.now(UTC)
        record = Cdr(
            id=call_id, tenant_id=tenant_id, **parties.columns,
            started_at=life.started_at, answered_at=life.answered_at, ended_at=max(ended, life.started_at),
            hangup_cause=life.cause or 16, hangup_side=life.side or "system", outcome=life.outcome(outbound=True),
            asterisk_uniqueid=arrival.leg, variables={"phone": name},
        )  # fmt: skip
        await asyncio.to_thread(house.office.keep, record, [], [])
        await house.office.attach_witness(tenant_id, call_id)


async def _followed(
    house: House, leg: str, life: Lifecycle, events: LegEvents,
    paid: tuple[UUID, UUID, int | None],
) -> None:  # fmt: skip
    """Until the leg is gone; from the answer on, for as long as it is `paid` (tenant, call, seconds held)."""
    tenant_id, call_id, seconds = paid
    meter: asyncio.Task[None] | None = None
    try:
        while not life.over:
            life.apply(await events.get())
            if life.answered_at and seconds is not None and meter is None:
                cut = partial(house.switch.hangup, leg)
                hooks = MeterHooks(partial(house.till.extend, tenant_id, call_id), cut)
                meter = asyncio.create_task(keep_within(seconds, monotonic(), hooks), name="meter")
    finally:
        if meter is not None:
            meter.cancel()
