"""Filters, sums, pictures, and whether a form came from us: pure questions."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from fractions import Fraction
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.charges.along import come_to
from portal import words
from portal.api.app import contract
from portal.api.bucket import RATE, SIZE, Bucket, take
from portal.people.tokens import form_token, new_token
from portal.reading import filters
from portal.reading.filters import After, BadFilter
from portal.reading.one_call import micros
from portal.web.call_pages import FIELDS
from portal.web.commands import address
from portal.web.guard import form_holds, from_us, inside
from portal.web.picture import draw
from store.base.errors import BadInput

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"sec-fetch-site": "same-origin"}, True), ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False), ({"sec-fetch-site": "none"}, False), ({}, False),
        ({"origin": "https://a.test", "host": "a.test"}, True), ({"origin": "https://b.test", "host": "a.test"}, False),
        ({"origin": "null", "host": "a.test"}, False), ({"origin": "null", "host": ""}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://a.test", "host": "a.test"}, False),
        ({"origin": "https://a.test.evil", "host": "a.test"}, False),
    ],
)  # fmt: skip
def test_a_form_is_ours_where_the_browser_says_so(headers: dict[str, str], ours: bool) -> None:
    assert from_us(headers) is ours


def test_a_form_holds_its_own_sessions_token_only() -> None:
    one, other = new_token(), new_token()
    assert form_holds(one, form_token(one))
    assert not form_holds(one, form_token(other))
    assert not form_holds(one, "")
    assert not form_holds("", form_token(""))


@given(st.text(max_size=30))
def test_where_one_goes_after_signing_in_is_a_page_of_ours(text: str) -> None:
    found = inside(text)
    assert found.startswith("/")
    assert not found.startswith("//")
    assert "\\" not in found


def test_a_day_is_the_clients_from_midnight_to_midnight() -> None:
    wanted = filters.read({"du": "2026-10-25", "au": "2026-10-25"}, PARIS)  # the day the clocks go back
    assert wanted.since
    assert wanted.until
    assert (wanted.until.astimezone(UTC) - wanted.since.astimezone(UTC)).total_seconds() == 25 * 3600


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_pages_end_is_read_as_it_was_written(at: datetime) -> None:
    end = After(at, uuid4())
    assert filters.after(filters.written(end)) == end


@given(st.text(max_size=60))
def test_an_address_made_up_is_a_bad_filter_and_nothing_worse(text: str) -> None:
    query: dict[str, str] = {str(name): text for name in FIELDS}
    for read in (lambda: filters.read(query, PARIS), lambda: filters.after(text)):
        with suppress(BadFilter):
            read()


SEGMENTS = st.lists(
    st.fixed_dictionaries({
        "seconds": st.integers(1, 600), "from": st.sampled_from(["bundle", "charged"]),
        "price_per_minute": st.sampled_from(["0", "0.096", "0.12", "0.0333"]),
    }),
    min_size=1, max_size=4,
)  # fmt: skip


def total(segments: list[dict[str, object]], fee: str) -> int:
    price = Fraction(fee) + sum(
        Fraction(str(s["price_per_minute"])) * int(str(s["seconds"])) / 60 for s in segments if s["from"] == "charged"
    )
    return round(price * 10_000) * 100


@given(SEGMENTS, st.sampled_from(["0", "0.05"]))
def test_a_running_price_never_falls_and_ends_in_the_charge(segments: list[dict[str, object]], fee: str) -> None:
    whole, amount = sum(int(str(s["seconds"])) for s in segments), total(segments, fee)
    prices = [come_to(segments, fee, amount, second * 1000) for second in range(0, whole + 2, max(1, whole // 50))]
    assert [come.micros for come in prices] == sorted(come.micros for come in prices)
    end = come_to(segments, fee, amount, whole * 1000)
    assert (end.billed, end.micros) == (whole, amount)
    assert end.bundled == sum(int(str(s["seconds"])) for s in segments if s["from"] == "bundle")


def test_a_sum_as_commands_print_it_is_read_in_micro_euros() -> None:
    assert [micros(text) for text in ("0.0960", "12.345678", "-1.5000", "0")] == [96_000, 12_345_678, -1_500_000, 0]


def test_numbers_sums_and_days_are_written_as_in_france() -> None:
    plain = str.maketrans({words.NBSP: " ", words.THIN: " "})
    assert words.phone("+33612345678").translate(plain) == "06 12 34 56 78"
    assert words.masked_phone("+33612345678").translate(plain) == "06 •• •• •• 78"
    assert words.phone("") == words.masked_phone("") == "numéro masqué"
    assert words.phone("+4420") == "+4420"
    assert words.euros(96_000).translate(plain) == "0,0960 €"
    assert words.euros(1_234_567_890_000, digits=2).translate(plain) == "1 234 567,89 €"
    assert words.euros(None) == "sans prix"
    assert words.cents(-123_456).translate(plain) == "−1 234,56 €"
    assert words.duration(108).translate(plain) == "1 min 48 s"
    assert words.clock(datetime(2026, 7, 1, 8, 5, tzinfo=UTC), PARIS).translate(plain) == "10 h 05"
    assert words.long_day(date(2026, 12, 1), PARIS) == "mardi 1er décembre 2026"


def test_a_browser_is_told_in_two_words() -> None:
    chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
    assert words.browser(chrome) == "Chrome sur Linux"
    assert words.browser("curl/8.0") == "curl/8.0"
    assert words.browser("") == "inconnu"


def test_a_picture_escapes_what_was_said_and_has_no_style_of_its_own() -> None:
    turn = {"who": "caller", "text": '"><script>x</script>', "from_ms": 0, "to_ms": 900, "stages": {"interrupted": 1}}
    facts = {"duration_ms": 5000, "turns": [turn], "actions": [{"name": "<b>", "at_ms": 1}], "disclosure": None}
    svg = draw(facts)
    assert "<script" not in svg
    assert "<b>" not in svg
    assert "style" not in svg
    assert 'href="#t0"' in svg


@given(st.lists(st.floats(0, 0.2), min_size=1, max_size=300))
def test_a_key_makes_no_more_requests_than_its_bucket_holds(pauses: list[float]) -> None:
    bucket: Bucket | None = None
    at, let = 0.0, 0
    for pause in pauses:
        at += pause
        went, bucket = take(bucket, at)
        let += went
    assert let <= SIZE + at * RATE + 1


def test_the_contract_is_openapi_3_1_and_every_address_says_how_it_fails() -> None:
    made = contract()
    assert made["openapi"].startswith("3.1")
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            assert {"401", "403", "404", "422", "429"} <= set(operation["responses"]), (method, path)
            assert operation["security"], path


@pytest.mark.parametrize("text", ["", "8096", "host:", "host:0", "host:99999", "host:x"])
def test_an_address_that_cannot_be_listened_on_is_bad_input(text: str) -> None:
    with pytest.raises(BadInput, match="--bind"):
        address(text)


def test_an_address_has_a_host_and_a_port() -> None:
    assert address("127.0.0.1:8096") == ("127.0.0.1", 8096)
    assert address("[::1]:80") == ("::1", 80)


def test_every_static_file_is_small_and_loads_nothing_from_elsewhere() -> None:
    from portal.web.app import STATIC

    for path in STATIC.iterdir():
        text = path.read_text(encoding="utf-8")
        assert len(text) < 40_000, path.name
        assert not re.search(r"https?://(?!www\.w3\.org/)|@import|url\(", text), path.name
