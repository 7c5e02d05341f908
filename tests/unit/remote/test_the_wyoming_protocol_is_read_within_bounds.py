"""What our events are on the wire, judged by the protocol's own package; and what no server can make us read."""

from __future__ import annotations

import asyncio
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wyoming.event import Event as Theirs
from wyoming.event import async_read_event, write_event

from store.remote.wyoming import MOST_LINE, MOST_PAYLOAD, Event, WyomingError, encoded, offers, read

data = st.dictionaries(st.text(min_size=1, max_size=8), st.one_of(st.text(max_size=20), st.integers(), st.none()))
events = st.builds(Event, st.text(st.characters(codec="ascii"), min_size=1, max_size=20), data, st.binary(max_size=200))


def fed(raw: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=MOST_LINE)
    reader.feed_data(raw)
    reader.feed_eof()
    return reader


@given(events)
def test_the_package_reads_what_we_write_and_we_read_what_it_writes(event: Event) -> None:
    async def both() -> None:
        theirs = await async_read_event(fed(encoded(event)))
        assert theirs is not None
        assert (theirs.type, theirs.data, theirs.payload or b"") == (event.type, event.data, event.payload)
        written = io.BytesIO()
        write_event(Theirs(event.type, dict(event.data), event.payload or None), written)
        assert await read(fed(written.getvalue())) == event

    asyncio.run(both())


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"[]\n",
        b"null\n",
        b'{"type": "info", "data": [1]}\n',
        b'{"type": "a", "payload_length": -1}\n',
        b'{"type": "a", "payload_length": "9"}\n',
        b'{"type": "a", "payload_length": %d}\n' % (MOST_PAYLOAD + 1),
        b'{"type": "a", "data_length": 99000000000}\n',
        b'{"type": "a", "data_length": 2}\n[]',
        b'{"type": "a", "data_length": 3}\n{"a',
        b"[" * 60_000 + b"\n",
        b"x" * (MOST_LINE + 10) + b"\n",
        b"\xff\xfe\n",
    ],
    ids=range(13),
)
async def test_what_is_no_event_or_too_large_is_refused_before_it_is_read(raw: bytes) -> None:
    with pytest.raises(WyomingError):
        await read(fed(raw))


async def test_an_event_that_breaks_off_is_its_end() -> None:
    with pytest.raises(asyncio.IncompleteReadError):
        await read(fed(b'{"type": "a", "payload_length": 10}\nabc'))


def test_what_a_server_offers_leaves_out_what_is_malformed_or_not_installed() -> None:
    info = {
        "asr": [{"installed": True, "models": [{"name": "base"}, "?", {"name": "large", "installed": False}]}, 7],
        "tts": "none",
    }
    assert [part["name"] for part in offers(info, "asr", "models")] == ["base"]
    assert offers(info, "tts", "voices") == []
