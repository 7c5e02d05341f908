"""The service as monitoring sees it: /metrics in Prometheus' format, /healthz (it lives), /readyz (it takes calls)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Protocol

from aiohttp import web

from ari_app.call.state import CallState
from ari_app.desk.house import House
from ari_app.service.meters import Meters
from billing.charges.standing import short_of_money
from store import jobs
from store.base.errors import DecrocheError
from store.base.parties import DIRECTIONS
from store.base.settings import Settings
from store.db import Database

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1
"""How often the event loop is asked how late it is."""

ASK_SECONDS = 15.0
"""How often the database is asked."""

LATE = timedelta(minutes=5)
"""A job that nobody has taken so long after it was due is late."""


class Watched(Protocol):
    """What is watched: the service."""

    settings: Settings
    ready: asyncio.Event
    meters: Meters

    @property
    def house(self) -> House: ...
    @property
    def calls(self) -> Collection[CallState]: ...
    @property
    def trunks(self) -> Mapping[str, bool]: ...
    @property
    def stopping(self) -> bool: ...


async def watched(service: Watched) -> None:
    """Measure, and be read, until cancelled. An address that is taken is told, and stops nothing."""
    of = service.settings.metrics
    runner = web.AppRunner(application(service), access_log=None)
    await runner.setup()
    try:
        if of.port:
            try:
                await web.TCPSite(runner, of.bind, of.port).start()
            except OSError as error:
                log.error("nobody can read the metrics at %s:%d: %s", of.bind, of.port, error.strerror)
        await asyncio.gather(_lag(service.meters), _asked(service))
    finally:
        await runner.cleanup()


def application(service: Watched) -> web.Application:
    """The three pages."""

    async def metrics(_: web.Request) -> web.Response:
        _now(service)
        return web.Response(body=service.meters.text(), headers={"Content-Type": "text/plain; version=0.0.4"})

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def readyz(_: web.Request) -> web.Response:
        why = [
            said
            for said, wrong in (
                ("starting", not service.ready.is_set()),
                ("stopping", service.stopping),
                ("the switch cannot be reached", not service.house.switch.connected),
                ("no room", _full(service)),
            )
            if wrong
        ]
        return web.json_response({"ready": not why, "why": why}, status=503 if why else 200)

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    return app


def _full(service: Watched) -> bool:
    most = service.settings.call.most
    return bool(most) and len(service.calls) >= most


def _now(service: Watched) -> None:
    """What is cheap enough to look at whenever somebody asks."""
    meters, house = service.meters, service.house
    directions = [call.parties.direction for call in service.calls]
    for direction in DIRECTIONS:
        meters.live.labels(direction).set(directions.count(direction))
    meters.most.set(service.settings.call.most)
    meters.connected.set(house.switch.connected)
    meters.ready.set(service.ready.is_set() and not service.stopping)
    meters.spooled.labels("disk").set(len(house.office.spool.waiting()))
    meters.spooled.labels("memory").set(house.office.held)
    meters.spooled.labels("refused").set(len(house.office.spool.refused()))
    meters.queues.labels("tasks").set(len(asyncio.all_tasks()))
    meters.trunks.clear()
    for name, up in service.trunks.items():
        meters.trunks.labels(name).set(up)


async def _lag(meters: Meters) -> None:
    """How much later than asked for the loop comes back."""
    while True:
        due = monotonic() + TICK_SECONDS
        await asyncio.sleep(TICK_SECONDS)
        meters.lag.observe(max(0.0, monotonic() - due))


async def _asked(service: Watched) -> None:
    """What only the database knows, asked by a thread of its own: one that is away takes no call's."""
    with ThreadPoolExecutor(1, "metrics") as thread:
        await _ask(service, thread)


async def _ask(service: Watched, thread: ThreadPoolExecutor) -> None:
    loop = asyncio.get_running_loop()
    while True:
        try:
            late, dead, low = await loop.run_in_executor(thread, _counted, service.house.office.db)
            service.meters.jobs.set(late)
            service.meters.dead.set(dead)
            service.meters.low.set(low)
            service.meters.database.set(1)
        except DecrocheError as error:
            log.debug("the database was not asked: [%s] %s", error.code, error)
            service.meters.database.set(0)
        await asyncio.sleep(ASK_SECONDS)


def _counted(db: Database) -> tuple[int, int, int]:
    """Jobs that are late, jobs that are dead, clients whose balance is low."""
    with db.operator() as conn:
        late, dead = jobs.counted(conn, datetime.now(UTC) - LATE)
        return late, dead, short_of_money(conn)
