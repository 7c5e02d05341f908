"""Which part of the house does which job. Each is loaded when the first of its kind comes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from pkgutil import resolve_name

from store.base.errors import DecrocheError
from store.base.settings import Settings
from store.db import Database
from store.work import Handler

ABOVE = (
    "portal.links.jobs:handlers", "portal.links.hooks.sending:handlers", "portal.links.crm.writing:handlers",
    "portal.links.texts.sending:handlers", "portal.links.told.telling:handlers",
    "portal.people.letters:handlers", "portal.passkeys.letters:handlers", "portal.support.jobs:handlers",
    "portal.ordering.jobs:handlers", "portal.chat.jobs:handlers",
)  # fmt: skip
"""Who does the jobs of the floor above, by name: nothing here imports it."""

log = logging.getLogger(__name__)

SWEEP_SECONDS = 30.0
"""How often calls are looked for whose process died."""


@contextmanager
def handlers(of: Settings, db: Database) -> Generator[tuple[dict[str, Handler], Callable[[datetime], None] | None]]:
    """Kind of job → who does it, and what sees to it that what comes round waits; while the body runs."""
    from ari_app.desk.after import KIND, Analyst
    from billing.office.back_office import own_jobs

    above: dict[str, Handler] = {}
    for name in ABOVE:
        above |= resolve_name(name)(of)
    with Analyst(of) as analyst, own_jobs(db, of) as (billing, plan):
        yield {KIND: analyst, **above, **billing}, plan


def sweep(of: Settings, db: Database, wait: Callable[[float], object] = time.sleep) -> int:
    """Write down the calls that a dead service left and that are over; how many."""
    from ari_app.desk.lost import Lost
    from ari_app.desk.office import Office
    from asterisk_conf import record

    lost = Lost(Office(db, of), lambda call_id: record.remembered(of, call_id))
    return lost.sweep(lambda: record.there(of), wait)


@contextmanager
def swept(of: Settings, db: Database) -> Generator[None]:
    """The same again and again, in a thread of its own, while the body runs."""
    over = threading.Event()

    def rounds() -> None:
        while not over.wait(SWEEP_SECONDS):
            try:
                sweep(of, db, over.wait)
            except DecrocheError as error:
                log.warning("calls of a dead service are not looked for: [%s] %s", error.code, error)

    thread = threading.Thread(target=rounds, name="sweep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
