"""Instants read in columns are those `datetime` reads one by one; what is not of the plain form is left unread."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rating.instants import NEVER, UNREAD, instants
from billing.rating.rating import micros

offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(
    datetime(1970, 1, 2), datetime(9998, 12, 30), timezones=st.one_of(st.just(UTC), offsets)  # noqa: DTZ001
)  # fmt: skip


@given(st.lists(st.tuples(moments, st.sampled_from(["seconds", "milliseconds", "microseconds"]), st.booleans())))
def test_each_is_the_instant_datetime_reads(found: list[tuple[datetime, str, bool]]) -> None:
    texts: list[str] = []
    for moment, spec, zulu in found:
        text = moment.isoformat(timespec=spec)
        texts.append(text.removesuffix("+00:00") + "Z" if zulu and moment.tzinfo is UTC else text)
    assert instants(texts).tolist() == [micros(datetime.fromisoformat(text)) for text in texts]


@given(st.lists(st.text(alphabet="0123456789T:.-+Z ", max_size=36)))
def test_what_is_read_is_what_datetime_reads(texts: list[str]) -> None:
    for text, at in zip(texts, instants(texts).tolist(), strict=True):
        if at not in (NEVER, UNREAD):
            assert at == micros(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60", "1969-12-31T23:59:59Z",
        "9999-01-01T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00:00.123456+01:00Z", "Z", "x" * 40,
    ],
)  # fmt: skip
def test_what_is_no_plain_instant_is_left_unread(text: str) -> None:
    fine = "2024-02-29T12:30:00.5+02:00"
    assert instants([fine, text, ""]).tolist() == [micros(datetime.fromisoformat(fine)), UNREAD, NEVER]
