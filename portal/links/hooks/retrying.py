"""When a message is sent again, when it is given up, when an endpoint is left alone. Pure.

A message has ten tries in three days, with growing pauses. An endpoint that does not answer rests, longer and longer,
so that many messages for one that is away hold up nobody else's; what waits meanwhile costs it no try.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

PAUSES = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=18), timedelta(hours=22),
)  # fmt: skip
"""After the first failed try, after the second, …"""
TRIES = len(PAUSES) + 1
LONGEST = timedelta(days=3)
_FIRST_REST, _LONGEST_REST = timedelta(seconds=5), timedelta(hours=1)
GONE = 410
"""The receiver says that it wants nothing any more (Standard Webhooks)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a message after a try: its state, when it is tried again, why the endpoint is to be disabled."""

    state: Literal["waiting", "delivered", "failed"]
    next_at: datetime | None = None
    disable: Literal["", "away", "gone"] = ""


def taken(status: int | None) -> bool:
    """Whether the receiver took it: 2xx. A redirect is not followed, and is a failure."""
    return status is not None and 200 <= status < 300


def rest(faults: int) -> timedelta:
    """How long an endpoint is left alone after so many failures in a row: 5 s, 10, 20, … an hour at most."""
    return min(_LONGEST_REST, _FIRST_REST * 2 ** min(max(faults, 1) - 1, 20))


def after(
    status: int | None, tries: int, since: datetime, now: datetime, *, faults: int, took_at: datetime | None,
    test: bool = False,
) -> Verdict:  # fmt: skip
    """What follows a try. `tries`: this one included; `since`: when the message was made, or asked for again.

    `faults`: of the endpoint, this one included; `took_at`: when it last took any. One that took another message since
    this one was made answers, and is not disabled for it. A test has one try, and disables nobody.
    """
    if taken(status):
        return Verdict("delivered")
    if test:
        return Verdict("failed")
    if status == GONE:
        return Verdict("failed", disable="gone")
    if tries < TRIES and not _over(since, now):
        return Verdict("waiting", now + max(PAUSES[tries - 1], rest(faults)))
    return _given_up(since, took_at)


def before(
    since: datetime, now: datetime, *, disabled: bool, rests_until: datetime | None, took_at: datetime | None
) -> Verdict | None:
    """What becomes of a message without a try; None: it is tried. Its endpoint may be disabled, or rest."""
    if disabled:
        return Verdict("failed")
    if rests_until is None or rests_until <= now:
        return None
    return _given_up(since, took_at) if _over(since, now) else Verdict("waiting", rests_until)


def _over(since: datetime, now: datetime) -> bool:
    """Whether a message has waited for as long as any does."""
    return now - since >= LONGEST


def _given_up(since: datetime, took_at: datetime | None) -> Verdict:
    answers = took_at is not None and took_at >= since
    return Verdict("failed", disable="" if answers else "away")
