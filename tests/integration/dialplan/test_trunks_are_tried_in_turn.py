"""A real Asterisk with several trunks: which is tried, who is shown, what never passes, nobody cut off by a reload."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import pytest

from asterisk_conf.applying import ask, states, use_trunks
from dialplan.ways import Way, ranks
from store.trunks.checking import Trunk
from tests.integration.call.conftest import until
from tests.integration.dialplan.carriers import CarrierPeer, header, user
from tests.integration.dialplan.conftest import CALLED, OURS, Build, House


def weighted(*weights: int) -> Sequence[Way]:
    return [Way(f"t{i}", f"trunk.t{i}", weight=weight) for i, weight in enumerate(weights)]


def test_within_a_priority_the_first_is_chosen_by_weight() -> None:
    (rank,) = ranks(weighted(1, 3))
    assert rank.sides == 4
    assert [(o.first, o.last, o.names) for o in rank.orders] == [(1, 3, "t1/t0/"), (4, 4, "t0/t1/")]


@pytest.mark.parametrize("refusal", [503, 408])
async def test_a_trunk_that_cannot_is_followed_by_the_next(build: Build, refusal: int) -> None:
    house = await build({}, {})
    house.first.invited = refusal
    await house.dial()
    await house.second.asked("INVITE")
    await until("answer", lambda: not house.line.arrivals.empty())
    assert len(house.first.of("INVITE")) == 1


@pytest.mark.parametrize("answer", [486, 404, 603])
async def test_what_the_person_called_says_is_not_asked_twice(build: Build, answer: int) -> None:
    house = await build({}, {})
    house.first.invited = answer
    events = house.line.link.watch(channel := f"{uuid4()}-out")
    await house.line.link.originate(
        channel, f"Local/{CALLED}@decroche-outbound/n", caller_id=OURS, seconds=40, args="outbound", variables={}
    )
    while (await asyncio.wait_for(events.get(), 30)).type != "ChannelDestroyed":
        pass
    assert len(house.first.of("INVITE")) == 1
    assert house.second.of("INVITE") == []


@pytest.mark.parametrize("to", ["+33199001234", "112", "+33899123456"])
async def test_a_trunk_that_sends_the_call_elsewhere_rings_nobody(build: Build, to: str) -> None:
    house = await build({}, {})
    house.first.invited, house.first.moved = 302, f"<sip:{to}@{house.first.address}:{house.first.port}>"
    await house.dial()
    await house.first.asked("ACK")
    async with asyncio.timeout(30):
        while await house.channels():
            await asyncio.sleep(0.02)
    assert [text.split("@")[0] for text in house.first.of("INVITE")] == [f"INVITE sip:{CALLED}"]
    assert house.second.of("INVITE") == []


async def test_a_call_that_rang_is_not_placed_again(build: Build) -> None:
    house = await build({}, {})
    house.first.invited, house.first.ringing = 503, True
    await house.dial()
    await house.first.asked("ACK")
    async with asyncio.timeout(30):
        while await house.channels():
            await asyncio.sleep(0.02)
    assert house.second.of("INVITE") == []


async def test_a_trunk_that_answers_no_options_is_passed_over(build: Build) -> None:
    house = await build({"options_seconds": 3600}, {"options_seconds": 3600})
    assert (await asyncio.to_thread(ask, house.server, "ovh")).reachable is True
    house.first.options = False
    state = await asyncio.to_thread(ask, house.server, "ovh")
    assert state.reachable is False
    assert state.why == "no answer to OPTIONS"
    await house.dial()
    await house.second.asked("INVITE")
    assert house.first.of("INVITE") == []
    assert (await asyncio.to_thread(ask, house.server, "sfr")).reachable is True


async def test_from_carries_the_number_that_was_checked_whatever_the_accounts_name(build: Build) -> None:
    house = await build({"username": "acme", "domain": "acme.example", "format_out": "plain"},
                        {"identity": "ppi", "format_out": "national"})  # fmt: skip
    await house.dial()
    invite = await house.first.asked("INVITE")
    assert user(invite, "From") == "33162001234"
    assert "@acme.example" in header(invite, "From")
    assert user(invite, "P-Asserted-Identity") == "33162001234"
    assert invite.startswith("INVITE sip:33612345678@")
    house.first.invited = 503
    await house.dial()
    invite = await house.second.asked("INVITE")
    assert user(invite, "From") == "0162001234"
    assert user(invite, "P-Preferred-Identity") == "0162001234"
    assert header(invite, "P-Asserted-Identity") == ""
    assert invite.startswith("INVITE sip:0612345678@")


async def test_a_trunk_shows_no_number_but_those_it_may(build: Build) -> None:
    house = await build({"shows": ["+33163", "+33164"]}, {"shows": ["+33162"]})
    await house.dial()
    assert user(await house.second.asked("INVITE"), "From") == OURS
    assert house.first.of("INVITE") == []


async def test_a_burst_gets_exactly_the_channels_there_are(build: Build) -> None:
    house = await build({"channels": 7}, {"channels": 5})
    await asyncio.gather(*(house.dial(f"+336123456{n:02}") for n in range(40)))
    async with asyncio.timeout(30):  # each call that stands has three channels; those that were refused have none
        while len(house.first.up) + len(house.second.up) < 12 or await house.channels() != 3 * 12:
            await asyncio.sleep(0.05)
    assert (len(house.first.of("INVITE")), len(house.second.of("INVITE"))) == (7, 5)
    assert (len(house.first.up), len(house.second.up)) == (7, 5)
    house.first.hang_up(next(iter(house.first.up)), house.at)
    await house.first.until("OK", lambda: any(t.startswith("SIP/2.0 200") for t in house.first.requests))
    await until("channel to be gone", lambda: _count(house, "ovh") == 6)
    await house.dial()
    await house.first.asked("INVITE", 8)


def _count(house: House, trunk: str) -> int:
    return house.server.command("group show channels").count(f" {trunk} ")


async def test_calls_a_second_are_no_more_than_they_may(build: Build) -> None:
    house = await build({"cps": 3}, {})
    await asyncio.gather(*(house.dial(f"+336123456{n:02}") for n in range(10)))
    await house.second.until("7 calls", lambda: len(house.second.of("INVITE")) == 7)
    assert len(house.first.of("INVITE")) == 3


async def test_a_reload_in_mid_call_drops_nothing_and_the_new_trunk_carries_the_next(build: Build) -> None:
    house = await build({}, {})
    await house.dial()
    await until("answer", lambda: not house.line.arrivals.empty())
    before = {channel["id"] for channel in await house.line.link.channels()}
    third = await CarrierPeer("127.0.0.7").open()
    try:
        wanted = [Trunk("free", third.address, third.port, priority=0, options_seconds=0)]
        assert await asyncio.to_thread(use_trunks, house.server, wanted)
        assert not await asyncio.to_thread(use_trunks, house.server, wanted)
        assert {channel["id"] for channel in await house.line.link.channels()} == before
        assert "free" in states(house.server) or "trunk.free" in house.server.command("pjsip show endpoints")
        await house.dial()
        await third.asked("INVITE")
        assert house.first.of("BYE") == []
        assert len(house.first.up) == 1
        call = next(iter(house.first.up))
        house.first.hang_up(call, house.at)
        await house.first.until("OK", lambda: any(t.startswith("SIP/2.0 200") for t in house.first.requests))
    finally:
        third.close()


async def test_an_emergency_call_leaves_by_a_trunk_that_is_full_and_keeps_its_number(build: Build) -> None:
    house = await build({"channels": 1, "shows": ["+33199"], "format_out": "00"}, {})
    await house.dial(shown="+33199000001")
    await house.first.asked("INVITE")
    await house.line.link.originate(
        f"{uuid4()}", "Local/112@from-phone/n", caller_id="+33639980101", seconds=20, args="test", variables={}
    )
    assert (await house.first.asked("INVITE", 2)).startswith("INVITE sip:112@")


@pytest.mark.parametrize("number", ["112", "+33112", "15", "0033112"])
async def test_no_trunk_brings_an_emergency_call(build: Build, number: str) -> None:
    house = await build({"format_in": "plain"}, {})
    house.first.call(house.at, number, CALLED)
    await house.first.until("404", lambda: any(t.startswith("SIP/2.0 404") for t in house.first.requests))
    assert house.line.arrivals.empty()
    assert house.first.of("INVITE") == house.second.of("INVITE") == []


async def test_numbers_without_their_plus_are_read_where_the_trunk_writes_them_so(build: Build) -> None:
    house = await build({"format_in": "plain"}, {})
    house.first.call(house.at, "33162001234", "442071234567")
    await until("arrival", lambda: not house.line.arrivals.empty())
    entry = house.line.arrivals.get_nowait()
    assert (entry.args, entry.caller) == (("inbound", OURS), "+442071234567")


async def test_behind_nat_the_public_address_is_said_to_trunks(build: Build) -> None:
    house = await build({}, {}, public_address="203.0.113.9")
    await house.dial()
    invite = await house.first.asked("INVITE")
    assert "c=IN IP4 203.0.113.9" in invite
    assert "@203.0.113.9:" in header(invite, "Contact")
    assert "203.0.113.9" in header(invite, "Via")
