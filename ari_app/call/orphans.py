"""Calls that a dead process left, and nobody can go on with: nobody meets silence, each leaves a CDR of what is known.

Whoever is on such a call is given back to the switch (the fallback for a caller, an apology for somebody we called),
and the leg is followed to its end. A call of ours that still rings is hung up: nobody here would speak to who picks up.
Who is talking to a person meanwhile, by a transfer, goes on talking.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from ari_app.desk.house import House
from ari_app.desk.legs import Legs, Whose
from ari_app.desk.lifecycle import Lifecycle
from ari_app.desk.lost import Lost
from ari_app.switch.base import PLACED, Arrival, Entered, Stray, SwitchError
from store.base.errors import DecrocheError
from store.journal import Left, Past

log = logging.getLogger(__name__)

WAIT_SECONDS = 90.0
"""How long an apology or a fallback that does not answer may take, before the CDR is written all the same."""


@dataclass(frozen=True, slots=True)
class Orphan:
    """A leg that no call of this process watches, with its call's row. `away`: it is not with us, but with a person."""

    stray: Stray
    left: Left | None
    away: bool = False


def picked_up(arrival: Arrival) -> Stray:
    """The stray that picked up: a call that another process placed, and that comes to us now."""
    return Stray(arrival.leg, "outbound", arrival.caller, arrival.dialled, arrival.created_at, True)


def came_back(arrival: Arrival) -> Stray:
    """The stray that a transfer brought back, which a process that died began."""
    direction = "outbound" if arrival.leg.endswith(PLACED) else "inbound"
    return Stray(arrival.leg, direction, arrival.caller, arrival.dialled, arrival.created_at, True)


async def attend(house: House, lost: Lost, orphan: Orphan) -> bool:
    """Give the call back to the switch, or hang it up while it rings; wait for its end and write it down.

    False, and nothing is written, where a leg that was `away` came back to us: it can be gone on with.
    """
    stray, switch, life = orphan.stray, house.switch, Lifecycle(orphan.stray.created_at)
    if orphan.left is not None:
        life.answered_at = orphan.left.answered_at
    events = switch.watch(stray.leg)
    legs, fallback = (None, "") if orphan.away else await _legs(house, orphan)
    ours = True
    try:
        with suppress(SwitchError):
            await switch.follow(stray.leg)
        if stray.up and life.answered_at is None:
            life.answered_at = await _answered_at(house, stray)
        if not orphan.away:
            with suppress(SwitchError):
                await _hand_over(house, stray, legs, fallback)
        async with asyncio.timeout(WAIT_SECONDS if stray.direction == "outbound" and not orphan.away else None):
            while not life.over:
                event = await events.get()
                life.apply(event)
                if legs is not None:
                    legs.heard(event)
                if orphan.away and isinstance(event, Entered):
                    ours = False
                    return False
    except TimeoutError:
        log.warning("stray leg %s did not end in time", stray.leg)
    finally:
        switch.unwatch(stray.leg)
        if legs is not None:
            await legs.over()
        if ours:
            await _written(lost, orphan, life)
    return True


async def _written(lost: Lost, orphan: Orphan, life: Lifecycle) -> None:
    left = orphan.left or await asyncio.to_thread(lost.of, orphan.stray.leg)
    if left is None:
        log.warning("leg %s belongs to no call in progress: no CDR", orphan.stray.leg)
        return
    past = Past(life.started_at, life.answered_at, life.ended_at or datetime.now(UTC))
    await asyncio.to_thread(lost.close, left, past)


async def _legs(house: House, orphan: Orphan) -> tuple[Legs | None, str]:
    """Whom a caller may be sent to in our place, asked for and charged as ever; None: the switch's own map says it."""
    stray = orphan.stray
    try:
        route = await house.office.routing.route(stray.dialled)
    except DecrocheError as error:
        log.error("whose call %s was is not known: [%s] %s", stray.leg, error.code, error)
        return None, ""
    if orphan.left is None or route is None or stray.direction == "outbound":
        return None, ""
    whose = Whose(orphan.left.call.tenant_id, orphan.left.call.call_id, route.e164, stray.leg)
    return Legs(house, whose, partial(house.switch.hangup, stray.leg)), route.fallback or ""


async def _hand_over(house: House, stray: Stray, legs: Legs | None, fallback: str) -> None:
    if stray.ringing_out:
        log.warning("call %s rang on by itself: hung up", stray.leg)
        await house.switch.hangup(stray.leg)
        return
    log.warning("call %s was left by another process: given back to the switch", stray.leg)
    if legs is not None:
        await legs.send_away(stray.dialled, fallback)
        return
    await house.switch.give_back(stray.leg, "sorry" if stray.direction == "outbound" else "away", stray.dialled)


async def _answered_at(house: House, stray: Stray) -> datetime | None:
    """When the switch's own CDR says that it was answered; for one who picks up now, now is the switch's too."""
    with suppress(SwitchError):
        if (told := await house.switch.answered_at(stray.leg)) is not None:
            return told
    return datetime.now(UTC) if stray.direction == "outbound" else stray.created_at
