"""The trunks as the service sees them: the switch kept in step with their rows, and what each did for each call."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from time import monotonic
from uuid import UUID

from ari_app.desk.lifecycle import unanswered
from ari_app.switch.base import Switch, Tried
from store.base.errors import DecrocheError
from store.calls import get
from store.db import Conn, Database
from store.trunks import rows
from store.trunks.checking import Trunk
from store.trunks.legs import TrunkCall, note_calls

log = logging.getLogger(__name__)

LOOK_SECONDS = 20.0
"""How often the switch is asked which trunks are lost."""

KEPT = 2000
"""Calls whose trunks are remembered until they are written down."""


class TrunkKeeper:
    """One per service: tells the switch when the rows have changed."""

    def __init__(self, db: Database, switch: Switch) -> None:
        self._db, self._switch = db, switch
        self._told: list[Trunk] | None = None
        self._failed = ""
        self._lost: Mapping[str, str] = {}
        self._look_at = 0.0

    async def keep(self) -> None:
        """What cannot be told now is told next time; the log says once why."""
        wanted = await asyncio.to_thread(self._wanted)
        if wanted == self._told:
            return
        try:
            await self._switch.use_trunks(wanted)
        except DecrocheError as error:
            if str(error) != self._failed:
                log.warning("the trunks could not be told: [%s] %s", error.code, error)
            self._failed = str(error)
            return
        self._told, self._failed = wanted, ""
        log.info("trunks: %s", ", ".join(trunk.name for trunk in wanted) or "the settings' alone")

    async def look(self) -> None:
        """Now and then: a trunk that is lost is a line of the log, and so is its return. Raises Unavailable."""
        if not self._switch.connected or not self._told or monotonic() < self._look_at:
            return
        self._look_at = monotonic() + LOOK_SECONDS
        lost = await self._switch.lost_trunks()
        for name in lost.keys() - self._lost.keys():
            log.error("the trunk %s is lost: %s", name, lost[name])
        for name in self._lost.keys() - lost.keys():
            log.warning("the trunk %s is back", name)
        self._lost = lost

    @property
    def states(self) -> Mapping[str, bool]:
        """Each trunk that the switch was told of: whether it was there when it was last asked about."""
        return {trunk.name: trunk.name not in self._lost for trunk in self._told or ()}

    def _wanted(self) -> list[Trunk]:
        with self._db.service() as conn:
            return rows.listed(conn)


class TrunkParts:
    """What trunks did for calls in progress. Told on the event loop, stored from a thread, once, after the CDR."""

    def __init__(self) -> None:
        self._came = OrderedDict[str, str]()
        self._tried = OrderedDict[str, list[Tried]]()

    def came_by(self, call_id: str, trunk: str) -> None:
        """The call came by this trunk."""
        self._came[call_id] = trunk
        _bound(self._came)

    def tried(self, call_id: str, part: Tried) -> None:
        """The call, or a leg of it, left by this trunk, or would have."""
        self._tried.setdefault(call_id, []).append(part)
        _bound(self._tried)

    def store(self, conn: Conn, tenant_id: UUID, call_id: UUID) -> None:
        """Write down what is known of a call whose CDR is stored. Raises NotFound where it is not."""
        came, tried = self._came.pop(str(call_id), ""), self._tried.pop(str(call_id), [])
        if not (came or tried):
            return
        parts = [_left(part) for part in sorted(tried, key=lambda part: part.began_at)]
        if came:
            cdr = get(conn, call_id).cdr
            outcome = "answered" if cdr.answered_at else cdr.outcome
            parts.insert(
                0, TrunkCall(came, "inbound", cdr.started_at, cdr.answered_at, cdr.ended_at, outcome, cdr.hangup_cause)
            )
        note_calls(conn, tenant_id, call_id, parts)


def _left(part: Tried) -> TrunkCall:
    outcome = part.passed or ("answered" if part.answered_at else unanswered(part.cause))
    return TrunkCall(part.trunk, "outbound", part.began_at, part.answered_at, part.ended_at, outcome, part.cause)


def _bound(kept: OrderedDict[str, str] | OrderedDict[str, list[Tried]]) -> None:
    if len(kept) > KEPT:
        kept.popitem(last=False)
