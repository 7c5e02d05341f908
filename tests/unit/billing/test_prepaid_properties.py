"""Prepaid: what is held is never less than what the call comes to, so it costs the same and cannot overdraw."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from billing.charges.ledger import to_micros
from billing.charges.prepaid import affordable_seconds, hold_micros
from billing.rating.rating import Call, engine, rate
from billing.rating.tariff import Tariff
from tests.unit.billing.oracle import calls, tariffs


@given(calls(), tariffs(), st.integers(0, 400))
def test_what_is_held_covers_the_call_whenever_it_is_answered(call: Call, tariff: Tariff, bundle: int) -> None:
    tool = engine(tariff)
    priced, included = tool.find(call.direction, call.far_party)
    assume(priced is not None)
    assert priced is not None
    charge = rate(call, tariff, bundle)
    assert charge.amount is not None
    held = hold_micros(tool, priced, charge.answered_seconds, charge.bundle_seconds if included else 0)
    assert to_micros(charge.amount) <= held


@given(calls(), tariffs(), st.integers(0, 5_000_000), st.integers(0, 400))
def test_a_call_cut_at_what_the_balance_affords_never_overdraws_it(
    call: Call, tariff: Tariff, balance: int, bundle: int
) -> None:
    tool = engine(tariff)
    priced, included = tool.find(call.direction, call.far_party)
    assume(priced is not None)
    assert priced is not None
    free = bundle if included else 0
    seconds = affordable_seconds(tool, priced, balance, free, 600)
    assume(seconds > 0)
    assert call.answered_at is not None
    cut = replace(call, ended_at=call.answered_at + timedelta(seconds=seconds))
    charge = rate(cut, tariff, free)
    assert charge.amount is not None
    assert to_micros(charge.amount) <= balance
