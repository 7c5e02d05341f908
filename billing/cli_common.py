"""What the commands of billing share: ways to read an argument, and who is typing."""

from __future__ import annotations

import re
from datetime import date, datetime
from getpass import getuser
from pathlib import Path
from typing import Any

import click

FILE = click.Path(dir_okay=False, path_type=Path)


class Instant(click.ParamType[datetime]):
    """An ISO 8601 date and time with its offset."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not an ISO 8601 date and time such as 2026-12-01T00:00:00+01:00", param, ctx)
        if at.tzinfo is None:
            self.fail(f"{value!r} has no offset from UTC (such as +01:00 or Z)", param, ctx)
        return at


class Month(click.ParamType[date]):
    """A month, `YYYY-MM`, as its first day."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", value):
            self.fail(f"{value!r} is not a month such as 2026-10", param, ctx)
        return date.fromisoformat(f"{value}-01")


INSTANT, MONTH = Instant(), Month()


def who() -> str:
    """The person at the terminal, for records that say who did it."""
    return getuser()
