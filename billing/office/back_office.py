"""The back office beside the calls: what billing does by itself every minute, and Stripe's web hook.

`decroche serve` holds it open while it runs; nothing in it can end a call or keep one from being answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime

from billing.keys import key
from billing.office.outbox import post_of
from billing.office.rounds import go_round
from billing.stripe.stripe_edge import Stripe
from store.base.errors import BadInput
from store.base.settings import Settings
from store.db import Database, NoOperator

log = logging.getLogger(__name__)

EVERY_SECONDS = 60.0
LEAVE_SECONDS = 20.0


@asynccontextmanager
async def back_office(db: Database, of: Settings, *, stripe: Stripe | None = None) -> AsyncGenerator[str]:
    """Open while the body runs; the address of Stripe's web hook, '' where it is not heard.

    `stripe`: another edge than the key's, for tests. Closing waits for a round in progress, for so long.
    """
    async with AsyncExitStack() as stack:
        secret = key("stripe-webhook", of)
        if stripe is None and key("stripe-key", of):
            stripe = await asyncio.to_thread(Stripe, key("stripe-key", of), base=of.billing.stripe_url)
            stack.callback(stripe.close)
        address = ""
        if stripe is not None and secret:
            address = await _listen(stack, db, of, stripe, secret)
        rounds = asyncio.create_task(_keep(db, of, stripe), name="rounds")
        try:
            yield address
        finally:
            rounds.cancel()
            with suppress(asyncio.CancelledError):
                await rounds


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


async def _keep(db: Database, of: Settings, stripe: Stripe | None) -> None:
    """A round every minute. A fault in one is logged; the next is gone all the same."""
    try:
        post = post_of(of)
    except BadInput as error:
        log.error("no rounds: [%s] %s", error.code, error)
        return
    while True:
        running = asyncio.create_task(
            asyncio.to_thread(go_round, db, post, datetime.now(UTC), stripe=stripe, begins=of.billing.day_begins)
        )
        try:
            for job in await asyncio.shield(running):
                if job.done or job.failed:
                    log.info("%s: %d done, %d failed", job.job, job.done, job.failed)
        except asyncio.CancelledError:
            await asyncio.wait([running], timeout=LEAVE_SECONDS)
            raise
        except NoOperator:
            log.warning("billing's own work is not done here: this process has no operator's access to the database")
            return
        except Exception:
            log.exception("a round of billing's own work failed")
        await asyncio.sleep(EVERY_SECONDS)
