"""How far apart two calls to one person stand, whoever ordered them. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta


def free_at(rung_at: datetime | None, now: datetime, least: timedelta, asked_at: datetime | None = None) -> datetime:
    """The first instant at or after `now` at which the person may be rung. `rung_at`: when their telephone last rang.

    `asked_at`: when they agreed to be called: what rang before that is no reason to wait.
    """
    if rung_at is None or (asked_at is not None and rung_at <= asked_at):
        return now
    return max(now, rung_at + least)
