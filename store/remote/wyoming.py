"""The Wyoming protocol of the Open Home Foundation, version 1: events as a line of JSON, more JSON, sound, over TCP.

    {"type": …, "data": {…}, "data_length": n, "payload_length": m}\\n   then n bytes of JSON, then m bytes of sound

Source: the README of the `wyoming` package. Every size is bounded before it is read.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, cast

from store.base.errors import Unavailable, reason

MOST_LINE, MOST_DATA, MOST_PAYLOAD = 1 << 16, 1 << 20, 1 << 22
"""Bytes of the three parts of an event."""
CONNECT_SECONDS = 1.5
"""A server on the operator's own network answers in a thousandth of it."""


class WyomingError(Unavailable):
    """A Wyoming server is away, slow, or says what cannot be understood."""

    code = "wyoming"


@dataclass(frozen=True, slots=True)
class Event:
    """What is said in one go."""

    type: str
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    payload: bytes = b""


def encoded(event: Event) -> bytes:
    """The event as it goes out."""
    head: dict[str, Any] = {"type": event.type}
    data = json.dumps(event.data, ensure_ascii=False).encode("utf-8", "replace") if event.data else b""
    if data:
        head["data_length"] = len(data)
    if event.payload:
        head["payload_length"] = len(event.payload)
    return json.dumps(head).encode() + b"\n" + data + event.payload


async def read(reader: asyncio.StreamReader) -> Event:
    """The next event. Raises WyomingError for what is none, or is too large; IncompleteReadError at the end."""
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError as error:
        raise WyomingError("a line without an end") from error
    head = _object(line)
    data: dict[str, Any] = head.get("data") or {}
    if size := _size(head, "data_length", MOST_DATA):
        data = {**data, **_object(await reader.readexactly(size))}
    payload = await reader.readexactly(_size(head, "payload_length", MOST_PAYLOAD))
    return Event(str(head.get("type", "")), data, payload)


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WyomingError(f"{text[:40]!r} is no JSON") from error
    if not isinstance(found, dict) or not isinstance(cast("dict[str, Any]", found).get("data") or {}, dict):
        raise WyomingError(f"{text[:40]!r} is no event")
    return cast("dict[str, Any]", found)


def _size(head: Mapping[str, Any], name: str, most: int) -> int:
    size = head.get(name) or 0
    if not isinstance(size, int) or not 0 <= size <= most:
        raise WyomingError(f"{name} is {str(size)[:20]}, not a number up to {most}")
    return size


@dataclass(frozen=True, slots=True)
class Connection:
    """A server while it is spoken to."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, kind: str, payload: bytes = b"", **data: Any) -> None:
        """Send one event; waits where the server is slow to take it."""
        self.writer.write(encoded(Event(kind, data, payload)))
        await self.writer.drain()

    async def hear(self, *kinds: str) -> Event:
        """The next event of these kinds; others are passed over. Raises WyomingError for what the server calls one."""
        while True:
            event = await read(self.reader)
            if event.type == "error":
                raise WyomingError(f"it says: {str(event.data.get('text', ''))[:200]}")
            if event.type in kinds:
                return event


@asynccontextmanager
async def connected(server: str, seconds: float) -> AsyncGenerator[Connection]:
    """Speak to `server` (HOST:PORT) for at most `seconds`. Whatever goes wrong is a WyomingError that names it.

    A body that is left before its end (an error, a cancelled task) cuts the connection: the server works for nobody.
    """
    host, _, port = server.rpartition(":")
    writer = None
    try:
        async with asyncio.timeout(seconds):
            async with asyncio.timeout(min(CONNECT_SECONDS, seconds)):
                reader, writer = await asyncio.open_connection(host.strip("[]"), int(port), limit=MOST_LINE)
            yield Connection(reader, writer)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
    except WyomingError as error:
        raise WyomingError(f"{server}: {error}", hint=_hint(server)) from error
    except TimeoutError as error:
        said = f"no answer of {server} within {seconds:g} s" if writer else f"{server} cannot be reached in time"
        raise WyomingError(said, hint=_hint(server)) from error
    except asyncio.IncompleteReadError as error:
        raise WyomingError(f"{server} broke off", hint=_hint(server)) from error
    except OSError as error:
        raise WyomingError(f"{server} cannot be reached: {reason(error)}", hint=_hint(server)) from error
    finally:
        if writer is not None and not writer.is_closing():
            writer.transport.abort()


def _hint(server: str) -> str:
    return f"start the Wyoming server at {server}, or take its address out of the settings"


async def described(server: str, seconds: float = 5.0) -> Mapping[str, Any]:
    """What the server says it offers: {"asr": [{"name", "models": [{"name", "languages"}]}], "tts": …}."""
    async with connected(server, seconds) as talk:
        await talk.say("describe")
        return (await talk.hear("info")).data


def offers(info: Mapping[str, Any], kind: str, parts: str) -> list[Mapping[str, Any]]:
    """The installed models (`asr`, `models`) or voices (`tts`, `voices`) of an info; what is malformed is left out."""
    programs = [each for each in _list(info.get(kind)) if each.get("installed", True)]
    return [part for each in programs for part in _list(each.get(parts)) if part.get("installed", True)]


def names(found: Any) -> list[str]:
    """The texts of a list, and nothing where it is none."""
    every = cast("list[Any]", found) if isinstance(found, list) else []
    return [each for each in every if isinstance(each, str)]


def _list(found: Any) -> list[Mapping[str, Any]]:
    every = cast("list[Any]", found) if isinstance(found, list) else []
    return [cast("Mapping[str, Any]", each) for each in every if isinstance(each, dict)]


def reach(server: str, kind: str, parts: str) -> str:
    """For `doctor`: what the server offers, in words; in a thread of its own, whoever asks. Raises WyomingError."""
    with ThreadPoolExecutor(1) as thread:
        info = thread.submit(lambda: asyncio.run(described(server))).result()
    names = [str(part.get("name")) for part in offers(info, kind, parts)]
    if not names:
        raise WyomingError(f"{server} offers no {kind}", hint=f"name a server that does, with HOST:PORT of its {kind}")
    return f"{server}: {', '.join(names[:3])}{' …' if len(names) > 3 else ''}"
