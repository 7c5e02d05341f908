"""A Wyoming server on loopback that follows a script; the protocol's own package reads and writes for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from wyoming.event import Event, async_read_event, async_write_event

RATE = 22_050


@dataclass
class Script:
    """What the server does with the next request: `fault` is one of `hangs`, `breaks`, `error`, `garbage`, `huge`."""

    text: str = "Je voudrais un rendez-vous."
    languages: tuple[str, ...] = ("fr", "en")
    voices: tuple[str, ...] = ("fr_FR-siwis-medium", "en_GB-alan-medium")
    version: str = "1"
    loudness: float = 0.02
    fault: str = ""
    asked: list[Event] = field(default_factory=list[Event])
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a caller closes the connection without an answer."""

    def heard(self, kind: str) -> list[Event]:
        """The events of a kind that came."""
        return [event for event in self.asked if event.type == kind]


@dataclass
class Running:
    """A server that listens, until it is stopped."""

    address: str
    script: Script
    server: asyncio.Server
    talks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def stop(self) -> None:
        """Nobody listens there any more, and who still speaks is cut off."""
        self.server.close()
        for task in list(self.talks):
            task.cancel()
        await asyncio.gather(*self.talks, return_exceptions=True)
        await self.server.wait_closed()


def _info(script: Script) -> Mapping[str, Any]:
    of = {"name": "someone", "url": "https://example.org"}

    def part(name: str, languages: tuple[str, ...]) -> dict[str, Any]:
        return {"name": name, "languages": list(languages), "attribution": of, "installed": True,
                "description": name, "version": script.version}  # fmt: skip

    voices = [part(name, (name[:5],)) for name in script.voices]
    program = {"name": "scripted", "attribution": of, "installed": True, "description": "", "version": "1"}
    return {"asr": [program | {"models": [part("base", script.languages)]}], "tts": [program | {"voices": voices}]}


def spoken(text: str, loudness: float) -> bytes:
    """Noise as long as somebody needs for the text, with silence around it, 16 bits at `RATE`."""
    noise = np.random.default_rng(len(text)).normal(0, loudness, int(RATE * min(4.0, 0.4 + 0.05 * len(text))))
    quiet = np.zeros(RATE // 10)
    return (np.concatenate([quiet, noise, quiet]).clip(-1, 1) * 32767).astype("<i2").tobytes()


async def _serve(script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while (event := await async_read_event(reader)) is not None:
            script.asked.append(event)
            if event.type == "describe":
                await async_write_event(Event("info", dict(_info(script))), writer)
            elif event.type in ("audio-stop", "synthesize") and not await _answered(script, event, reader, writer):
                break


async def _answered(script: Script, event: Event, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    match script.fault:
        case "hangs":
            await reader.read()  # until the caller goes
            script.left.set()
            return False
        case "breaks":
            writer.write(b'{"type": "audio-chunk", "payload_length": 4000}\n' + bytes(100))
            await writer.drain()
            return False
        case "error":
            await async_write_event(Event("error", {"text": "no memory", "code": "RuntimeError"}), writer)
        case "garbage":
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        case "huge":
            writer.write(b'{"type": "transcript", "payload_length": 99000000000}\n')
        case _ if event.type == "audio-stop":
            await async_write_event(Event("transcript", {"text": script.text, "language": "fr"}), writer)
        case _:
            form = {"rate": RATE, "width": 2, "channels": 1}
            sound = spoken(event.data["text"], script.loudness)
            await async_write_event(Event("audio-start", form), writer)
            for at in range(0, len(sound), 2048):
                await async_write_event(Event("audio-chunk", form, sound[at : at + 2048]), writer)
            await async_write_event(Event("audio-stop"), writer)
    return True


@asynccontextmanager
async def running(script: Script | None = None, port: int = 0) -> AsyncGenerator[Running]:
    """A server on a free port (or `port`)."""
    script = script or Script()

    talks = set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            with contextlib.suppress(asyncio.CancelledError):  # the test is over: it stops us
                await _serve(script, reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            talks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    found = Running(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", script, server, talks)
    try:
        yield found
    finally:
        await found.stop()


class Clock:
    """A clock that goes on when the test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now
