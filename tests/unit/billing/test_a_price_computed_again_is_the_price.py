"""Rating again and reconciliation find for a stored call what the ledger's own pricing gives."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.charges.ledger import price, to_micros
from billing.charges.tariffs import InForce
from billing.rating.rating import Call, micros
from billing.rating.recheck import Price, Recheck
from billing.rating.tariff import Tariff
from tests.unit.billing.oracle import calls, left_calls, tariffs


@settings(deadline=None)
@given(
    st.lists(st.one_of(calls(), left_calls()), max_size=8), tariffs(), st.booleans(), st.booleans(), st.integers(0, 400)
)
def test_each_price_is_the_ledgers(
    found: list[Call], tariff: Tariff, assigned: bool, answered: bool, left: int
) -> None:
    force = InForce("t", 3, tariff) if assigned else None
    recheck = Recheck(force)
    for call in found * 2:
        at = call.answered_at if answered else None
        charge = price(replace(call, answered_at=at), force, left)
        amount = None if charge.amount is None else to_micros(charge.amount)
        expected = Price(
            charge.status,
            charge.answered_seconds,
            charge.billed_seconds,
            charge.bundle_seconds,
            amount,
            charge.prefix,
            *(("t", 3) if assigned else (None, None)),
        )
        answered_micros = None if at is None else micros(at)
        assert recheck.price(call.way, call.far_party, answered_micros, micros(call.ended_at), left) == expected
