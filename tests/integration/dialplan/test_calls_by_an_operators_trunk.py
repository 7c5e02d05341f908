"""Two real Asterisks: an operator's, and ours behind its trunk. Calls in, calls out, and a trunk that is dead."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from ari_app.desk.lifecycle import Lifecycle
from ari_app.switch.asterisk.events import ChannelEvent, Entry, told
from asterisk_conf.server import Asterisk
from store.base.secrets import write_secret
from store.base.settings import Settings
from tests.asterisk_fixture import asterisk_settings, free_port
from tests.integration.call.conftest import SECONDS, Linked, linked
from tests.integration.dialplan.carriers import CarrierPeer, header, user

OURS, CALLED = "+33162001234", "+33612345678"
OPERATOR, HOUSE = "127.0.0.2", "127.0.0.3"


@dataclass
class Side:
    """One of the two Asterisks and the application on it."""

    config: Settings
    line: Linked

    async def arrival(self) -> Entry:
        """The next call that enters this side's application."""
        async with asyncio.timeout(SECONDS):
            return await self.line.arrivals.get()

    async def dial(self, endpoint: str, caller: str) -> asyncio.Queue[ChannelEvent]:
        """Ring an endpoint; the events of the channel that rings it."""
        channel_id = f"test-{uuid4()}"
        events = self.line.link.watch(channel_id)
        await self.line.link.originate(
            channel_id, endpoint, caller_id=caller, seconds=40, args="outbound", variables={"__DECROCHE_RING": "25"}
        )
        return events

    async def outcome(self, caller: str = OURS, called: str = CALLED) -> str:
        """How a call out that nobody took ended, as a CDR would name it."""
        events = await self.dial(f"Local/{called}@decroche-outbound/n", caller)
        life: Lifecycle | None = None
        async with asyncio.timeout(SECONDS * 2):
            while life is None or not life.over:
                event = await events.get()
                life = life or Lifecycle(event.at)
                for one in told(event):
                    life.apply(one)
        return life.outcome(outbound=True)


@dataclass
class Pair:
    """Who calls whom."""

    operator: Side
    house: Side


async def side(stack: AsyncExitStack, config: Settings) -> Side:
    server = Asterisk(config, demo=True)
    await asyncio.to_thread(server.start)
    stack.push_async_callback(asyncio.to_thread, server.stop)
    return Side(config, await stack.enter_async_context(linked(config)))


def two(folder: Path, **ours: object) -> tuple[Settings, Settings]:
    """(operator's settings, ours), each the other's trunk, on addresses of their own."""
    ports = free_port(), free_port()
    operator = asterisk_settings(
        folder / "operator", bind=OPERATOR, sip_port=ports[0], trunk=f"{HOUSE}:{ports[1]}", trunk_peers=[HOUSE]
    )
    mine: dict[str, object] = {"trunk": f"{OPERATOR}:{ports[0]}", "trunk_peers": [OPERATOR], **ours}
    house = asterisk_settings(folder / "house", bind=HOUSE, sip_port=ports[1], rtp_first=34000, rtp_last=34099, **mine)
    return operator, house


@pytest.fixture
async def pair(new_folder: Path) -> AsyncGenerator[Pair]:
    """Two Asterisks that know each other by their addresses."""
    async with AsyncExitStack() as stack:
        operator, house = two(new_folder)
        yield Pair(await side(stack, operator), await side(stack, house))


async def test_a_call_in_reaches_the_application_however_the_operator_writes_numbers(pair: Pair) -> None:
    for callee in ("+33162001234", "0162001234", "0033162001234", "33162001234"):
        for caller in ("+33612345678", "0612345678"):
            await pair.operator.dial(f"PJSIP/{callee}@trunk", caller)
            arrival = await pair.house.arrival()
            assert (arrival.args, arrival.caller) == (("inbound", OURS), CALLED)
            await pair.house.line.link.hangup(arrival.channel_id)


async def test_a_foreign_callers_number_is_kept(pair: Pair) -> None:
    await pair.operator.dial(f"PJSIP/{OURS}@trunk", "0044207123456")
    assert (await pair.house.arrival()).caller == "+44207123456"


async def test_a_call_out_shows_our_number_in_its_international_form(pair: Pair) -> None:
    await pair.house.dial(f"Local/{CALLED}@decroche-outbound/n", OURS)
    arrival = await pair.operator.arrival()
    assert (arrival.args, arrival.caller) == (("inbound", CALLED), OURS)


async def test_a_call_out_that_the_operator_answers_enters_our_application(pair: Pair) -> None:
    await pair.house.dial(f"Local/{CALLED}@decroche-outbound/n", OURS)
    await pair.operator.line.link.answer((await pair.operator.arrival()).channel_id)


@pytest.mark.parametrize(("cause", "outcome"), [(17, "busy"), (21, "refused"), (1, "unallocated")])
async def test_the_operators_reason_is_the_calls_outcome(pair: Pair, cause: int, outcome: str) -> None:
    ended = asyncio.create_task(pair.house.outcome())
    await pair.operator.line.link.hangup((await pair.operator.arrival()).channel_id, cause=cause)
    assert await ended == outcome


async def test_an_operator_that_asks_for_a_password_is_given_it_and_from_stays_the_number(new_folder: Path) -> None:
    async with AsyncExitStack() as stack:
        carrier = await CarrierPeer("127.0.0.5", realm="carrier").open()
        stack.callback(carrier.close)
        _, house = two(new_folder, trunk=f"127.0.0.5:{carrier.port}", trunk_user="acme")
        write_secret("trunk", "s3cret", of=house)
        ours = await side(stack, house)
        await ours.dial(f"Local/{CALLED}@decroche-outbound/n", OURS)
        invite = await carrier.asked("INVITE", 2)
        assert 'username="acme"' in header(invite, "Authorization")
        assert user(invite, "From") == OURS


async def test_a_wrong_password_is_a_call_that_could_not_be_placed(new_folder: Path) -> None:
    async with AsyncExitStack() as stack:
        operator, house = two(new_folder, trunk_user="caller1")
        operator.asterisk.trunk_peers = ["127.0.0.9"]
        await side(stack, operator)
        write_secret("trunk", "wrong", of=house)
        ours = await side(stack, house)
        assert await ours.outcome() in {"refused", "unavailable"}


async def test_a_trunk_that_does_not_answer_is_unavailable_before_a_person_would_have_been_given_up(
    new_folder: Path,
) -> None:
    async with AsyncExitStack() as stack:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
            deaf.bind((OPERATOR, 0))
            _, house = two(new_folder, trunk=f"{OPERATOR}:{deaf.getsockname()[1]}")
            ours = await side(stack, house)
            assert await ours.outcome() == "unavailable"
