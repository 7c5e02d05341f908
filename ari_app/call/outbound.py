"""Placing a call: compliance is asked first; only its yes, stored, lets the switch ring anybody."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from ari_app.call.call import Call
from ari_app.call.state import CallState
from ari_app.desk.house import House
from ari_app.desk.lifecycle import Lifecycle
from ari_app.desk.office_types import CallOrder
from ari_app.switch.base import placed_leg
from store.base.errors import DecrocheError
from store.base.ids import new_id
from store.base.logs import call_scope
from store.base.numbering import e164
from store.base.parties import Parties

if TYPE_CHECKING:
    from compliance.ledgers.ledger import StoredDecision

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of an order before anybody picked up."""

    call_id: UUID
    decision: StoredDecision
    task: asyncio.Task[None] | None


Begin = Callable[[CallState], asyncio.Task[None]]
"""Rings a call in a task of its own, from when on it is in progress."""


async def place(house: House, order: CallOrder, begin: Begin) -> Placed:
    """Ask, then ring. Raises NotFound, NoAgent, BadInput for the number; OutboundBlocked, BalanceTooLow, NoPrice."""
    number = e164(order.to, field="to")
    who = await house.office.routing.caller_for(order.tenant, order.agent)
    call_id = new_id()
    if order.check_only:
        return Placed(call_id, await house.office.may_call(who, call_id, number, order), None)
    # Money first, because it asks nothing of anybody: a call the law allows counts as an attempt, and is then placed.
    parties = Parties("outbound", ours=who.number, far=number)
    seconds = await house.till.open(who.tenant_id, call_id, parties)
    try:
        decision = await house.office.may_call(who, call_id, number, order)
    except BaseException:
        await house.till.close(who.tenant_id, call_id)
        raise
    if not decision.allowed:
        await house.till.close(who.tenant_id, call_id)
        return Placed(call_id, decision, None)
    state = CallState(
        call_id, parties, placed_leg(call_id), who, Lifecycle(datetime.now(UTC)),
        variables=dict(order.variables or {}), decision_id=decision.id, paid_seconds=seconds,
    )  # fmt: skip
    return Placed(call_id, decision, begin(state))


async def ring(house: House, state: CallState) -> None:
    """Ring the number; when it is answered the leg is ours and the call goes on as any other.

    The edge of one call's task: whatever happens in it stays in it.
    """
    with call_scope(state.id):
        await _guarded(house, state)


async def _guarded(house: House, state: CallState) -> None:
    events = house.switch.watch(state.leg)
    try:
        await house.office.lease(state.who, state.id, state.leg, state.parties, state.life.started_at)
        await Call(house, state, events).run()
    except DecrocheError as error:
        log.error("call not placed: [%s] %s", error.code, error)
    except Exception:
        log.exception("a fault of ours ended a call")
