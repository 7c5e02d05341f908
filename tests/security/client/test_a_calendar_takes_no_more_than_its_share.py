"""A calendar that a client names may be anybody's: what it sends is bounded in time, memory and meaning."""

from __future__ import annotations

import codecs
from datetime import UTC, datetime, timedelta

import pytest

from portal.links.caldav import parsed
from portal.links.ics import CalendarUnreadable, Span
from portal.links.ics_apart import busy_apart

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
BOMB = """<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><d>&b;</d>"""


def file(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\nUID:{n}@x\r\n{event}\r\nEND:VEVENT\r\n" for n, event in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{body}END:VCALENDAR\r\n".encode()


def test_rules_that_would_be_expanded_for_ever_are_given_up() -> None:
    """Each is an event of every day since the year 1: a calendar by its form, hours of work by its meaning."""
    text = file(*["DTSTART:00010101T080000Z\r\nDTEND:00010101T081500Z\r\nRRULE:FREQ=DAILY"] * 1900)
    with pytest.raises(CalendarUnreadable, match="cannot be read within 3 seconds"):
        busy_apart([text], NOW, NOW + timedelta(days=366), "Europe/Paris", seconds=3)


def test_what_is_read_apart_is_what_it_says() -> None:
    text = file("DTSTART:20261130T090000Z\r\nDTEND:20261130T100000Z")
    nine = datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert busy_apart([text], NOW, NOW + timedelta(days=9), "Europe/Paris") == [Span(nine, nine + timedelta(hours=1))]
    with pytest.raises(CalendarUnreadable, match="no calendar"):
        busy_apart([b"<html>"], NOW, NOW + timedelta(days=9), "Europe/Paris")


@pytest.mark.parametrize(
    "body",
    [
        BOMB.encode(), f'<?xml version="1.0"?>{BOMB}'.encode(),
        codecs.BOM_UTF16_LE + BOMB.encode("utf-16-le"), codecs.BOM_UTF16_BE + BOMB.encode("utf-16-be"),
        b'<?xml version="1.0" encoding="cp037"?>' + BOMB.encode("cp037"),
        b'<?xml version="1.0" encoding="utf-16"?>' + BOMB.encode("utf-16-le"),
    ],
)  # fmt: skip
def test_a_servers_answer_declares_no_entities_in_whichever_code(body: bytes) -> None:
    with pytest.raises(CalendarUnreadable):
        parsed(body)


def test_an_answer_without_declarations_is_read() -> None:
    assert parsed("<?xml version='1.0' encoding='utf-8'?><d><![CDATA[é]]></d>".encode()).text == "é"
