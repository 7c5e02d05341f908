"""Calls that a process which died left behind: nobody meets silence, and each leaves a CDR that says what is known.

Whoever is on such a call is given to the dialplan (the fallback for a caller, an apology for somebody we called), and
the channel is followed to its end. A call of ours that still rings is hung up: nobody here would speak to who picks up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from ari_app.house import House
from ari_app.lifecycle import Lifecycle, asterisk_time
from ari_app.link import Arrival, LinkError

log = logging.getLogger(__name__)

OUTBOUND = "-out"
"""How the channels of calls that we place end; what stands before it is the call's id."""

WAIT_SECONDS = 90.0
"""How long an apology or a fallback that does not answer may take, before the CDR is written all the same."""


@dataclass(frozen=True, slots=True)
class Orphan:
    """A channel without an owner. `far`: the other party, `dialled`: the number that was dialled."""

    channel_id: str
    direction: Literal["inbound", "outbound"]
    caller: str
    dialled: str
    created_at: datetime
    up: bool
    in_application: bool

    @property
    def ringing_out(self) -> bool:
        """A call of ours that nobody has answered yet."""
        return self.direction == "outbound" and not self.up


def of_channel(channel: Mapping[str, Any], app: str) -> Orphan | None:
    """The orphan that a channel of Asterisk's list is, or None: media, other applications, phones talking together."""
    channel_id, where = str(channel["id"]), channel.get("dialplan", {})
    inside = where.get("app_name") == "Stasis" and str(where.get("app_data", "")).startswith(app)
    if "-media-" in channel_id or not (inside or channel_id.endswith(OUTBOUND)):
        return None
    return Orphan(
        channel_id,
        "outbound" if channel_id.endswith(OUTBOUND) else "inbound",
        str(channel.get("caller", {}).get("number", "")),
        _dialled(str(channel.get("name", ""))) or str(where.get("exten", "")),
        asterisk_time(channel["creationtime"]),
        channel.get("state") == "Up",
        inside,
    )


def of_arrival(arrival: Arrival) -> Orphan:
    """The orphan that picked up: a call that another process placed, and that enters the application now."""
    dialled = _dialled(arrival.name)
    return Orphan(arrival.channel_id, "outbound", arrival.caller, dialled, arrival.created_at, True, True)


async def attend(house: House, orphan: Orphan) -> None:
    """Give the call to the dialplan, or hang it up while it rings; wait for its end and write it down."""
    link, life = house.link, Lifecycle(orphan.created_at)
    events = link.watch(orphan.channel_id)
    try:
        with suppress(LinkError):
            await link.subscribe(orphan.channel_id)
        if orphan.up:
            life.answered_at = await _answered_at(house, orphan)
        with suppress(LinkError):
            await _hand_over(house, orphan)
        async with asyncio.timeout(WAIT_SECONDS if orphan.direction == "outbound" else None):
            while not life.over:
                event = await events.get()
                life.apply(event.type, event.at, event.data)
    except TimeoutError:
        log.warning("orphan %s did not end in time", orphan.channel_id)
    finally:
        link.unwatch(orphan.channel_id)
        ended = life.ended_at or datetime.now(UTC)
        await asyncio.to_thread(
            house.office.close_orphan, orphan.channel_id, caller=orphan.caller, callee=orphan.dialled,
            started_at=life.started_at, answered_at=life.answered_at, ended_at=ended,
        )  # fmt: skip


async def _hand_over(house: House, orphan: Orphan) -> None:
    link = house.link
    if orphan.ringing_out:
        log.warning("call %s rang on by itself: hung up", orphan.channel_id)
        await link.hangup(orphan.channel_id)
        return
    log.warning("call %s was left by another process: handed to the dialplan", orphan.channel_id)
    context = "decroche-sorry" if orphan.direction == "outbound" else "decroche-away"
    await link.continue_in_dialplan(orphan.channel_id, context, orphan.dialled or "s")


async def _answered_at(house: House, orphan: Orphan) -> datetime | None:
    """When Asterisk's own CDR says that it was answered; for one who picks up now, now is Asterisk's too."""
    with suppress(LinkError, ValueError):
        told = await house.link.get_variable(orphan.channel_id, "CDR(answer,u)")
        if float(told):
            return datetime.fromtimestamp(float(told), UTC)
    return datetime.now(UTC) if orphan.direction == "outbound" else orphan.created_at


def _dialled(name: str) -> str:
    """The number in the name of a channel that we placed: "Local/+33612345678@decroche-outbound-00000001;1"."""
    number = name.removeprefix("Local/").partition("@")[0]
    return number if number.startswith("+") else ""
