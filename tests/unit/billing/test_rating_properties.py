"""Rating: what must hold for every call and every tariff."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from billing.rating.batch import rate_blocks
from billing.rating.cdrs import Row, block_of
from billing.rating.rating import Call, micros, rate
from billing.rating.tariff import Tariff
from tests.unit.billing.oracle import calls, slow_amount, tariffs


@given(calls(), tariffs(), st.integers(0, 400))
def test_the_charge_is_what_counting_second_by_second_gives(call: Call, tariff: Tariff, bundle: int) -> None:
    charge = rate(call, tariff, bundle)
    expected = slow_amount(call, tariff, bundle)
    if expected is None:
        assert (charge.status, charge.amount) == ("unrated", None)
    else:
        assert (charge.billed_seconds, charge.bundle_seconds, charge.amount) == expected


@given(calls(), tariffs(), st.integers(0, 400), st.integers(0, 10**9))
def test_a_longer_call_never_costs_less(call: Call, tariff: Tariff, bundle: int, more: int) -> None:
    longer = replace(call, ended_at=call.ended_at + timedelta(microseconds=more))
    short, long = rate(call, tariff, bundle), rate(longer, tariff, bundle)
    if short.amount is not None:
        assert long.amount is not None
        assert short.amount <= long.amount
        assert short.billed_seconds <= long.billed_seconds


@given(calls(), tariffs(fee=False, bundle=False), st.integers(1, 30))
def test_a_call_split_at_an_increment_costs_the_same_in_all_when_there_is_no_fee(
    call: Call, tariff: Tariff, after: int
) -> None:
    # increments of one length, amounts before rounding: rounding is once a call, and here are two calls
    rates = tuple(replace(r, initial_seconds=r.increment_seconds) for r in tariff.rates)
    tariff = replace(tariff, rates=rates, decimals=12)
    whole = rate(call, tariff)
    if whole.amount is None or call.answered_at is None:
        return
    step = next(
        r for r in rates if r.prefix == whole.prefix and r.direction in (None, call.direction)
    ).increment_seconds
    used = [r for r in rates if r.prefix == whole.prefix and r.direction in (None, call.direction)]
    step = next((r for r in used if r.direction), used[0]).increment_seconds
    cut = call.answered_at + timedelta(seconds=after * step)
    if cut >= call.ended_at:
        return
    first, second = replace(call, ended_at=cut), replace(call, answered_at=cut)
    parts = [rate(first, tariff), rate(second, tariff)]
    assert sum(part.billed_seconds for part in parts) == whole.billed_seconds
    total = sum((part.amount or Fraction(0) for part in parts), Fraction(0))
    assert abs(total - whole.amount) <= Fraction(1, 10**12)


@given(calls(), tariffs(), st.integers(0, 400))
def test_bundle_and_charged_seconds_make_the_billed_ones(call: Call, tariff: Tariff, bundle: int) -> None:
    charge = rate(call, tariff, bundle)
    assert charge.bundle_seconds + charge.charged_seconds == charge.billed_seconds
    assert sum(s.seconds for s in charge.segments if s.bundled) == charge.bundle_seconds
    assert sum(s.seconds for s in charge.segments if not s.bundled) == charge.charged_seconds


@given(calls(), tariffs(), st.integers(0, 400))
def test_the_segments_and_the_fee_explain_the_amount(call: Call, tariff: Tariff, bundle: int) -> None:
    charge = rate(call, tariff, bundle)
    if charge.amount is None:
        return
    exact = charge.connection_fee + sum(s.seconds * s.price_per_minute / 60 for s in charge.segments if not s.bundled)
    assert abs(charge.amount - exact) <= Fraction(1, 2 * 10**tariff.decimals)


@given(st.lists(calls(), min_size=1, max_size=12), tariffs(), st.randoms(use_true_random=False))
def test_the_order_of_the_file_does_not_matter(found: list[Call], tariff: Tariff, dice: object) -> None:
    rows = [row(replace(call, call_id=str(number))) for number, call in enumerate(found)]
    shuffled = list(rows)
    dice.shuffle(shuffled)
    assert sorted(rate_blocks([block_of(rows)], tariff).lines) == sorted(
        rate_blocks([block_of(shuffled)], tariff).lines
    )


@given(st.lists(calls(), min_size=1, max_size=12), tariffs())
def test_a_file_gives_each_call_what_rating_it_alone_after_the_earlier_ones_gives(
    found: list[Call], tariff: Tariff
) -> None:
    found = [replace(call, call_id=str(number)) for number, call in enumerate(found)]
    batch = [json.loads(line) for line in rate_blocks([block_of(map(row, found))], tariff).lines]
    left: dict[tuple[int, int], int] = {}
    for call in sorted(found, key=lambda c: (c.answered_at, c.call_id)):
        assert call.answered_at is not None
        local = call.answered_at.astimezone(tariff.timezone)
        month = (local.year, local.month)
        full = tariff.bundle.seconds if tariff.bundle else 0
        charge = rate(call, tariff, left.get(month, full))
        left[month] = left.get(month, full) - charge.bundle_seconds
        line = batch[int(call.call_id)]
        assert (line["status"], line["bundle_seconds"]) == (charge.status, charge.bundle_seconds)
        assert (None if line["amount"] is None else Fraction(line["amount"])) == charge.amount


def row(call: Call) -> Row:
    """The call as a line of a CDR file gives it."""
    answered = None if call.answered_at is None else micros(call.answered_at)
    return Row(call.call_id, call.direction, call.caller, call.callee, answered, micros(call.ended_at))
