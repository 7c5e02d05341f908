"""A call that another process held until it died, taken up where it stood: its facts, its transcript, its conversation.

What is known of it was written down while it went on (`desk/journal.py`); the caller has stayed with the switch.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from ari_app.call.call import Call
from ari_app.call.state import CallState
from ari_app.desk.house import House
from ari_app.desk.journal import Entry, cut_short, read
from ari_app.desk.lifecycle import Lifecycle
from ari_app.desk.record import Done
from ari_app.switch.base import Stray, SwitchError
from store.base.errors import DecrocheError
from store.base.parties import Parties
from store.journal import Left

log = logging.getLogger(__name__)

TAKEN_UP = "resumed"
"""The action that says in a call's record that another process went on with it."""


async def found(house: House, stray: Stray, left: Left) -> tuple[CallState, Mapping[str, Any]] | None:
    """The call as it stood, with where its conversation stood; None where too little is known to go on with it.

    Raises DecrocheError where the office cannot say who talked.
    """
    try:
        entry = read(left.notes)
    except ValueError as error:
        log.warning("call %s cannot be taken up: its notes say nothing (%s)", left.call.call_id, error)
        return None
    if not (stray.up and entry.talk and entry.agent):
        return None
    who = await house.office.routing.version_left(left.call.tenant_id, entry.agent, entry.version, entry.number)
    answered = left.answered_at or await _answered(house, stray)
    life = Lifecycle(stray.created_at, answered, entered=True)
    state = CallState(
        left.call.call_id, Parties.of(stray.direction, left.call.caller, left.call.callee), stray.leg, who, life,
        notes=entry.notes, variables=dict(entry.variables), decision_id=entry.decision_id, record=entry.record,
        trunk=entry.trunk,
    )  # fmt: skip
    _note(state, entry, left, datetime.now(UTC))
    await asyncio.to_thread(_open, house, state)
    return state, entry.talk


def _open(house: House, state: CallState) -> None:
    """What the first sentence needs, off the event loop: it takes a second the first time, and others are waiting."""
    house.parts.voice(state.who.agent.language, state.who.agent.voice)
    house.parts.activity()


def _note(state: CallState, entry: Entry, left: Left, now: datetime) -> None:
    """The record says when the call was cut, and for how long."""
    began = state.life.answered_at or now
    cut, at = (round((instant - began).total_seconds() * 1000) for instant in (left.renewed_at, now))
    cut_short(entry.notes, max(0, cut))
    state.notes.actions.append(Done(TAKEN_UP, {}, {"outcome": "done"}, max(0, at)))


async def _answered(house: House, stray: Stray) -> datetime:
    with suppress(SwitchError):
        if (told := await house.switch.answered_at(stray.leg)) is not None:
            return told
    return stray.created_at


async def go_on(house: House, state: CallState, kept: Mapping[str, Any]) -> None:
    """Until the call is over. Raises ValueError where its conversation cannot be read: nothing has happened then."""
    switch = house.switch
    events = switch.watch(state.leg)
    try:
        call = Call(house, state, events, kept)
    except ValueError:
        switch.unwatch(state.leg)
        raise
    await asyncio.gather(switch.follow(state.leg), _lease(house, state), return_exceptions=True)
    parties = state.parties
    log.warning("call from %s to %s goes on: another process had it", parties.caller or "hidden", parties.callee)
    await call.run()


async def _lease(house: House, state: CallState) -> None:
    """It is this process's from now on. A database that is away is told by the keeper, once it is back."""
    try:
        await house.office.lease(state.who, state.id, state.leg, state.parties, state.life.started_at)
    except DecrocheError as error:
        log.warning("the lease was not renewed: [%s] %s", error.code, error)
