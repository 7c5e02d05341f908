"""The service's journal: what each call in progress knows is written down as it goes on, and its lease renewed.

One task for all calls, and one thread at a time: a database that is away holds up no call, nor the others' threads.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import UUID

from ari_app.call.state import CallState
from ari_app.desk.discretion import discreet
from ari_app.desk.house import House
from ari_app.desk.journal import Entry, mark
from ari_app.desk.office import Entered
from store.base.errors import DecrocheError

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How often calls are asked whether they know something new: as much of a call may be lost with its process."""

AWAY_SECONDS = 5.0
"""The same while the database is away."""

RENEW_SECONDS = 15.0
"""How often each call gives a sign of life; a minute without one, and it is looked for."""

LEASE = timedelta(minutes=2)


class Noter:
    """One per process. `calls`: those in progress."""

    def __init__(self, house: House, calls: Mapping[str, CallState]) -> None:
        self._house, self._calls = house, calls
        self._thread = ThreadPoolExecutor(1, "noter")  # its own: a database that is away takes no call's thread
        self._told = dict[UUID, tuple[object, ...]]()
        self._renewed = 0.0
        self._away = False

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            await self._run()
        finally:
            self._thread.shutdown(wait=False)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(AWAY_SECONDS if self._away else LOOK_SECONDS)
            try:
                await self.look()
            except DecrocheError as error:
                if not self._away:
                    log.warning("calls in progress are not written down: [%s] %s", error.code, error)
                self._away = True
            except Exception:  # the edge of this task: calls go on whatever is wrong with their notes
                log.exception("calls in progress are not written down, by a fault of ours")

    async def look(self) -> None:
        """Write down what is new. Raises DecrocheError where the database is away."""
        now = monotonic()
        renew = now - self._renewed >= RENEW_SECONDS
        states = {state.id: state for state in self._calls.values()}
        marks = {call_id: _mark(state) for call_id, state in states.items()}
        self._told = {call_id: told for call_id, told in self._told.items() if call_id in marks}
        entries = [
            _entered(states[call_id]) for call_id, told in marks.items() if self._told.get(call_id) != told
        ]  # fmt: skip
        if renew:
            new = {entry.call_id for entry in entries}
            entries += [Entered(s.who.tenant_id, s.id) for s in states.values() if s.id not in new]
            entries += [Entered(tenant_id, call_id) for call_id, tenant_id in self._house.carried.items()]
        if not entries:
            return
        until = datetime.now(UTC) + LEASE
        noting = asyncio.get_running_loop().run_in_executor(self._thread, self._house.office.note, entries, until)
        for call_id in await noting:
            if call_id in marks:
                self._told[call_id] = marks[call_id]
        self._renewed, self._away = (now if renew else self._renewed), False


def _mark(state: CallState) -> tuple[object, ...]:
    return *mark(state.notes), state.life.answered_at, state.legs.answered if state.legs else None, state.record


def _entered(state: CallState) -> Entered:
    """The call as it stands now. Its slots are the conversation's."""
    talk = state.talk
    if talk is None:
        return Entered(state.who.tenant_id, state.id, state.life.answered_at)
    state.notes.slots = {name: value for name, value in talk.values.items() if not name.startswith("_")}
    language = state.who.agent.language
    kept = discreet(state.notes, language, state.memory)
    entry = Entry(
        state.who.agent_name, state.who.version, state.who.number, kept.notes, dict(state.variables),
        state.decision_id, state.record, state.trunk, kept.of(talk.kept(), language),
    )  # fmt: skip
    leg = state.legs.answered if state.legs is not None else None
    return Entered(state.who.tenant_id, state.id, state.life.answered_at, entry.as_json(), leg)
