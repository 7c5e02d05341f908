"""Keeps the numbers Asterisk signs for (STIR/SHAKEN) in step with those tenants may show."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from asterisk_conf.server import Asterisk
from asterisk_conf.signing import signing
from store.base.settings import Settings
from store.db import Database

log = logging.getLogger(__name__)


class Voucher:
    """One per service. Nothing is done where no certificate is set."""

    def __init__(self, db: Database, settings: Settings, *, demo: bool) -> None:
        self._db, self._asterisk = db, Asterisk(settings, demo=demo)
        self._signs = signing(settings) is not None
        self._told: list[str] | None = None

    async def keep(self) -> None:
        """Tell Asterisk if the numbers have changed since it was last told. Raises AsteriskDown: told next time."""
        if self._signs:
            await asyncio.to_thread(self._keep)

    def _keep(self) -> None:
        from compliance.ledgers.tenants import vouched

        with self._db.operator() as conn:
            wanted = vouched(conn, datetime.now(UTC))
        if wanted != self._told:
            self._asterisk.vouch_for(wanted)
            self._told = wanted
            log.info("calls from %d numbers are signed", len(wanted))
