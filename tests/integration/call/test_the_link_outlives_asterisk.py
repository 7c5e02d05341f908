"""The ARI link against a real Asterisk that is killed and started again."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from itertools import pairwise
from pathlib import Path

import pytest

from ari_app.switch.asterisk.events import GONE
from ari_app.switch.asterisk.link import BACKOFF, AriLink, LinkError
from asterisk_conf.server import Asterisk
from tests.asterisk_fixture import asterisk_settings
from tests.integration.call.conftest import SECONDS, Linked, linked, until


@pytest.fixture
async def fragile(new_folder: Path) -> AsyncGenerator[Asterisk]:
    """An Asterisk of this test's own, which it may kill."""
    server = Asterisk(asterisk_settings(new_folder), demo=True)
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


async def killed(server: Asterisk, line: Linked) -> None:
    """Asterisk is gone, as by a crash, and the link has noticed."""
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(server.stop)  # reaps it
    await until("loss of the link", lambda: not line.link.connected.is_set())


async def back(server: Asterisk, line: Linked) -> None:
    """Asterisk is there again, and so is the link."""
    await asyncio.to_thread(server.start)
    async with asyncio.timeout(SECONDS):
        await line.link.connected.wait()


async def test_calls_arrive_again_once_asterisk_was_killed_and_restarted(fragile: Asterisk) -> None:
    async with linked(fragile.config) as line:
        await killed(fragile, line)
        await back(fragile, line)
        assert line.link.connections == 2
        assert await line.echo()


async def test_a_call_that_died_with_asterisk_is_told_so(fragile: Asterisk) -> None:
    async with linked(fragile.config) as line:
        channel_id = await line.echo()
        events = line.link.watch(channel_id)
        await killed(fragile, line)
        await back(fragile, line)
        async with asyncio.timeout(SECONDS):
            while (await events.get()).type != GONE:
                pass


async def test_what_is_asked_while_asterisk_is_away_is_refused_with_a_hint(fragile: Asterisk) -> None:
    async with linked(fragile.config) as line:
        await killed(fragile, line)
        with pytest.raises(LinkError) as caught:
            await line.link.answer("any")
    assert caught.value.hint


async def test_an_asterisk_that_is_away_is_asked_ever_more_rarely() -> None:
    """A peer that always says no: when it was asked, by its own clock. Never sooner than the wait before."""
    loop, tries = asyncio.get_running_loop(), asyncio.Queue[float]()

    def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tries.put_nowait(loop.time())
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as peer:
        port = peer.sockets[0].getsockname()[1]
        running = asyncio.create_task(AriLink(f"http://127.0.0.1:{port}/", "u", "p", "app", lambda _: None).run())
        async with asyncio.timeout(SECONDS):
            at = [await tries.get() for _ in range(5)]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    waits = [later - earlier for earlier, later in pairwise(at)]
    assert all(wait >= least - 0.01 for wait, least in zip(waits, BACKOFF, strict=False)), waits


async def test_the_first_try_after_a_long_connection_is_at_once_again(fragile: Asterisk) -> None:
    """Two crashes in a row: the waits of the first are forgotten once the link was up."""
    async with linked(fragile.config) as line:
        for _ in range(2):
            await killed(fragile, line)
            await until("third try", lambda: line.link.failures >= 3)
            await back(fragile, line)
            assert line.link.failures == 0
