"""Keeps the numbers the switch signs for (STIR/SHAKEN) in step with those tenants may show."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from ari_app.switch.base import Switch
from store.db import Database

log = logging.getLogger(__name__)


class Voucher:
    """One per service. Nothing is done where the switch cannot sign."""

    def __init__(self, db: Database, switch: Switch) -> None:
        self._db, self._switch = db, switch
        self._told: list[str] | None = None

    async def keep(self) -> None:
        """Tell the switch if the numbers have changed since it was last told. Raises Unavailable: told next time."""
        if not self._switch.signs:
            return
        wanted = await asyncio.to_thread(self._wanted)
        if wanted != self._told:
            await self._switch.vouch_for(wanted)
            self._told = wanted
            log.info("calls from %d numbers are signed", len(wanted))

    def _wanted(self) -> list[str]:
        from compliance.ledgers.tenants import vouched

        with self._db.operator() as conn:
            return vouched(conn, datetime.now(UTC))
