"""A link to a real Asterisk, kept up by a task as the service does; where its calls arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from ari_app.switch.asterisk.events import Entry
from ari_app.switch.asterisk.link import AriLink
from asterisk_conf.render import ARI_USER, ari_password
from asterisk_conf.server import Asterisk
from store.base.settings import Settings

SECONDS = 30.0
"""Nothing here is about speed: a loaded machine gets this long."""


async def until(what: str, look: Callable[[], bool]) -> None:
    """Until `look` holds, where nothing can be awaited. Fails saying what never came."""
    try:
        async with asyncio.timeout(SECONDS):
            while not look():
                await asyncio.sleep(0.01)
    except TimeoutError:
        pytest.fail(f"within {SECONDS:.0f} s: no {what}")


@dataclass
class Linked:
    """A link that is kept up, and the calls that came by it."""

    link: AriLink
    arrivals: asyncio.Queue[Entry] = field(default_factory=asyncio.Queue[Entry])

    async def echo(self) -> str:
        """A channel of its own in our application whose far end repeats what it is told; its id."""
        channel_id = f"test-{uuid4()}"
        await self.link.originate(
            channel_id, "Local/*43@from-phone/n", caller_id="+33162001234", seconds=20, args="test", variables={}
        )
        async with asyncio.timeout(SECONDS):
            while (await self.arrivals.get()).channel_id != channel_id:
                pass
        return channel_id


@asynccontextmanager
async def linked(config: Settings) -> AsyncGenerator[Linked]:
    """A connected link to the Asterisk of these settings."""
    arrivals: asyncio.Queue[Entry] = asyncio.Queue()
    port = config.asterisk.http_port
    link = AriLink(
        f"http://127.0.0.1:{port}/", ARI_USER, ari_password(config), config.asterisk.app, arrivals.put_nowait
    )
    running = asyncio.create_task(link.run())
    try:
        async with asyncio.timeout(SECONDS):
            await link.connected.wait()
        yield Linked(link, arrivals)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
async def line(asterisk: Asterisk) -> AsyncGenerator[Linked]:
    """A link to the session's Asterisk; its channels are hung up at the end."""
    async with linked(asterisk.config) as connected:
        yield connected
        for channel in await connected.link.channels():
            await connected.link.hangup(channel["id"])
