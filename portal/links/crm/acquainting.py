"""Who calls, as the client's CRM knows them: asked at the first ring, within what the call gives it.

Its threads are its own: a CRM that hangs takes none of those that calls share, and is left alone for a minute.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from portal.links.crm import kept
from portal.links.crm.asking import CrmFailed
from store.base.errors import DecrocheError, NotFound
from store.base.settings import Settings
from store.db import Database

log = logging.getLogger(__name__)

THREADS = 8
SECONDS = 2.0
"""A thread is bound by a request no longer, though the call has long gone on."""
FAULTS, REST_SECONDS = 3, 60.0
"""After so many faults in a row a CRM is not asked for a while."""


class Acquaintance:
    """One per process. `clock`: seconds that only grow."""

    def __init__(self, of: Settings, db: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._of, self._db, self._clock = of, db, clock
        self._pool = ThreadPoolExecutor(THREADS, "crm")
        self._faults: dict[UUID, tuple[int, float]] = {}

    async def __call__(self, tenant_id: UUID, number: str) -> Mapping[str, str]:
        """What the agent is told of whoever has this number (E.164); empty: unknown. Cancel it when it is late."""
        if self.rests(tenant_id):
            return {}
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._found, tenant_id, number)

    def rests(self, tenant_id: UUID) -> bool:
        """Whether this client's CRM is left alone."""
        faults, since = self._faults.get(tenant_id, (0, 0.0))
        return faults >= FAULTS and self._clock() - since < REST_SECONDS

    def close(self) -> None:
        """Wait for what is still being asked."""
        self._pool.shutdown()

    def _found(self, tenant_id: UUID, number: str) -> Mapping[str, str]:
        try:
            with self._db.tenant(tenant_id) as conn:
                mine = kept.get(conn, tenant_id)
            contact = kept.opened(mine, self._of).look_up(number, SECONDS)
        except NotFound:
            return {}
        except CrmFailed as error:
            faults, _ = self._faults.get(tenant_id, (0, 0.0))
            self._faults[tenant_id] = (faults + 1, self._clock())
            log.warning("the CRM does not say who calls: [%s] %s", error.code, error)
            return {}
        except DecrocheError as error:
            log.warning("the CRM is not asked who calls: [%s] %s", error.code, error)
            return {}
        self._faults.pop(tenant_id, None)
        return contact.variables if contact is not None else {}


def finder(of: Settings, db: Database) -> Acquaintance:
    """What calls are given; found by name from below."""
    return Acquaintance(of, db)
