"""A leg that leaves a call costs what an outbound call costs, unless its tariff lets it go free."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rating.rating import Call, rate
from billing.rating.tariff import BadTariff, LegTerms, Tariff, parse_tariff
from tests.unit.billing.oracle import left_calls, tariffs

RATE = '[[rate]]\nprefix = "+33"\nprice_per_minute = "0.60"\n'


def is_free(call: Call, tariff: Tariff) -> bool:
    return call.leg in tariff.legs.free or any(call.callee.startswith(p) for p in tariff.legs.free_prefixes)


@given(left_calls(), tariffs(), st.integers(0, 400))
def test_a_leg_costs_what_the_same_call_out_costs_or_nothing(call: Call, tariff: Tariff, bundle: int) -> None:
    charge = rate(call, tariff, bundle)
    if is_free(call, tariff):
        assert (charge.status, charge.amount, charge.bundle_seconds) == ("rated", Fraction(0), 0)
        assert charge.charged_seconds == charge.answered_seconds
    else:
        assert charge == rate(replace(call, leg=None), replace(tariff, legs=LegTerms()), bundle)


@given(st.lists(left_calls(), min_size=1, max_size=6), tariffs(bundle=False))
def test_a_call_and_its_legs_cost_the_sum_of_each_by_itself(legs: list[Call], tariff: Tariff) -> None:
    charges = [rate(leg, tariff).amount for leg in legs]
    if None not in charges:
        total = sum((amount for amount in charges if amount is not None), Fraction(0))
        assert total * 10**tariff.decimals == int(total * 10**tariff.decimals), "each is rounded once, by itself"


def test_a_tariff_says_which_legs_are_free() -> None:
    tariff = parse_tariff('[legs]\nfree = ["fallback"]\nfree_prefixes = ["+33199"]\n' + RATE)
    assert tariff.legs == LegTerms(frozenset({"fallback"}), ("+33199",))
    assert parse_tariff(RATE).legs == LegTerms(), "none, where it does not say"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('[legs]\nfree = ["transfers"]\n', "legs.free"),
        ("[legs]\nfree = true\n", "legs.free"),
        ('[legs]\nfree_prefixes = ["33"]\n', "legs.free_prefixes"),
        ("[legs]\nprice = 3\n", "legs.price"),
    ],
)
def test_a_wrong_word_on_legs_is_told_with_its_line(text: str, field: str) -> None:
    with pytest.raises(BadTariff, match=rf"line 2: {field}"):
        parse_tariff(text + RATE)
