"""chan_websocket's commands on a real Asterisk, whose echo repeats what is played to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import aiohttp
import numpy as np
import pytest

from ari_app.switch.asterisk.media import Media
from ari_app.switch.base import FRAME_BYTES, Audio, Closed, Left, LineError, LineEvent, Mark
from asterisk_conf.render import ARI_USER, ari_password
from asterisk_conf.server import Asterisk
from tests.integration.call.conftest import SECONDS, Linked

FRAMES_A_SECOND = 50


def tone(seconds: float) -> bytes:
    """A loud 440 Hz tone, slin16, whole frames."""
    at = np.arange(int(seconds * FRAMES_A_SECOND) * FRAME_BYTES // 2) / 16000
    return (12000 * np.sin(2 * np.pi * 440 * at)).astype("<i2").tobytes()


def loud(event: LineEvent) -> bool:
    """The tone came back."""
    return isinstance(event, Audio) and bool(np.abs(np.frombuffer(event.pcm, "<i2").astype(int)).max() > 6000)


@dataclass
class OnAir:
    """A media channel bridged with an echo."""

    media: Media
    line: Linked
    media_id: str

    async def next(self, kind: type[LineEvent]) -> LineEvent:
        """The next event of a kind; others before it are dropped."""
        async with asyncio.timeout(SECONDS):
            while not isinstance(event := await self.media.events.get(), kind):
                pass
        return event

    async def queued(self) -> int:
        """Frames waiting in Asterisk."""
        await self.media.ask_left()
        status = await self.next(Left)
        assert isinstance(status, Left)
        return status.frames

    async def during(self, seconds: float) -> list[LineEvent]:
        """All that comes in a stretch of time, in which the queue's length is asked for again and again."""
        clock, seen = asyncio.get_running_loop().time, list[LineEvent]()
        end = clock() + seconds
        while clock() < end:
            await self.media.ask_left()
            async with asyncio.timeout(SECONDS):
                while not isinstance(event := await self.media.events.get(), Left):
                    seen.append(event)
            seen.append(event)
        return seen


@pytest.fixture
async def air(line: Linked, asterisk: Asterisk) -> AsyncGenerator[OnAir]:
    channel_id = await line.echo()
    media_id, bridge_id = f"{channel_id}-media-1", f"{channel_id}-bridge"
    line.link.watch(media_id)
    url = await line.link.open_media(media_id)
    async with aiohttp.ClientSession() as http, Media(http, url, ARI_USER, ari_password(asterisk.config)) as media:
        await line.link.entered(media_id)
        await line.link.open_bridge(bridge_id, channel_id, media_id)
        yield OnAir(media, line, media_id)
        await line.link.close_bridge(bridge_id)


async def test_what_is_sent_is_heard_by_the_far_end(air: OnAir) -> None:
    await air.media.send(tone(1))
    async with asyncio.timeout(SECONDS):
        while not loud(await air.media.events.get()):
            pass


async def test_marks_come_in_order_once_what_was_before_them_is_played(air: OnAir) -> None:
    await air.media.send(tone(0.3))
    await air.media.mark("one")
    await air.media.send(tone(0.3))
    await air.media.mark("two")
    marks = [await air.next(Mark), await air.next(Mark)]
    assert [mark.id for mark in marks if isinstance(mark, Mark)] == ["one", "two"]
    assert marks[1].at - marks[0].at > 0.2, "the second waited for its 0.3 s to be played"
    assert await air.queued() == 0


async def test_a_pause_keeps_the_queue_and_resuming_plays_it(air: OnAir) -> None:
    await air.media.hold()
    await air.media.send(tone(0.5))
    await air.media.mark("end")
    seen = await air.during(0.3)
    assert {event.frames for event in seen if isinstance(event, Left)} == {25}, "nothing is played"
    assert not any(loud(event) for event in seen)
    await air.media.resume()
    assert await air.next(Mark)


async def test_a_flush_drops_what_is_queued_and_the_next_words_are_played(air: OnAir) -> None:
    await air.media.send(tone(10))
    assert await air.queued() > 5 * FRAMES_A_SECOND
    await air.media.flush()
    assert await air.queued() < FRAMES_A_SECOND
    await air.media.send(tone(0.2))
    await air.media.mark("next")
    mark = await air.next(Mark)
    assert isinstance(mark, Mark)
    assert mark.id == "next"


async def test_a_flush_ends_a_pause(air: OnAir) -> None:
    await air.media.hold()
    await air.media.send(tone(1))
    await air.media.flush()
    await air.media.send(tone(0.2))
    async with asyncio.timeout(SECONDS):
        while not loud(await air.media.events.get()):
            pass


async def test_a_minute_of_speech_waits_here_rather_than_overrun_asterisks_queue(air: OnAir) -> None:
    await air.media.hold()
    sending = asyncio.create_task(air.media.send(tone(60)))
    before, now = -1, await air.queued()
    while now > before:
        before, now = now, await air.queued()
    assert 800 < now < 1000, "Asterisk holds 20 s and drops what is beyond"
    assert not sending.done()
    while not sending.done():
        await air.media.flush()
        await air.media.hold()
        await air.queued()
    assert sending.exception() is None


async def test_a_hangup_of_the_channel_is_told_and_no_more_is_sent(air: OnAir) -> None:
    await air.line.link.hangup(air.media_id)
    assert await air.next(Closed)
    with pytest.raises(LineError):
        await air.media.send(tone(0.1))


async def test_a_media_address_that_is_not_there_is_a_named_error(asterisk: Asterisk) -> None:
    url = f"ws://127.0.0.1:{asterisk.config.asterisk.http_port}/media/none"
    async with aiohttp.ClientSession() as http:
        with pytest.raises(LineError, match="media/none"):
            async with Media(http, url, ARI_USER, ari_password(asterisk.config)):
                pass
