"""Dunning by the account: one step a day, each counted from the telling of the one before; nothing follows silence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing.invoices.late import Step
from billing.invoices.steps import STEPS, Claim, Taken, account_step, in_effect, next_step

DUE = date(2026, 6, 20)


def day(of: int) -> date:
    return DUE + timedelta(days=of)


def played(days: Sequence[int], lag: int | None, number: int = 1) -> list[tuple[Step, int]]:
    """The steps that so many like debts take, looked at on these days; each is told after `lag` days (None: never)."""
    claims = [Claim(f"F{n}", DUE, 100) for n in range(number)]
    found: list[tuple[Step, int]] = []
    for of in days:
        step = account_step(claims, day(of))
        if step is None:
            continue
        found.append((step[0], of))
        told = None if lag is None else day(of + lag)
        about = {claim.number for claim in step[1]}
        claims = [
            Claim(c.number, c.due_on, 100, {**c.taken, step[0]: Taken(day(of), told)}) if c.number in about else c
            for c in claims
        ]
    return found


def test_told_at_once_the_steps_are_at_three_ten_twenty_and_thirty_days() -> None:
    assert played(range(60), 0) == [("reminder_1", 3), ("reminder_2", 10), ("formal_notice", 20), ("suspension", 30)]


def test_told_late_each_later_step_waits_as_long() -> None:
    assert played(range(90), 5) == [("reminder_1", 3), ("reminder_2", 15), ("formal_notice", 30), ("suspension", 45)]


def test_what_reached_nobody_is_followed_by_nothing() -> None:
    assert played(range(400), None) == [("reminder_1", 3)]


def test_after_a_pause_an_account_takes_one_step_a_day_for_all_its_debts_together() -> None:
    assert played(range(200, 203), 0, number=11) == [("reminder_1", 200)]
    assert played(range(200, 230), 0, number=11) == [
        ("reminder_1", 200), ("reminder_2", 207), ("formal_notice", 217), ("suspension", 227)
    ]  # fmt: skip


def test_the_gravest_step_goes_first_and_the_others_the_next_day() -> None:
    grave = Claim("A", DUE, 100, {"reminder_1": Taken(day(3), day(3)), "reminder_2": Taken(day(10), day(10))})
    fresh = Claim("B", day(17), 100)
    assert account_step([fresh, grave], day(20)) == ("formal_notice", [grave])
    grave = Claim("A", DUE, 100, {**grave.taken, "formal_notice": Taken(day(20), day(20))})
    assert account_step([fresh, grave], day(20)) is None
    assert account_step([fresh, grave], day(21)) == ("reminder_1", [fresh])


def test_a_formal_notice_takes_effect_ten_days_after_its_telling_and_not_before_the_day_it_named() -> None:
    def first(told: int | None, names: int | None = None) -> int | None:
        notice = Taken(day(20), None if told is None else day(told), None if names is None else day(names))
        claim = Claim("A", DUE, 100, {"formal_notice": notice})
        return next((of for of in range(200) if in_effect(claim, day(of))), None)

    assert [first(20), first(27), first(20, 34), first(None)] == [30, 37, 34, None]


@given(st.lists(st.integers(0, 40), min_size=4, max_size=4), st.integers(0, 120))
def test_no_step_comes_before_its_day_nor_before_the_telling_of_the_one_before(lags: list[int], begins: int) -> None:
    claim, told = Claim("A", DUE, 100), date.min
    for place, of in enumerate(range(begins, begins + 400)):
        found = account_step([claim], day(of))
        if found is None:
            continue
        step = found[0]
        assert step == STEPS[len(claim.taken)]
        assert day(of) > told
        told = day(of + lags[len(claim.taken)])
        claim = Claim("A", DUE, 100, {**claim.taken, step: Taken(day(of), told)})
        assert place >= 0
    assert len(claim.taken) == len(STEPS)
    assert next_step(claim) is None
