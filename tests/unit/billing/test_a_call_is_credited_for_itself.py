"""What a call put on each line comes to the call, whatever its windows and fee."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from billing.documents.invoice import Invoice, Line, Talk, Usage, usage_lines
from billing.invoices.call_shares import shares, spread
from tests.unit.billing.test_factur_x import an_invoice


def invoice_of(lines: list[Line]) -> Invoice:
    from dataclasses import replace

    return replace(an_invoice(), lines=tuple(lines), usage=Usage())


@given(st.integers(0, 10_000_000), st.dictionaries(st.integers(1, 9), st.fractions(0, 1000), max_size=6))
def test_cents_are_spread_to_the_last_one(cents: int, over: dict[int, Fraction]) -> None:
    found = spread(cents, over)
    if sum(over.values()):
        assert sum(found.values()) == cents
        assert all(abs(found.get(n, 0) - cents * share / sum(over.values())) < 1 for n, share in over.items())
    else:
        assert found == {}


def test_a_call_lies_on_the_lines_of_its_own_prices_and_its_fee() -> None:
    talk = [
        Talk("+33", "0.007", False, 600),
        Talk("+33", "0.0475", False, 600),
        Talk("+33", "0.007", False, 60, "inbound"),
    ]
    document = invoice_of(usage_lines(talk, {"0.05": 3}, 1_000_000))
    charge = {
        "way": "outbound", "prefix": "+33", "fee": Decimal("0.05"), "month": date(2026, 10, 1),
        "segments": [
            {"seconds": 30, "from": "bundle", "price_per_minute": "0"},
            {"seconds": 60, "from": "charged", "price_per_minute": "0.007"},
            {"seconds": 120, "from": "charged", "price_per_minute": "0.0475"},
        ],
    }  # fmt: skip
    named = {document.lines[place - 1].key: amount for place, amount in shares(document, charge).items()}
    assert named == {
        "outbound:+33:0.007": Fraction("0.7"), "outbound:+33:0.0475": Fraction("9.5"), "fee": Fraction(5),
    }  # fmt: skip


def test_a_call_that_came_late_lies_on_its_own_months_line() -> None:
    lines = usage_lines([Talk("+33", "0.6", False, 600)], {}, 6_000_000)
    late = [Line("x, septembre 2026", "1", "MIN", "0.6", 60, key="2026-09/outbound:+33:0.6")]
    document = invoice_of([*lines, *late])
    charge = {
        "way": "outbound", "prefix": "+33", "fee": Decimal(0), "month": date(2026, 9, 1),
        "segments": [{"seconds": 60, "from": "charged", "price_per_minute": "0.6"}],
    }  # fmt: skip
    assert shares(document, charge) == {len(lines) + 1: Fraction(60)}
    assert shares(document, charge | {"month": date(2026, 10, 1)}) == {1: Fraction(60)}
