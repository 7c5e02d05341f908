"""Whether and when somebody who was tried is tried again: by how it ended, as data. Pure.

The law's frequency (C. conso D223-9) is asked each time beside this, and holds over it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from store.base.errors import BadInput


@dataclass(frozen=True, slots=True)
class Again:
    """`most`: tries again after this outcome. `minutes`: how long to wait; None: until another half-day."""

    most: int
    minutes: int | None = None


DEFAULTS: Mapping[str, Again] = {
    "busy": Again(2, 20),
    "no_answer": Again(2),
    "machine": Again(1),
    "screening": Again(1),
    "unavailable": Again(3, 10),
}
"""Outcomes that are tried again; after any other the person is done with. `unavailable` is the trunk's fault."""
TRIED_AGAIN = frozenset({*DEFAULTS, "declined", "failed"})
"""Outcomes that a campaign may have its own rule for; what people said ends it whatever a campaign would like."""
MOST, LONGEST_MINUTES = 10, 7 * 24 * 60
_NOON = time(13)


def read(written: Sequence[str]) -> dict[str, Again]:
    """Rules written busy=2/20 (twice, twenty minutes later) or no_answer=1 (in another half-day). Raises BadInput."""
    return dict(_rule(text) for text in written)


def _rule(text: str) -> tuple[str, Again]:
    outcome, sign, rule = text.partition("=")
    most, slash, minutes = rule.partition("/")
    known = f"{', '.join(sorted(TRIED_AGAIN))}"
    if not (sign and outcome in TRIED_AGAIN):
        raise BadInput(f"retry: {text!r} names none of {known}", hint="--retry busy=2/20")
    if not (most.isdecimal() and int(most) <= MOST and (not slash or minutes.isdecimal())):
        raise BadInput(f"retry: {text!r} is not OUTCOME=TIMES or OUTCOME=TIMES/MINUTES", hint="--retry busy=2/20")
    if slash and not 1 <= int(minutes) <= LONGEST_MINUTES:
        raise BadInput(f"retry: {minutes} minutes is not between one and a week", hint="--retry busy=2/20")
    return outcome, Again(int(most), int(minutes) if slash else None)


def kept(policy: Mapping[str, Again]) -> dict[str, list[int | None]]:
    """As the database has it."""
    return {outcome: [rule.most, rule.minutes] for outcome, rule in policy.items()}


def policy_of(stored: Mapping[str, Sequence[int | None]]) -> dict[str, Again]:
    """The house's rules, and a campaign's own over them."""
    return {**DEFAULTS, **{outcome: Again(most or 0, minutes) for outcome, (most, minutes) in stored.items()}}


def next_try(
    outcomes: Sequence[str], now: datetime, zone: ZoneInfo, policy: Mapping[str, Again] = DEFAULTS
) -> datetime | None:
    """When to try again after these outcomes, oldest first, the last just now (aware); None: not any more.

    What the person said ends it, whatever came before: answered, refused, somebody else's telephone. `unknown` (a
    call whose end nobody saw) too, since they may have been spoken to.
    """
    rule = policy.get(outcomes[-1]) if outcomes else None
    if rule is None or Counter(outcomes)[outcomes[-1]] > rule.most:
        return None
    if rule.minutes is not None:
        return now + timedelta(minutes=rule.minutes)
    return _other_half_day(now, zone)


def _other_half_day(now: datetime, zone: ZoneInfo) -> datetime:
    """The next afternoon for a call before 13:00 local time, else the next morning."""
    here = now.astimezone(zone)
    if here.time() < _NOON:
        return datetime.combine(here.date(), _NOON, zone).astimezone(now.tzinfo)
    return datetime.combine(here.date() + timedelta(days=1), time(), zone).astimezone(now.tzinfo)
