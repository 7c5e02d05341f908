"""decroche-consult on a real Asterisk: whoever picks up comes to us, and is joined or sends the caller back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID, uuid4

import pytest

from ari_app.softphone.phone import SoftPhone
from ari_app.softphone.report import CallReport
from ari_app.softphone.script import Utterance
from ari_app.switch.asterisk.switch import AsteriskSwitch
from ari_app.switch.base import Arrival, Ended, Entered, Joined, Key, LegEvent, LegEvents, Rung, Tried
from asterisk_conf.server import Asterisk
from store.base.settings import Settings
from tests.integration.call.conftest import until as eventually
from tests.integration.dialplan.conftest import CALLED, Build

SECRETARY, SHOWN = "+33199000001", "+33162001234"
SECONDS = 30.0

Told = TypeVar("Told", bound=LegEvent)


async def until(events: LegEvents, kind: type[Told]) -> Told:
    """The next event of that kind."""
    async with asyncio.timeout(SECONDS):
        while not isinstance(event := await events.get(), kind):
            pass
        return event


@dataclass
class Waiting:
    """A caller who is with us, and the switch."""

    switch: AsteriskSwitch
    arrivals: asyncio.Queue[Arrival]
    leg: str
    events: LegEvents
    call_id: UUID

    async def rings(self, to: str = SECRETARY) -> None:
        """Have that person rung, who is to be asked first."""
        await self.switch.consult(self.leg, self.call_id, to, shown=SHOWN, longest=60)

    async def person(self) -> Arrival:
        """Who picked up."""
        async with asyncio.timeout(SECONDS):
            return await self.arrivals.get()


@pytest.fixture
async def caller(asterisk: Asterisk) -> AsyncGenerator[Waiting]:
    """Somebody whose far end repeats what they hear, with us."""
    async with waiting(asterisk.config) as one:
        yield one


@asynccontextmanager
async def waiting(config: Settings, tried: Callable[[str, Tried], None] | None = None) -> AsyncGenerator[Waiting]:
    """The same on any Asterisk."""
    arrivals: asyncio.Queue[Arrival] = asyncio.Queue()
    switch = AsteriskSwitch(config, arrivals.put_nowait, lambda call, cdr: None, tried, demo=True)
    running = asyncio.create_task(switch.run())
    try:
        async with asyncio.timeout(SECONDS):
            await switch.reached()
        leg = f"test-{uuid4()}"
        events = switch.watch(leg)
        await switch.link.originate(
            leg, "Local/*43@from-phone/n", caller_id="+33639980100", seconds=20, args="test", variables={}
        )
        await until(events, Entered)
        yield Waiting(switch, arrivals, leg, events, uuid4())
        for channel in await switch.link.channels():
            await switch.hangup(channel["id"])
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def answering(
    asterisk: Asterisk, pool: ThreadPoolExecutor, phone: SoftPhone, *script: Utterance, seconds: float = 30.0
) -> asyncio.Future[CallReport]:
    """The secretary's phone is answered when it rings."""
    rung: Callable[[], CallReport] = lambda: phone.wait_for_call(script, timeout=SECONDS, max_seconds=seconds)  # noqa: E731
    return asyncio.wrap_future(pool.submit(rung))


async def test_who_takes_the_call_is_joined_with_the_caller(asterisk: Asterisk, caller: Waiting) -> None:
    with SoftPhone.of(asterisk.config, "secretary") as phone, ThreadPoolExecutor(1) as pool:
        talking = await answering(asterisk, pool, phone, seconds=6.0)
        await caller.rings()
        await until(caller.events, Rung)
        person = await caller.person()
        assert (person.why, person.call, person.dialled) == ("person", str(caller.call_id), SECRETARY)
        assert person.at is not None
        await caller.switch.join(person.leg)
        joined = await until(caller.events, Joined)
        assert joined.at >= person.at
        report = await talking
        await until(caller.events, Ended)
    assert report.answered


