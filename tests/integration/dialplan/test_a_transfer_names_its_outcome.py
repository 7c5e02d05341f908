"""decroche-transfer and decroche-outbound on a real Asterisk, seen through its manager events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from panoramisk import Manager
from panoramisk.message import Message

from ari_app.softphone.phone import SoftPhone
from asterisk_conf.render import AMI_USER, ARI_USER, ami_password, ari_password
from asterisk_conf.server import Asterisk
from store.base.settings import Settings

SECRETARY = "+33199000001"


class Witness:
    """A manager connection that keeps what it is told."""

    def __init__(self, manager: Manager, of: Settings) -> None:
        self.manager, self.of = manager, of
        self.outcomes: asyncio.Queue[Message] = asyncio.Queue()
        manager.register_event("UserEvent", lambda _, event: self.outcomes.put_nowait(event))

    async def dial(self, context: str, number: str, **variables: str) -> None:
        """A call whose one side waits and whose other side enters `context` at `number`."""
        asked = {"endpoint": "Local/*43@from-phone/n", "context": context, "extension": number, "priority": 1}
        answer = await asyncio.to_thread(
            httpx.post, f"http://127.0.0.1:{self.of.asterisk.http_port}/ari/channels", params=asked,
            json={"variables": variables}, auth=(ARI_USER, ari_password(self.of)),
        )  # fmt: skip
        answer.raise_for_status()

    async def outcome(self) -> str:
        """What the next DecrocheTransfer event says."""
        while True:
            event = await asyncio.wait_for(self.outcomes.get(), 15)
            if event.userevent == "DecrocheTransfer":
                return str(event.outcome)


@pytest.fixture
async def witness(asterisk: Asterisk) -> AsyncGenerator[Witness]:
    """Connected and logged in."""
    ours = asterisk.config.asterisk
    manager = Manager(
        host="127.0.0.1", port=ours.ami_port, username=AMI_USER, secret=ami_password(asterisk.config), ping_delay=0
    )
    await manager.connect()
    yield Witness(manager, asterisk.config)
    manager.close()


async def test_a_person_who_takes_the_call_is_answered(asterisk: Asterisk, witness: Witness) -> None:
    with SoftPhone.of(asterisk.config, "secretary") as phone, ThreadPoolExecutor(1) as pool:
        rung = pool.submit(phone.wait_for_call, timeout=10, max_seconds=0.5)
        await witness.dial("decroche-transfer", "0199000001")
        assert await witness.outcome() == "answered"
        assert (await asyncio.wrap_future(rung)).answered


@pytest.mark.parametrize(("status", "outcome"), [("486 Busy Here", "busy"), ("603 Decline", "refused")])
async def test_a_person_who_turns_it_down_is_named(
    asterisk: Asterisk, witness: Witness, status: str, outcome: str
) -> None:
    with SoftPhone.of(asterisk.config, "secretary") as phone, ThreadPoolExecutor(1) as pool:
        pool.submit(phone.wait_for_call, timeout=10, decline=status)
        await witness.dial("decroche-transfer", SECRETARY)
        assert await witness.outcome() == outcome


async def test_a_person_who_lets_it_ring_is_no_answer(asterisk: Asterisk, witness: Witness) -> None:
    with SoftPhone.of(asterisk.config, "secretary"):
        await witness.dial("decroche-transfer", SECRETARY, DECROCHE_RING="1")
        assert await witness.outcome() == "no_answer"


async def test_a_person_whose_phone_is_off_is_unavailable(witness: Witness) -> None:
    await witness.dial("decroche-transfer", SECRETARY)
    assert await witness.outcome() == "unavailable"


@pytest.mark.parametrize("number", ["0899123456", "+442071234567", "112"])
async def test_a_number_nobody_may_be_sent_to_is_refused(witness: Witness, number: str) -> None:
    await witness.dial("decroche-transfer", number)
    assert await witness.outcome() == "refused"


async def test_a_call_placed_by_the_application_carries_its_id_in_the_cdr(asterisk: Asterisk, witness: Witness) -> None:
    cdrs: asyncio.Queue[Message] = asyncio.Queue()
    witness.manager.register_event("Cdr", lambda _, event: cdrs.put_nowait(event))
    with SoftPhone.of(asterisk.config, "patient") as phone, ThreadPoolExecutor(1) as pool:
        pool.submit(phone.wait_for_call, timeout=10, max_seconds=0.5)
        await witness.dial("decroche-outbound", "+33639980100", DECROCHE_CALL="call-7")
        while (await asyncio.wait_for(cdrs.get(), 15)).userfield != "call-7":
            pass
