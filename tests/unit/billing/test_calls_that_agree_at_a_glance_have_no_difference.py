"""Reconciling passes over a call at a glance only where the careful look would find nothing."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from billing.invoices.differences import Known, Witness, agrees, of_call
from billing.rating.rating import answered_seconds

small = st.integers(0, 3)


@example(None, "unanswered", 0, None, 0, False, Witness(False, 0))  # once missed: free, but its charge says nothing
@given(
    st.none() | st.integers(0, 2_500_000), st.sampled_from([None, "rated", "unanswered", "unrated"]), small,
    st.none() | small, st.none() | small, st.booleans(), st.none() | st.builds(Witness, st.booleans(), small),
)  # fmt: skip
def test_what_agrees_has_none(
    talked: int | None, status: str | None, charged: int, amount: int | None, computed: int | None,
    invoiced: bool, witness: Witness | None,
) -> None:  # fmt: skip
    answered = None if talked is None else 1_000_000
    call = Known("a", "t", answered, 1_000_000 + (talked or 0), status, charged, amount, computed, None, invoiced)
    if agrees(call, witness):
        assert not list(of_call(call, witness))


@given(st.integers(0, 9_999_999))
def test_a_clean_call_agrees(talked: int) -> None:
    clean = Known("a", "t", 0, talked, "rated", answered_seconds(0, talked), 7, 7, None, True)
    assert agrees(clean, Witness(True, talked // 1_000_000))
    assert agrees(Known("a", "t", None, 0, "unanswered", 0, 0, None, None, False), Witness(False, 0))
