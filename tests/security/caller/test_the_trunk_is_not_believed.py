"""Packets in the trunk's name: no emergency call relayed, no transfer by REFER, no hidden or borrowed number kept."""

from __future__ import annotations

import asyncio
import re

import pytest

from ari_app.switch.asterisk.events import ChannelEvent
from tests.integration.call.conftest import SECONDS
from tests.security.caller.conftest import CALLER, HOUSE, OURS, Carrier


@pytest.mark.parametrize("number", ["112", "+33112", "3114"])
async def test_no_emergency_call_is_relayed_for_the_trunk(carrier: Carrier, number: str) -> None:
    call = carrier.invite(number, caller="+33199887766")
    assert (await carrier.answer(call)).startswith("SIP/2.0 404")
    assert carrier.invitations() == []


async def test_a_refer_is_declined_and_nothing_leaves(carrier: Carrier) -> None:
    call = carrier.invite(OURS)
    arrival = await carrier.arrival()
    await carrier.line.link.answer(arrival.channel_id)
    accepted = await carrier.answer(call)
    assert accepted.startswith("SIP/2.0 200")
    found = re.search(r"^To: .*;tag=(\S+)\r$", accepted, re.MULTILINE)
    assert found
    carrier.request("ACK", OURS, call, to_tag=found[1])
    carrier.request("REFER", OURS, call, to_tag=found[1], seq=2, extra=f"Refer-To: <sip:112@{HOUSE}>\n")
    assert (await carrier.answer(call, "REFER")).startswith("SIP/2.0 603")
    assert carrier.invitations() == []
    assert "allow_transfer" in (shown := carrier.server.command("pjsip show endpoint trunk"))
    assert re.search(r"allow_transfer\s*:\s*false", shown)


@pytest.mark.parametrize(
    "extra",
    [
        f"P-Asserted-Identity: <sip:{CALLER}@carrier.example>\nPrivacy: id\n",
        f'P-Asserted-Identity: "Claire" <sip:{CALLER}@carrier.example>\nPrivacy: id;critical\n',
        f"Remote-Party-ID: <sip:{CALLER}@carrier.example>;party=calling;privacy=full;screen=yes\n",
    ],
)
async def test_a_caller_who_hides_the_number_is_hidden_from_the_application(carrier: Carrier, extra: str) -> None:
    carrier.invite(OURS, caller="anonymous", extra=extra)
    assert (await carrier.arrival()).caller == ""


async def test_a_caller_who_hides_nothing_is_known(carrier: Carrier) -> None:
    carrier.invite(OURS, caller="anonymous", extra=f"P-Asserted-Identity: <sip:{CALLER}@carrier.example>\n")
    assert (await carrier.arrival()).caller == CALLER


async def test_a_call_in_that_shows_one_of_our_numbers_loses_it(carrier: Carrier) -> None:
    carrier.invite(OURS, caller=OURS)
    assert (await carrier.arrival()).caller == ""


async def test_a_fallback_is_dialled_only_for_a_call_that_acknowledges_its_answer(carrier: Carrier) -> None:
    await asyncio.to_thread(carrier.server.publish_number, OURS, "+33612340000")
    for acknowledges in (False, True):
        call = carrier.invite(OURS)
        arrival = await carrier.arrival()
        events = carrier.line.link.watch(arrival.channel_id)
        await carrier.line.link.subscribe(arrival.channel_id)
        await carrier.line.link.continue_in_dialplan(arrival.channel_id, "decroche-away", OURS)
        accepted = await carrier.answer(call)
        assert accepted.startswith("SIP/2.0 200")
        found = re.search(r"^To: .*;tag=(\S+)\r$", accepted, re.MULTILINE)
        assert found
        if acknowledges:
            carrier.request("ACK", OURS, call, to_tag=found[1])
            await carrier.leaves("+33612340000")
        else:
            await ended(events)
            assert carrier.invitations() == []


async def ended(events: asyncio.Queue[ChannelEvent]) -> None:
    """Until the channel is gone."""
    async with asyncio.timeout(SECONDS):
        while (await events.get()).type != "ChannelDestroyed":
            pass
