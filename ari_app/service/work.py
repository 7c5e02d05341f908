"""Which part of the house does which job. Each is loaded when the first of its kind comes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from pkgutil import resolve_name

from store.base.settings import Settings
from store.db import Database
from store.work import Handler


@contextmanager
def handlers(of: Settings, db: Database) -> Generator[tuple[dict[str, Handler], Callable[[datetime], None] | None]]:
    """Kind of job → who does it, and what sees to it that what comes round waits; while the body runs."""
    from ari_app.desk.after import KIND, Analyst
    from billing.office.back_office import own_jobs

    calendars: dict[str, Handler] = resolve_name("portal.links.jobs:handlers")(of)  # the floor above, by its name
    with Analyst(of) as analyst, own_jobs(db, of) as (billing, plan):
        yield {KIND: analyst, **calendars, **billing}, plan
