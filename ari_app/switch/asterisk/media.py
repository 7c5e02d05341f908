"""The audio of one call: Asterisk's chan_websocket, both ways, with its JSON control messages.

Frames go out at 20 ms of slin16; Asterisk queues them and owns the playout clock. Commands: MARK_MEDIA,
PAUSE_MEDIA, CONTINUE_MEDIA, FLUSH_MEDIA, GET_STATUS. Everything that comes in is put on one bounded queue.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from time import monotonic
from typing import Any, cast

import aiohttp

from ari_app.switch.base import FRAME_BYTES, Audio, Closed, Left, LineError, LineEvent, Mark

log = logging.getLogger(__name__)

INBOX = 500
"""Messages waiting at most: 10 s of audio. Beyond, the oldest audio is dropped rather than letting delay grow."""

STRIDE = 50
"""Frames sent before Asterisk is asked whether it keeps up. Its XOFF comes at 900 waiting frames, and what is beyond
1000 it drops: sent in one burst, speech longer than 20 s would lose its end before that XOFF is read."""


class Media:
    """One open media channel. Use as an async context manager."""

    def __init__(self, http: aiohttp.ClientSession, url: str, user: str, password: str) -> None:
        self._http, self._url = http, url
        self._headers = {"Authorization": aiohttp.encode_basic_auth(user, password)}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._clear = asyncio.Event()
        self._clear.set()
        self._asked: deque[asyncio.Event | None] = deque()  # who waits for each STATUS to come; None: `events`
        self._unasked = 0
        self._reader: asyncio.Task[None] | None = None
        self.events: asyncio.Queue[LineEvent] = asyncio.Queue(INBOX)
        self.dropped = 0

    async def __aenter__(self) -> Media:
        try:
            self._socket = await self._http.ws_connect(
                self._url, protocols=("media",), headers=self._headers, max_msg_size=0, autoping=True
            )
        except aiohttp.ClientError as error:
            raise LineError(f"media WebSocket {self._url}: {error}") from error
        self._reader = asyncio.create_task(self._read(self._socket), name="media-reader")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()

    # -- out ---------------------------------------------------------------------------------------------

    async def send(self, pcm: bytes) -> None:
        """Queue whole frames (a multiple of FRAME_BYTES). Waits while Asterisk's queue is full."""
        socket = self._open()
        try:
            for start in range(0, len(pcm), FRAME_BYTES):
                if self._unasked >= STRIDE:
                    await self._keep_pace()
                await self._clear.wait()
                await socket.send_bytes(pcm[start : start + FRAME_BYTES])
                self._unasked += 1
        except (ConnectionError, aiohttp.ClientError) as error:
            raise LineError(f"media WebSocket lost: {error}") from error

    async def _keep_pace(self) -> None:
        """What was sent has been taken in by Asterisk, and any XOFF it caused has been read."""
        told = asyncio.Event()
        self._unasked = 0
        self._asked.append(told)
        await self._command("GET_STATUS")
        await told.wait()

    async def mark(self, mark_id: str) -> None:
        """Ask to be told (Mark) when all that is queued so far has been played."""
        await self._command("MARK_MEDIA", correlation_id=mark_id)

    async def hold(self) -> None:
        """Stop playing at the next frame; the queue is kept."""
        await self._command("PAUSE_MEDIA")

    async def resume(self) -> None:
        """Play on."""
        await self._command("CONTINUE_MEDIA")

    async def flush(self) -> None:
        """Drop what is queued, and be ready to play again."""
        await self._command("FLUSH_MEDIA")
        await self._command("CONTINUE_MEDIA")

    async def ask_left(self) -> None:
        """Ask to be told (Left) how many frames are still queued."""
        self._asked.append(None)
        await self._command("GET_STATUS")

    def _open(self) -> aiohttp.ClientWebSocketResponse:
        if self._socket is None or self._socket.closed:
            raise LineError("media WebSocket is closed")
        return self._socket

    async def _command(self, command: str, **fields: str) -> None:
        try:
            await self._open().send_str(json.dumps({"command": command, **fields}))
        except (ConnectionError, aiohttp.ClientError) as error:
            raise LineError(f"media WebSocket lost: {error}") from error

    # -- in ----------------------------------------------------------------------------------------------

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                self._put(Audio(message.data, monotonic()))
            elif message.type is aiohttp.WSMsgType.TEXT:
                self._control(message.data)
        self._clear.set()
        for waiting in self._asked:
            if waiting is not None:
                waiting.set()
        self._put(Closed(monotonic()))

    def _control(self, text: str) -> None:
        try:
            event = json.loads(text)
            if not isinstance(event, dict):
                raise TypeError("no object")
            self._obey(cast("dict[str, Any]", event))
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            log.warning("media control message cannot be read (%s): %.80s", error, text)

    def _obey(self, event: dict[str, Any]) -> None:
        at = monotonic()
        match event.get("event"):
            case "MEDIA_MARK_PROCESSED":
                self._put(Mark(str(event.get("correlation_id", "")), at))
            case "STATUS":
                waiting = self._asked.popleft() if self._asked else None
                if waiting is not None:
                    waiting.set()
                else:
                    self._put(Left(int(event.get("queue_length", 0)), at))
            case "MEDIA_XOFF":
                self._clear.clear()
            case "MEDIA_XON":
                self._clear.set()
            case "ERROR":
                log.warning("media channel: %s", event.get("error_text"))
            case _:
                pass

    def _put(self, event: LineEvent) -> None:
        """Bounded: when nobody reads for 10 s the oldest audio goes; control events are never lost."""
        if not self.events.full():
            self.events.put_nowait(event)
            return
        kept = [self.events.get_nowait() for _ in range(self.events.qsize())]
        oldest = next((i for i, e in enumerate(kept) if isinstance(e, Audio)), 0)
        del kept[oldest]
        self.dropped += 1
        for item in (*kept, event):
            self.events.put_nowait(item)
