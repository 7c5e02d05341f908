"""Which step of dunning an account has come to: pure; each counts from the day that the one before it was told.

A formal notice that reached nobody has no effect (C. civ. 1344): nothing follows it, and nobody is suspended, until it
was told. An account takes one step a day, for all its invoices that have come to it; the gravest goes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from billing.invoices.late import CALENDAR, FORMAL_NOTICE_DAYS, Step

STEPS: tuple[Step, ...] = tuple(step for step, _ in CALENDAR)
_AFTER_DUE = dict(CALENDAR)
AFTER_TELLING: Mapping[Step, int] = {"reminder_2": 7, "formal_notice": 10, "suspension": FORMAL_NOTICE_DAYS}
"""The least days between the telling of the step before and this one."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken on a day. `told_on` None: it reached nobody. `names`: the day it threatens with."""

    on: date
    told_on: date | None = None
    names: date | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """An invoice that is to be collected: cents unpaid and not contested, and the steps taken for it."""

    number: str
    due_on: date
    unpaid_cents: int
    taken: Mapping[Step, Taken] = field(default_factory=dict[Step, Taken])


def next_step(of: Claim) -> tuple[Step, date] | None:
    """The step that comes next and the first day for it; None after the last, and while the one before is not told."""
    before: Taken | None = None
    for step in STEPS:
        taken = of.taken.get(step)
        if taken is None:
            day = of.due_on + timedelta(days=_AFTER_DUE[step])
            if before is None:
                return step, day
            if before.told_on is None:
                return None
            after = before.told_on + timedelta(days=AFTER_TELLING.get(step, 0))
            return step, max(day, after, before.names or day)
        before = taken
    return None


def account_step(claims: Sequence[Claim], today: date) -> tuple[Step, list[Claim]] | None:
    """The one step that an account takes today, with the invoices it is for; None: none is due, or one was taken."""
    if any(taken.on >= today for claim in claims for taken in claim.taken.values()):
        return None
    due: dict[Step, list[Claim]] = {}
    for claim in claims:
        found = next_step(claim) if claim.unpaid_cents else None
        if found is not None and found[1] <= today:
            due.setdefault(found[0], []).append(claim)
    for step in reversed(STEPS):
        if step in due:
            return step, due[step]
    return None


def in_effect(of: Claim, today: date) -> bool:
    """Whether its formal notice was told, and the day that it named has come: access may be suspended."""
    notice = of.taken.get("formal_notice")
    if notice is None or notice.told_on is None:
        return False
    first = max(of.due_on + timedelta(days=_AFTER_DUE["suspension"]), notice.told_on + timedelta(FORMAL_NOTICE_DAYS))
    return today >= max(first, notice.names or first)