async def test_the_person_is_told_apart_by_keys_and_sound_before(asterisk: Asterisk, caller: Waiting) -> None:
    with SoftPhone.of(asterisk.config, "secretary") as phone, ThreadPoolExecutor(1) as pool:
        talking = await answering(asterisk, pool, phone, Utterance(digits="1", when="after_answer", delay_ms=1500))
        await caller.rings()
        person = await caller.person()
        events = caller.switch.watch(person.leg)
        async with caller.switch.line(person.leg, caller.call_id) as line:
            await line.send(bytes(640 * 10))
            await line.mark("told")
            key = await until(events, Key)
        assert key.key == "1"
        await caller.switch.join(person.leg)
        await until(caller.events, Joined)
        await caller.switch.hangup(caller.leg)
        await talking


async def test_who_refuses_sends_the_caller_back(asterisk: Asterisk, caller: Waiting) -> None:
    with SoftPhone.of(asterisk.config, "secretary") as phone, ThreadPoolExecutor(1) as pool:
        talking = await answering(asterisk, pool, phone)
        await caller.rings()
        person = await caller.person()
        await caller.switch.hangup(person.leg)
        await until(caller.events, Entered)
        assert (await talking).ended_by == "them"


@pytest.mark.parametrize(("status", "outcome"), [("486 Busy Here", "busy"), ("603 Decline", "refused")])
async def test_who_turns_it_down_is_named(asterisk: Asterisk, caller: Waiting, status: str, outcome: str) -> None:
    with SoftPhone.of(asterisk.config, "secretary") as phone, ThreadPoolExecutor(1) as pool:
        pool.submit(phone.wait_for_call, timeout=SECONDS, decline=status)
        await caller.rings()
        assert (await until(caller.events, Entered)).back == outcome


async def test_who_lets_it_ring_is_no_answer(asterisk: Asterisk, caller: Waiting) -> None:
    await caller.switch.link.set_variable(caller.leg, "__DECROCHE_RING", "1")
    with SoftPhone.of(asterisk.config, "secretary"):
        await caller.rings()
        assert (await until(caller.events, Entered)).back == "no_answer"


async def test_who_hangs_up_while_they_are_asked_sends_the_caller_back(asterisk: Asterisk, caller: Waiting) -> None:
    with SoftPhone.of(asterisk.config, "secretary") as phone, ThreadPoolExecutor(1) as pool:
        talking = await answering(asterisk, pool, phone)
        await caller.rings()
        await caller.person()
        phone.leave()
        await until(caller.events, Entered)
        await talking


async def test_who_is_not_there_is_unavailable(caller: Waiting) -> None:
    await caller.rings()
    assert (await until(caller.events, Entered)).back == "unavailable"


async def test_a_caller_who_hangs_up_is_gone_while_the_person_is_still_with_us(
    asterisk: Asterisk, caller: Waiting
) -> None:
    with SoftPhone.of(asterisk.config, "secretary") as phone, ThreadPoolExecutor(1) as pool:
        talking = await answering(asterisk, pool, phone)
        await caller.rings()
        person = await caller.person()
        await caller.switch.hangup(caller.leg)
        await until(caller.events, Ended)
        assert person.leg in await caller.switch.alive()
        await caller.switch.hangup(person.leg)
        assert (await talking).ended_by == "them"


async def test_a_person_by_a_trunk_is_asked_too_and_the_trunks_are_the_calls(build: Build) -> None:
    house = await build({}, {})
    house.first.invited = 503
    told = dict[str, list[Tried]]()
    async with waiting(house.server.config, lambda call, part: told.setdefault(call, []).append(part)) as caller:
        await caller.rings(CALLED)
        person = await caller.person()
        assert (person.call, person.dialled) == (str(caller.call_id), CALLED)
        assert house.second.up
        await caller.switch.join(person.leg)
        await until(caller.events, Joined)
        house.second.hang_up(next(iter(house.second.up)), house.at)
        await until(caller.events, Ended)
        await eventually("both trunks", lambda: len(told.get(str(caller.call_id), [])) == 2)
    first, second = told[str(caller.call_id)]
    assert (first.trunk, first.answered_at, second.trunk) == ("ovh", None, "sfr")
    assert second.answered_at is not None
