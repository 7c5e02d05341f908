"""Many channels at once on a real Asterisk: each queue has its own channel's events, in Asterisk's order."""

from __future__ import annotations

import asyncio

from ari_app.switch.asterisk.events import ChannelEvent
from ari_app.switch.asterisk.link import QUEUE
from tests.integration.call.conftest import SECONDS, Linked

CALLS, STEPS = 6, 15


async def steps_of(line: Linked, channel_id: str) -> list[ChannelEvent]:
    """The events of one channel up to its end, after variables were set on it in order."""
    events = line.link.watch(channel_id)
    for step in range(STEPS):
        await line.link.set_variable(channel_id, "STEP", str(step))
    await line.link.hangup(channel_id)
    seen: list[ChannelEvent] = []
    async with asyncio.timeout(SECONDS):
        while not seen or seen[-1].type != "ChannelDestroyed":
            seen.append(await events.get())
    line.link.unwatch(channel_id)
    return seen


async def test_each_call_reads_its_own_events_in_order(line: Linked) -> None:
    channels = [await line.echo() for _ in range(CALLS)]
    told = await asyncio.gather(*(steps_of(line, channel_id) for channel_id in channels))
    for channel_id, events in zip(channels, told, strict=True):
        assert {event.channel_id for event in events} == {channel_id}
        steps = [event.data["value"] for event in events if event.data.get("variable") == "STEP"]
        assert steps == [str(step) for step in range(STEPS)]
        assert [event.at for event in events] == sorted(event.at for event in events)


async def test_a_call_that_reads_nothing_stops_no_other(line: Linked) -> None:
    deaf, other = await line.echo(), await line.echo()
    unread = line.link.watch(deaf)
    for step in range(QUEUE + 20):
        await line.link.set_variable(deaf, "STEP", str(step))
    assert (await steps_of(line, other))[-1].type == "ChannelDestroyed"
    assert unread.qsize() == QUEUE
    assert unread.get_nowait().data["value"] != "0", "the oldest went, not the newest"
