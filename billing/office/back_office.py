"""The back office: Stripe's web hook beside the calls, and billing's jobs in the worker.

`decroche serve` holds the web hook open while it runs; nothing in it can end a call or keep one from being answered.
`decroche work` does the jobs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from functools import partial

from billing.keys import key
from billing.office import asked
from billing.office.outbox import post_of
from billing.office.rounds import handlers, plan
from billing.stripe.stripe_edge import Stripe
from store.base.errors import BadInput
from store.base.settings import Settings
from store.db import Database
from store.work import Handler

log = logging.getLogger(__name__)


@asynccontextmanager
async def back_office(db: Database, of: Settings, *, stripe: Stripe | None = None) -> AsyncGenerator[str]:
    """Open while the body runs; the address of Stripe's web hook, '' where it is not heard.

    `stripe`: another edge than the key's, for tests.
    """
    async with AsyncExitStack() as stack:
        secret = key("stripe-webhook", of)
        if stripe is None and key("stripe-key", of):
            stripe = await asyncio.to_thread(Stripe, key("stripe-key", of), base=of.billing.stripe_url)
            stack.callback(stripe.close)
        address = ""
        if stripe is not None and secret:
            address = await _listen(stack, db, of, stripe, secret)
        yield address


async def _listen(stack: AsyncExitStack, db: Database, of: Settings, stripe: Stripe, secret: str) -> str:
    from aiohttp import web

    from billing.stripe.stripe_hook import PATH, application

    runner = web.AppRunner(application(db, stripe, secret), access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    host, port = of.billing.webhook_bind, of.billing.webhook_port
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        log.error("Stripe is not heard: %s:%d: %s", host, port, error.strerror)
        return ""
    where = f"http://{host}:{runner.addresses[0][1]}{PATH}"
    log.info("Stripe is heard at %s", where)
    return where


Jobs = tuple[dict[str, Handler], Callable[[datetime], None] | None]
"""Kind of job → who does it; and what sees to it that they wait."""


@contextmanager
def own_jobs(db: Database, of: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Generator[Jobs]:
    """Billing's jobs for a worker, while the body runs; none where this process may not do them, which is logged.

    `now`: the worker's own clock.
    """
    if not db.operator_dsn:
        log.warning("billing's own work is not done here: this process has no operator's access to the database")
        yield {}, None
        return
    try:
        post, secret = post_of(of), key("stripe-key", of)
    except BadInput as error:
        log.error("billing's own work is not done here: [%s] %s", error.code, error)
        yield {}, None
        return
    with ExitStack() as stack:
        stripe = stack.enter_context(closing(Stripe(secret, base=of.billing.stripe_url))) if secret else None
        begins = of.billing.day_begins
        known = handlers(db, post, stripe=stripe, begins=begins, now=now)
        known |= asked.handlers(db, stripe, of.portal.url, now)
        yield known, partial(plan, db, begins=begins, collecting=stripe is not None)
