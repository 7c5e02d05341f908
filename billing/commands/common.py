"""What the commands of billing share: ways to read an argument, and who is typing."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from billing.rating.tariff import PARIS
from store.base.errors import BadInput
from store.base.settings import settings
from store.db import Conn, Database

if TYPE_CHECKING:
    from billing.stripe.stripe_edge import Stripe

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
        return date.fromisoformat(f"{value}-01")


class Day(click.ParamType[date]):
    """A day, `YYYY-MM-DD`."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            self.fail(f"{value!r} is not a day such as 2026-10-31", param, ctx)
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            self.fail(f"{value}: {error}", param, ctx)


class Money(click.ParamType[Decimal]):
    """An amount above zero with at most two decimals."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if isinstance(value, Decimal):
            return value
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", value, re.ASCII) or not Decimal(value):
            self.fail(f"{value!r} is not an amount above zero such as 65.74", param, ctx)
        return Decimal(value)


INSTANT, MONTH, DAY, MONEY = Instant(), Month(), Day(), Money()


def today_in_paris() -> date:
    """The day in Paris, where a command that names none is meant: the one clock of billing's commands."""
    return datetime.now(PARIS).date()


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


class _DryRun(Exception):
    """Rolls a transaction back."""


@contextmanager
def dry_run_of(db: Database, tenant_id: UUID, dry_run: bool) -> Generator[Conn]:
    """An operator's transaction of a tenant, kept unless it is a dry run."""
    with suppress(_DryRun), db.operator(tenant_id) as conn:
        yield conn
        if dry_run:
            raise _DryRun
