"""Asterisk as the house's switch: the port by the link (ARI), the media channel, the witness and the console."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from time import time_ns
from typing import Any
from uuid import UUID

import aiohttp

from ari_app.switch.asterisk.events import ChannelEvent, Entry, arrival, is_person, stray, told
from ari_app.switch.asterisk.link import AriLink, LinkError
from ari_app.switch.asterisk.media import Media
from ari_app.switch.asterisk.witness import CdrListener
from ari_app.switch.base import Arrival, Elsewhere, LegEvent, Line, Made, Stray, Tried
from asterisk_conf.applying import states, use_trunks
from asterisk_conf.record import remembered, shorten
from asterisk_conf.render import AMI_USER, ARI_USER, ami_password, ari_password
from asterisk_conf.server import Asterisk, AsteriskDown
from asterisk_conf.signing import signing
from store.base.settings import Settings
from store.journal import Past
from store.trunks.checking import Trunk

log = logging.getLogger(__name__)

LINE = "-bridge-"
"""What stands in the id of every bridge between a leg and its audio."""

RING_MARGIN = 5
"""Seconds Asterisk itself waits beyond the ringing time, so that the dialplan names the outcome first."""


class Told:
    """A channel's events as a leg's."""

    def __init__(self, events: asyncio.Queue[ChannelEvent]) -> None:
        self._events = events
        self._waiting = deque[LegEvent]()
        self._made = False

    async def get(self) -> LegEvent:
        """The next event that says something of the leg."""
        while not self._waiting:
            for event in told(await self._events.get()):
                if not isinstance(event, Made):
                    self._waiting.append(event)
                elif not self._made:
                    self._made = True
                    self._waiting.append(event)
        return self._waiting.popleft()


class AsteriskSwitch:
    """One Asterisk on this machine."""

    def __init__(
        self, settings: Settings, arrived: Callable[[Arrival], None], witnessed: Callable[[str, dict[str, Any]], None],
        tried: Callable[[str, Tried], None] | None = None, *, demo: bool = False,
    ) -> None:  # fmt: skip
        """`arrived(arrival)`, `witnessed(call_id, cdr)`, `tried(call_id, part)` run on the event loop and never wait.

        `witnessed` is told all that Asterisk's own CDRs say of a call so far, each time that another comes.
        """
        of, self._config = settings.asterisk, settings
        self._user, self._password = ARI_USER, ari_password(settings)
        self._arrived = arrived
        self.link = AriLink(f"http://127.0.0.1:{of.http_port}/", self._user, self._password, of.app, self._entered)
        self._witness = CdrListener("127.0.0.1", of.ami_port, AMI_USER, ami_password(settings), witnessed, tried)
        self._server = Asterisk(settings, demo=demo)
        self._signs = signing(settings) is not None
        self._http: aiohttp.ClientSession | None = None
        self._numbers = count(time_ns() // 1_000_000)  # a process that died may have left lines of the same call
        self._lines = set[str]()

    # -- keeping it up -----------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """See `Switch`, as for all that follows."""
        return self.link.connected.is_set()

    async def run(self) -> None:
        try:
            async with aiohttp.ClientSession() as self._http:
                await self.link.run()
        finally:
            self._witness.stop()

    async def reached(self) -> None:
        await self.link.connected.wait()
        with suppress(OSError):
            await asyncio.to_thread(shorten, self._config)
        with suppress(OSError):
            await self._witness.start()

    def _entered(self, entry: Entry) -> None:
        if (known := arrival(entry)) is not None:
            self._arrived(known)

    # -- a leg's events ----------------------------------------------------------------------------------

    def watch(self, leg: str) -> Told:
        return Told(self.link.watch(leg))

    def unwatch(self, leg: str) -> None:
        self.link.unwatch(leg)

    async def follow(self, leg: str) -> None:
        await self.link.subscribe(leg)

    async def adopt(self, leg: str, call_id: UUID) -> None:
        await asyncio.gather(self.link.subscribe(leg), self.link.set_variable(leg, "CDR(userfield)", str(call_id)))

    async def answered_at(self, leg: str) -> datetime | None:
        seconds = await self.link.get_variable(leg, "CDR(answer,u)")
        try:
            return datetime.fromtimestamp(float(seconds), UTC) if float(seconds) else None
        except ValueError:
            return None

    async def alive(self) -> set[str]:
        return {str(channel["id"]) for channel in await self.link.channels()}

    def remembered(self, call_id: UUID) -> Past | None:
        return remembered(self._config, call_id)

    async def strays(self) -> list[Stray]:
        found: list[Stray] = []
        await self.link.close_bridges(LINE, self._lines)
        for channel in await self.link.channels():
            if "-media-" in channel["id"]:
                if channel["id"] not in self._lines:
                    await self.link.hangup(channel["id"])
            elif is_person(channel, self.link.app):  # nobody talks to them any more; the caller comes back
                await self.link.hangup(channel["id"])
            elif (known := stray(channel, self.link.app)) is not None:
                found.append(known)
        return found

    # -- what is done with a leg -------------------------------------------------------------------------

    async def ring(self, leg: str) -> None:
        await self.link.ring(leg)

    async def answer(self, leg: str) -> None:
        await self.link.answer(leg)

    async def hangup(self, leg: str) -> None:
        await self.link.hangup(leg)

    async def send_keys(self, leg: str, keys: str) -> None:
        await self.link.send_dtmf(leg, keys)

    async def dial(self, leg: str, call_id: UUID, to: str, *, shown: str, seconds: int) -> None:
        call = str(call_id)
        await self.link.originate(
            leg, f"Local/{to}@decroche-outbound/n", caller_id=shown, seconds=seconds + RING_MARGIN, args="outbound",
            variables={"__DECROCHE_CALL": call, "__DECROCHE_RING": str(seconds), "CDR(userfield)": call},
        )  # fmt: skip
        with suppress(LinkError):  # refused at once: its end was told already
            await self.link.subscribe(leg)

    async def transfer(self, leg: str, to: str, *, shown: str, longest: int) -> None:
        await self.link.set_variable(leg, "DECROCHE_CALLEE", shown)
        await self.link.set_variable(leg, "DECROCHE_LONGEST", str(longest))
        await self.link.continue_in_dialplan(leg, "decroche-transfer", to)

    async def consult(self, leg: str, call_id: UUID, to: str, *, shown: str, longest: int) -> None:
        await self.link.set_variable(leg, "DECROCHE_CALLEE", shown)
        await self.link.set_variable(leg, "__DECROCHE_LONGEST", str(longest))
        await self.link.set_variable(leg, "__DECROCHE_FOR", str(call_id))
        await self.link.continue_in_dialplan(leg, "decroche-consult", to)

    async def join(self, leg: str) -> None:
        await self.link.continue_in_dialplan(leg, "decroche-taken", "s")

    async def give_back(
        self, leg: str, to: Elsewhere, dialled: str = "", *, rings: str = "", longest: int = 0
    ) -> None:  # fmt: skip
        if rings:
            await self.link.set_variable(leg, "DECROCHE_FALLBACK", rings)
            await self.link.set_variable(leg, "DECROCHE_LONGEST", str(longest))
        await self.link.continue_in_dialplan(leg, f"decroche-{to}", dialled or "s")

    async def let_out(self, leg: str, to: str) -> None:
        await self.link.continue_in_dialplan(leg, "decroche-phone-out", to)

    @asynccontextmanager
    async def line(self, leg: str, call_id: UUID) -> AsyncGenerator[Line]:
        link, number = self.link, next(self._numbers)
        if self._http is None:
            raise LinkError("there is no link to Asterisk", hint="decroche asterisk status")
        media_id, bridge_id = f"{call_id}-media-{number}", f"{call_id}{LINE}{number}"
        link.watch(media_id)
        self._lines |= {media_id, bridge_id}
        try:
            url = await link.open_media(media_id)
            async with Media(self._http, url, self._user, self._password) as media:
                await link.entered(media_id)
                await link.open_bridge(bridge_id, leg, media_id)
                yield media
        finally:
            link.unwatch(media_id)
            with suppress(LinkError):
                await link.close_bridge(bridge_id)
                await link.hangup(media_id)
            self._lines -= {media_id, bridge_id}

    # -- what Asterisk knows by itself -------------------------------------------------------------------

    async def publish(self, numbers: Mapping[str, str]) -> None:
        try:
            await asyncio.to_thread(self._server.publish_numbers, numbers)
        except AsteriskDown:
            log.debug("Asterisk is not ours to tell the numbers")

    async def use_trunks(self, trunks: Sequence[Trunk]) -> None:
        await asyncio.to_thread(use_trunks, self._server, trunks)

    async def lost_trunks(self) -> Mapping[str, str]:
        found = await asyncio.to_thread(states, self._server)
        return {name: state.why for name, state in found.items() if state.why}

    @property
    def signs(self) -> bool:
        return self._signs

    async def vouch_for(self, numbers: Iterable[str]) -> None:
        await asyncio.to_thread(self._server.vouch_for, numbers)
