"""May a person be called now, later or never, and why: the campaign's calendar and the law put together. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from campaigns.planning.hours import Calendar
from compliance.law.engine import Decision

Law = Callable[[datetime], Decision]
"""What the law says of one person's call at an instant."""
_STEPS = 60
"""Instants tried: each step goes to where the last refusal ends, so that more only means that the hours never meet."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`at`: when they may be called at the earliest, UTC; None: never. `why`: reason → its articles; none for "now".

    The campaign's own hours are a reason without an article.
    """

    when: Literal["now", "later", "never"]
    at: datetime | None
    why: dict[str, tuple[str, ...]]


def verdict(now: datetime, calendar: Calendar, law: Law) -> Verdict:
    """Whether the call may be placed at `now` (aware), else when first, within the campaign's days and the law."""
    told = law(now)
    opens = calendar.next_open(now)
    if told.allowed and opens == now:
        return Verdict("now", now, {})
    why = reasons(told)
    if opens is None:
        return Verdict("never", None, {**why, "campaign_over": ()})
    if opens != now:
        why = {**why, "campaign_hours": ()}
    if not told.allowed and told.next_allowed_at is None:
        return Verdict("never", None, reasons(told))
    at = _first_common(max(opens, told.next_allowed_at or opens), calendar, law)
    if isinstance(at, datetime):
        return Verdict("later", at, why)
    return Verdict("never", None, {**why, **at})


def _first_common(at: datetime, calendar: Calendar, law: Law) -> datetime | dict[str, tuple[str, ...]]:
    """The first instant at or after `at` that both allow, or why there is none."""
    for _ in range(_STEPS):
        opens = calendar.next_open(at)
        if opens is None:
            return {"campaign_over": ()}
        told = law(opens)
        if told.allowed:
            return opens
        if told.next_allowed_at is None:
            return reasons(told)
        at = told.next_allowed_at
    return {"campaign_hours": ()}


def reasons(told: Decision) -> dict[str, tuple[str, ...]]:
    """Reason → the articles it comes from."""
    return {
        reason: tuple(sorted({rule.reference for rule in told.rules if reason in rule.reasons}))
        for reason in told.reasons
    }
