"""A house behind two carriers that a test plays: `build` makes one, the first trunk before the second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from asterisk_conf.server import Asterisk
from asterisk_conf.trunks import keep_trunks
from store.base.secrets import write_secret
from store.trunks.checking import Trunk
from tests.asterisk_fixture import asterisk_settings, free_port
from tests.integration.call.conftest import Linked, linked
from tests.integration.dialplan.carriers import CarrierPeer

HOUSE, FIRST, SECOND = "127.0.0.3", "127.0.0.5", "127.0.0.6"
OURS, CALLED = "+33162001234", "+33612345678"


@dataclass
class House:
    """An Asterisk with two carriers, `first` before `second`."""

    server: Asterisk
    line: Linked
    first: CarrierPeer
    second: CarrierPeer

    @property
    def at(self) -> tuple[str, int]:
        return HOUSE, self.server.config.asterisk.sip_port

    async def dial(self, callee: str = CALLED, *, shown: str = OURS, call: str = "") -> str:
        """A call out, as the application places it; its channel."""
        channel = f"{call or uuid4()}-out"
        await self.line.link.originate(
            channel, f"Local/{callee}@decroche-outbound/n", caller_id=shown, seconds=40, args="outbound",
            variables={"__DECROCHE_CALL": call, "__DECROCHE_RING": "20", "CDR(userfield)": call},
        )  # fmt: skip
        return channel

    async def channels(self) -> int:
        return len(await self.line.link.channels())


Build = Callable[..., Awaitable[House]]


@pytest.fixture
async def build(new_folder: Path) -> AsyncGenerator[Build]:
    """build(changes of the first trunk, changes of the second, settings) → a running house."""
    async with AsyncExitStack() as stack:

        async def made(first: dict[str, object], second: dict[str, object], **settings: object) -> House:
            carriers = [await CarrierPeer(address).open() for address in (FIRST, SECOND)]
            for carrier in carriers:
                stack.callback(carrier.close)
            config = asterisk_settings(new_folder / "house", bind=HOUSE, sip_port=free_port(), **settings)
            wanted = [
                Trunk(**{"name": name, "host": peer.address, "port": peer.port, "priority": priority,
                         "options_seconds": 0, **changes})  # pyright: ignore[reportArgumentType]
                for name, peer, priority, changes in
                (("ovh", carriers[0], 1, first), ("sfr", carriers[1], 2, second))
            ]  # fmt: skip
            for trunk in wanted:
                if trunk.username:
                    write_secret(f"trunk-{trunk.name}", "s3;cret", of=config)
            keep_trunks(config, wanted)
            server = Asterisk(config, demo=True)
            await asyncio.to_thread(server.start)
            stack.push_async_callback(asyncio.to_thread, server.stop)
            line = await stack.enter_async_context(linked(config))
            await asyncio.to_thread(server.publish_number, OURS)
            return House(server, line, *carriers)

        yield made
