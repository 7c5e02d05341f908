"""Stripe's web hook over HTTP: a thin edge. The signature is on the raw body; what it means is `collect.receive`.

Answers: 200 when the event is stored with its effect (or was before), 400 when Stripe did not sign it, 413 when it is
too long, 500 when it could not be settled now (Stripe sends it again for three days).
It speaks plain HTTP, on loopback unless set otherwise: TLS is the proxy's in front.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from aiohttp import web

from billing.rating.tariff import PARIS
from billing.stripe.collect import receive
from billing.stripe.stripe_edge import BadWebhook, Stripe
from store.base.errors import DecrocheError
from store.db import Database

log = logging.getLogger(__name__)

PATH = "/stripe/webhook"
MOST_BYTES = 256 * 1024
READ_SECONDS = 10.0


def application(db: Database, stripe: Stripe, secret: str) -> web.Application:
    """The route, for a server of one's own or beside others."""

    async def hear(request: web.Request) -> web.Response:
        signature = request.headers.get("Stripe-Signature", "")
        try:
            async with asyncio.timeout(READ_SECONDS):
                body = await request.read()
        except TimeoutError:
            return web.Response(status=408, text="too slow")
        try:
            today = datetime.now(PARIS).date()
            effect = await asyncio.to_thread(receive, db, stripe, body, signature, secret, today=today)
        except BadWebhook as error:
            log.warning("refused: %s", error)
            return web.Response(status=400, text="not signed by Stripe")
        except DecrocheError as error:
            log.error("not settled: [%s] %s", error.code, error)
            return web.Response(status=500, text=error.code)
        except Exception:
            log.exception("a fault of ours: Stripe sends the event again")
            return web.Response(status=500, text="internal")
        log.info("Stripe's event: %s", effect)
        return web.Response(text=effect)

    app = web.Application(client_max_size=MOST_BYTES)
    app.router.add_post(PATH, hear)
    return app
