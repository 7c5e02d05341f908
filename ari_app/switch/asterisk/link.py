# pyright: basic
"""The link to Asterisk: ARI through aioari, fenced here.

aioari's weaknesses and what is done about them: it awaits each listener in turn (here a listener only queues);
it does not reconnect (here `run` does, with backoff); its errors are server-side exception classes (here they
become LinkError); its objects are dynamic (here every operation used is a plain method with plain values).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aioari
import aiohttp
from aiohttp import web
from aioswagger11.http_client import ApiKeyAuthenticator, AsynchronousHttpClient

from ari_app.switch.asterisk.events import GONE, ChannelEvent, Entry, asterisk_time
from ari_app.switch.base import SwitchError

log = logging.getLogger(__name__)

BACKOFF = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
"""Seconds between attempts to reach Asterisk; the last repeats."""

QUEUE = 256
"""Events waiting for one call at most."""


class LinkError(SwitchError):
    """Asterisk did not do what was asked."""

    code = "link"


class AriLink:
    """One connection to one Asterisk for one application. `run` keeps it up until cancelled."""

    def __init__(self, url: str, user: str, password: str, app: str, on_entry: Callable[[Entry], None]) -> None:
        self.url, self.user, self._password, self.app = url, user, password, app
        self._on_entry = on_entry
        self._client: Any = None
        self._queues: dict[str, asyncio.Queue[ChannelEvent]] = {}
        self.connected = asyncio.Event()
        self.connections = 0
        self.failures = 0
        """Tries since Asterisk was last reached."""

    # -- keeping it up -----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, listen, and connect again whenever Asterisk goes away. Ends only by cancellation."""
        while True:
            try:
                await self._session()
                log.warning("the link to Asterisk closed")
            except (aiohttp.ClientError, web.HTTPException, OSError, ValueError, LinkError) as error:
                (log.debug if self.failures else log.warning)("no link to Asterisk at %s: %s", self.url, error)
            finally:
                self.connected.clear()
            await asyncio.sleep(BACKOFF[min(self.failures, len(BACKOFF) - 1)])
            self.failures += 1

    async def _session(self) -> None:
        host = urlsplit(self.url).hostname or ""
        http = AsynchronousHttpClient(auth=ApiKeyAuthenticator(host, f"{self.user}:{self._password}"))
        client = aioari.Client(self.url, http)  # aioari.connect() would leave `http` open when it fails
        try:
            await client.init()
            client.on_event("*", self._dispatch)
            listening = asyncio.create_task(client.run(apps=self.app))
            self._client = client
            try:
                await self._registered(client, listening)
                self.connections += 1
                self.failures = 0
                self.connected.set()
                await self._notice_losses()
                await listening
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
        finally:
            self._client = None
            await http.close()

    async def _registered(self, client: Any, listening: asyncio.Task[None]) -> None:
        """Wait until Asterisk knows our application (its WebSocket is open)."""
        for _ in range(200):
            if listening.done():
                listening.result()
                raise OSError("the event WebSocket closed at once")
            if client.websockets:
                return
            await asyncio.sleep(0.01)
        raise OSError("the event WebSocket did not open")

    async def _notice_losses(self) -> None:
        """After a reconnection: calls whose channel vanished meanwhile are told so."""
        if not self._queues:
            return
        alive = {channel["id"] for channel in await self.channels()}
        for channel_id in set(self._queues) - alive:
            self._put(channel_id, ChannelEvent(GONE, channel_id, datetime.now(UTC)))

    # -- events ------------------------------------------------------------------------------------------

    def watch(self, channel_id: str) -> asyncio.Queue[ChannelEvent]:
        """The queue on which this channel's events arrive from now on."""
        return self._queues.setdefault(channel_id, asyncio.Queue(QUEUE))

    def unwatch(self, channel_id: str) -> None:
        """No more events of this channel are wanted."""
        self._queues.pop(channel_id, None)

    def _dispatch(self, message: dict[str, Any]) -> None:
        """Called by aioari for each event: only ever queues. One that is not as Asterisk's are ends no link."""
        try:
            self._sorted(message)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            log.warning("an event of Asterisk's cannot be read (%s): %.200s", error, message)

    def _sorted(self, message: dict[str, Any]) -> None:
        kind = str(message["type"])
        at = asterisk_time(message["timestamp"]) if "timestamp" in message else datetime.now(UTC)
        channel = message.get("channel") or message.get("caller") or message.get("peer") or {}
        channel_id = str(channel.get("id", ""))
        _check(message)
        if channel_id in self._queues:
            self._put(channel_id, ChannelEvent(kind, channel_id, at, message))
        elif kind == "StasisStart":
            self._on_entry(
                Entry(
                    channel_id, tuple(map(str, message.get("args", ()))),
                    str(channel.get("caller", {}).get("number", "")),
                    str(channel.get("name", "")), at, asterisk_time(channel["creationtime"]),
                    str(channel.get("state", "")), str(channel.get("language", "")),
                )
            )  # fmt: skip

    def _put(self, channel_id: str, event: ChannelEvent) -> None:
        queue = self._queues[channel_id]
        if queue.full():  # a call that reads nothing for 256 events: drop the oldest, keep the end of the story
            queue.get_nowait()
            log.error("events of channel %s are not being read", channel_id)
        queue.put_nowait(event)

    # -- operations --------------------------------------------------------------------------------------

    async def answer(self, channel_id: str) -> None:
        """Answer the call."""
        await self._do("channels", "answer", channelId=channel_id)

    async def ring(self, channel_id: str) -> None:
        """Send 180 Ringing."""
        await self._do("channels", "ring", channelId=channel_id)

    async def hangup(self, channel_id: str, *, cause: int = 16) -> None:
        """Hang up with a Q.850 cause; a channel already gone is fine."""
        await self._do("channels", "hangup", missing_ok=True, channelId=channel_id, reason_code=str(cause))

    async def set_variable(self, channel_id: str, name: str, value: str) -> None:
        """Set a channel variable or writable function, as `CDR(userfield)`."""
        await self._do("channels", "setChannelVar", channelId=channel_id, variable=name, value=value)

    async def get_variable(self, channel_id: str, name: str) -> str:
        """A channel variable's value; empty when unset."""
        got = await self._do("channels", "getChannelVar", missing_ok=True, channelId=channel_id, variable=name)
        return (got or {}).get("value", "")

    async def continue_in_dialplan(self, channel_id: str, context: str, extension: str) -> None:
        """Give the channel back to the dialplan."""
        await self._do(
            "channels",
            "continueInDialplan",
            channelId=channel_id,
            context=context,
            extension=extension,
            priority=1,
        )

    async def send_dtmf(self, channel_id: str, digits: str) -> None:
        """Send keys to the far end."""
        await self._do("channels", "sendDTMF", channelId=channel_id, dtmf=digits)

    async def subscribe(self, channel_id: str) -> None:
        """Go on receiving the channel's events after it leaves the application (its end, a transfer's outcome)."""
        await self._do("applications", "subscribe", applicationName=self.app, eventSource=f"channel:{channel_id}")

    async def originate(self, channel_id: str, endpoint: str, *, caller_id: str, seconds: int,
                        args: str, variables: dict[str, str]) -> None:  # fmt: skip
        """Ring `endpoint`; when answered the channel enters our application with `args`."""
        await self._do(
            "channels", "originateWithId", channelId=channel_id, endpoint=endpoint, callerId=caller_id,
            timeout=seconds, app=self.app, appArgs=args, variables=variables,
        )  # fmt: skip

    async def open_media(self, channel_id: str) -> str:
        """Make a media WebSocket channel of that id; returns the URL to connect to."""
        channel = await self._do(
            "channels", "externalMedia", channelId=channel_id, app=self.app, external_host="INCOMING",
            transport="websocket", encapsulation="none", format="slin16", connection_type="server",
            transport_data="f(json)",
        )  # fmt: skip
        connection = channel["channelvars"]["MEDIA_WEBSOCKET_CONNECTION_ID"]
        return f"{self.url.replace('http', 'ws', 1).rstrip('/')}/media/{connection}"

    async def entered(self, channel_id: str, *, seconds: float = 3.0) -> None:
        """Wait until a watched channel is in our application: before, it cannot be bridged. Raises LinkError."""
        try:
            async with asyncio.timeout(seconds):
                while (await self._queues[channel_id].get()).type != "StasisStart":
                    pass
        except TimeoutError as error:
            raise LinkError(f"channel {channel_id} did not enter the application in {seconds:g} s") from error

    async def open_bridge(self, bridge_id: str, *channel_ids: str) -> None:
        """A mixing bridge with these channels in it."""
        await self._do("bridges", "createWithId", bridgeId=bridge_id, type="mixing,proxy_media")
        await self._do("bridges", "addChannel", bridgeId=bridge_id, channel=list(channel_ids))

    async def close_bridge(self, bridge_id: str) -> None:
        """Take the bridge down; its channels stay."""
        await self._do("bridges", "destroy", missing_ok=True, bridgeId=bridge_id)

    async def close_bridges(self, named: str, besides: Collection[str]) -> None:
        """Take down every bridge whose id holds this; its channels stay."""
        for bridge in await self._do("bridges", "list") or []:
            if named in bridge["id"] and bridge["id"] not in besides:
                await self.close_bridge(bridge["id"])

    async def channels(self) -> list[dict[str, Any]]:
        """Every channel of this Asterisk, as ARI describes it."""
        return await self._do("channels", "list") or []

    async def _do(self, repository: str, operation: str, *, missing_ok: bool = False, **params: Any) -> Any:
        if self._client is None:
            raise LinkError("there is no link to Asterisk", hint="decroche asterisk status")
        try:
            got = await getattr(getattr(self._client, repository), operation)(**params)
        except web.HTTPException as error:
            if missing_ok and error.status_code in (404, 409):
                return None
            raise LinkError(f"ARI {operation}: {error.status_code} {(error.text or '').strip()}") from error
        except (aiohttp.ClientError, OSError) as error:
            raise LinkError(f"ARI {operation}: {error}") from error
        if isinstance(got, list):
            return [getattr(item, "json", item) for item in got]
        return getattr(got, "json", got)


def _check(message: dict[str, Any]) -> None:
    """What a call reads of its events is of the kind that it takes it for. Raises ValueError."""
    channel = message.get("channel", {})
    if not isinstance(channel, dict):
        raise ValueError("channel is no object")
    if "creationtime" in channel:
        asterisk_time(str(channel["creationtime"]))
    if not isinstance(message.get("cause", 0), int | None):
        raise ValueError("cause is no number")
    if not isinstance(message.get("args", []), list):
        raise ValueError("args is no list")
