"""What the commands of billing share: ways to read an argument, and who is typing."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from billing.rating.tariff import PARIS
from store.base.console import err
from store.base.errors import BadInput, DecrocheError
from store.base.settings import settings

if TYPE_CHECKING:
    from billing.stripe.stripe_edge import Stripe

F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(dir_okay=False, path_type=Path)


class Instant(click.ParamType[datetime]):
    """An ISO 8601 date and time with its offset; or a day, which begins at midnight in Paris."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not an ISO 8601 date and time such as 2026-12-01T00:00:00+01:00", param, ctx)
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return at.replace(tzinfo=PARIS)
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
        if not "2000" <= value[:4] <= "2199":
            self.fail(f"{value!r} is not between 2000 and 2199", param, ctx)
        return date.fromisoformat(f"{value}-01")


class Day(click.ParamType[date]):
    """A day, `YYYY-MM-DD`."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            self.fail(f"{value!r} is not a day such as 2026-10-31", param, ctx)
        if not "2000" <= value[:4] <= "2199":
            self.fail(f"{value!r} is not between 2000 and 2199", param, ctx)
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            self.fail(f"{value}: {error}", param, ctx)


class Money(click.ParamType[int]):
    """An amount above zero with at most two decimals, as a whole number of some part of it: 100 of them are cents."""

    name = "amount"

    def __init__(self, parts: int) -> None:
        self._parts = parts

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", value, re.ASCII) or not Decimal(value):
            self.fail(f"{value!r} is not an amount above zero such as 65.74", param, ctx)
        return int(Decimal(value) * self._parts)


INSTANT, MONTH, DAY, CENTS, MICROS = Instant(), Month(), Day(), Money(100), Money(1_000_000)


def now() -> datetime:
    """This instant, UTC: the one clock of billing's commands."""
    return datetime.now(UTC)


def today_in_paris() -> date:
    """The day in Paris, where a command that names none is meant."""
    return now().astimezone(PARIS).date()


def _today(ctx: click.Context, param: click.Parameter, day: date | None) -> date:
    return day or today_in_paris()


def _now(ctx: click.Context, param: click.Parameter, at: datetime | None) -> datetime:
    return at or now()


def day_option(flag: str, name: str, text: str) -> Callable[[F], F]:
    """An option that is a day: today in Paris when it is not given."""
    return click.option(flag, name, type=DAY, help=text, callback=_today)


def instant_option(flag: str, name: str, text: str) -> Callable[[F], F]:
    """An option that is an instant: this one when it is not given."""
    return click.option(flag, name, type=INSTANT, help=text, callback=_now)


def warn_of(slug: str, error: DecrocheError, *, hint: bool = False) -> None:
    """Tell on the terminal what one tenant or document met, while the others went on."""
    err.print(f"{slug}: error[{error.code}]: {error}", markup=False)
    if hint:
        err.print(f"hint: {error.hint}", markup=False)


@contextmanager
def stripe_edge() -> Generator[Stripe]:
    """Stripe with the key of the secrets. Raises BadInput without one."""
    from billing.keys import key
    from billing.stripe.stripe_edge import Stripe

    found = key("stripe-key", settings())
    if not found:
        raise BadInput("no Stripe key", hint="put it in the variable DECROCHE_STRIPE_KEY, or the secret stripe-key")
    edge = Stripe(found, base=settings().billing.stripe_url)
    try:
        yield edge
    finally:
        edge.close()
