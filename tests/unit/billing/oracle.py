"""A second, slow rating written straight from the contract, second by second; and tariffs to try it on."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import holidays
from hypothesis import strategies as st

from billing.rating.rating import Call
from billing.rating.tariff import DAYS, LEGS, BundleTerms, LegTerms, Rate, Tariff, Window

PARIS = ZoneInfo("Europe/Paris")
_FRENCH = holidays.country_holidays("FR", years=range(2020, 2035))
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def slow_amount(call: Call, tariff: Tariff, bundle: int) -> tuple[int, int, Fraction] | None:
    """(billed, covered, amount) or None when no rate matches."""
    far = call.callee if call.direction == "outbound" else call.caller
    if call.leg and (call.leg in tariff.legs.free or any(far.startswith(p) for p in tariff.legs.free_prefixes)):
        return 0, 0, Fraction(0)  # what is billed of it costs nothing
    matching = [r for r in tariff.rates if far.startswith(r.prefix) and r.direction in (None, call.direction)]
    if not matching:
        return None
    rate = max(matching, key=lambda r: (len(r.prefix), r.direction is not None))
    assert call.answered_at is not None
    exact = (call.ended_at - call.answered_at) / timedelta(microseconds=1)
    answered = max(1, math.ceil(Fraction(exact) / 1_000_000))
    billed = rate.initial_seconds
    while billed < answered:
        billed += rate.increment_seconds
    terms = tariff.bundle
    included = terms and call.direction in terms.directions and any(far.startswith(p) for p in terms.prefixes)
    covered = min(billed, bundle) if included else 0
    total = rate.connection_fee if covered < billed else Fraction(0)
    start = call.answered_at.astimezone(UTC)
    for second in range(covered, billed):
        local = (start + timedelta(seconds=second)).astimezone(tariff.timezone)
        total += price_at(rate, local) / 60
    scale = 10**tariff.decimals
    return billed, covered, Fraction(math.floor(total * scale + Fraction(1, 2)), scale)


def price_at(rate: Rate, local: datetime) -> Fraction:
    """The price a minute at a local time: the first window that matches."""
    clock = local.hour * 3600 + local.minute * 60 + local.second
    for window in rate.windows:
        named = _NAMES[local.weekday()] in window.days or ("holiday" in window.days and is_holiday(local.date()))
        if named and window.begin <= clock < window.end:
            return window.price_per_minute
    return rate.price_per_minute


def is_holiday(day: date) -> bool:
    """By the `holidays` library, national ones only."""
    return day in _FRENCH


prices = st.integers(0, 20_000).map(lambda n: Fraction(n, 10_000))
minutes = st.integers(0, 1440).map(lambda n: n * 60)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    begin, end = sorted(draw(st.lists(minutes, min_size=2, max_size=2, unique=True)))
    days = draw(st.frozensets(st.sampled_from(DAYS), min_size=1))
    return Window(days, begin, end, draw(prices))


@st.composite
def tariffs(draw: st.DrawFn, *, fee: bool = True, bundle: bool = True) -> Tariff:
    keys = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["", "+", "+3", "+33", "+336", "+44"]), st.sampled_from([None, "inbound", "outbound"])
            ),
            min_size=1,
            unique=True,
            max_size=6,
        )
    )
    rates = tuple(
        Rate(
            prefix,
            way,
            draw(prices),
            draw(prices) if fee else Fraction(0),
            draw(st.integers(1, 90)),
            draw(st.integers(1, 90)),
            tuple(draw(st.lists(windows(), max_size=3))),
        )
        for prefix, way in keys
    )
    terms = BundleTerms(draw(st.integers(0, 400))) if bundle and draw(st.booleans()) else None
    zone = draw(st.sampled_from([PARIS, ZoneInfo("America/Cayenne"), ZoneInfo("Australia/Lord_Howe")]))
    free = draw(st.frozensets(st.sampled_from(LEGS)))
    legs = LegTerms(free, tuple(draw(st.lists(st.sampled_from(["+", "+336", "+3361234567"]), max_size=1))))
    return Tariff(rates, terms, "EUR", zone, draw(st.integers(0, 6)), legs)


# around both changes of 2026 in Paris, a year's end, holidays, and anywhere
moments = st.one_of(
    st.integers(-20_000, 20_000).map(lambda s: datetime(2026, 3, 29, 1, tzinfo=UTC) + timedelta(seconds=s)),
    st.integers(-20_000, 20_000).map(lambda s: datetime(2026, 10, 25, 1, tzinfo=UTC) + timedelta(seconds=s)),
    st.integers(-200_000, 200_000).map(lambda s: datetime(2026, 12, 31, 23, tzinfo=UTC) + timedelta(seconds=s)),
    st.datetimes(datetime(2024, 1, 1), datetime(2029, 1, 1)).map(lambda d: d.replace(tzinfo=UTC)),  # noqa: DTZ001
)
durations = st.one_of(st.integers(0, 5_000_000), st.integers(0, 900).map(lambda s: s * 1_000_000)).map(
    lambda us: timedelta(microseconds=us)
)


@st.composite
def calls(draw: st.DrawFn, call_id: str = "c") -> Call:
    answered = draw(moments)
    far = draw(st.sampled_from(["+33612345678", "+33123456789", "+441632960000", "+3912345678", "+15550100"]))
    way = draw(st.sampled_from(["inbound", "outbound"]))
    caller, callee = (far, "+33162000001") if way == "inbound" else ("+33162000001", far)
    return Call(call_id, way, caller, callee, answered, answered + draw(durations))


@st.composite
def left_calls(draw: st.DrawFn, call_id: str = "c") -> Call:
    """Legs that left a call."""
    call = draw(calls(call_id).filter(lambda found: found.direction == "outbound"))
    return replace(call, leg=draw(st.sampled_from(LEGS)))
