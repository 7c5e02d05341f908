"""This node tells the others, in the database, that it is there and how many calls it carries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from time import monotonic

from store import nodes
from store.base.settings import Settings
from store.db import Database

EVERY_SECONDS = 5.0
"""How often it is said again that nothing has changed."""


class Presence:
    """One per service. `ready`: whether it takes calls; `going`: those in progress."""

    def __init__(
        self, of: Settings, db: Database, ready: Callable[[], bool], going: Callable[[], Collection[object]]
    ) -> None:  # fmt: skip
        self._of, self._db, self._ready, self._going = of, db, ready, going
        self._told, self._again_at = (False, -1), 0.0

    async def tell(self) -> None:
        """As it is now, where that is new or was said a while ago. Raises DecrocheError where the database is away."""
        now = (self._ready(), len(self._going()))
        if now != self._told or monotonic() >= self._again_at:
            await asyncio.to_thread(self._tell, *now)
            self._told, self._again_at = now, monotonic() + EVERY_SECONDS

    def _tell(self, ready: bool, calls: int) -> None:
        with self._db.service() as conn:
            nodes.seen(conn, nodes.Node(self._of.node, ready, calls, self._of.call.most))

    async def leave(self) -> None:
        """It is stopped. Raises DecrocheError where the database is away: it is silent then."""
        await asyncio.to_thread(self._leave)

    def _leave(self) -> None:
        with self._db.service() as conn:
            nodes.left(conn, self._of.node)
