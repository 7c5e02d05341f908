"""Calls whose process died: what is written down of one that nobody goes on with.

Its times are told best by who followed it to its end, then by the switch's own record, then by the last sign of life.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ari_app.desk.cdr import actions_of, clean, turns_of
from ari_app.desk.journal import Entry, cut_short, read
from ari_app.desk.office import Office
from ari_app.desk.record import Notes
from store import journal, live
from store.calls import Action, Cdr, Turn
from store.journal import Left, Past

log = logging.getLogger(__name__)

CAUSE = 41
"""Q.850: temporary failure."""

ELSEWHERE = timedelta(minutes=5)
"""No sign of life of another machine for so long: its calls are over."""

AGAIN_SECONDS = 5.0
"""A process that could not reach the database for a while gives its signs of life within this time."""


def written(left: Left, past: Past | None, number: str | None) -> tuple[Cdr, list[Turn], list[Action]]:
    """The CDR of a call that nobody goes on with, `lost`, with what its notes hold. Pure."""
    call = left.call
    try:
        entry = read(left.notes)
    except ValueError:
        entry = Entry("", 0, "", Notes())
    answered = (past.answered_at if past else None) or left.answered_at
    ended = max(past.ended_at if past else left.renewed_at, answered or call.since, call.since)
    if answered is not None:
        answered = max(answered, call.since)
        cut_short(entry.notes, round((left.renewed_at - answered).total_seconds() * 1000))
    notes = entry.notes
    cdr = Cdr(
        id=call.call_id, tenant_id=call.tenant_id, **call.parties.columns,
        started_at=call.since, answered_at=answered, ended_at=ended, hangup_cause=CAUSE, hangup_side="system",
        outcome="answered" if call.leg and answered else "lost", number=entry.number or number,
        agent=entry.agent or None, agent_version=entry.version or None, asterisk_uniqueid=call.channel,
        disclosure_text=notes.disclosure.text if notes.disclosure else None,
        disclosure_heard_ms=notes.disclosure.heard_at_ms if notes.disclosure else None,
        decision_id=entry.decision_id, variables=clean(dict(entry.variables)), slots=clean(dict(notes.slots)),
        leg_of=call.leg_of, leg=call.leg,
    )  # fmt: skip
    return cdr, turns_of(notes), actions_of(notes)


@dataclass(frozen=True, slots=True)
class Lost:
    """What the office does with such calls. `remembered`: the switch's own record of one that is over; it may block."""

    office: Office
    remembered: Callable[[UUID], Past | None]

    def all(self) -> list[Left]:
        """Every call in progress, of every node, calls before their legs."""
        with self.office.db.operator() as conn:
            return journal.left(conn)

    def of(self, channel: str) -> Left | None:
        """The call in progress on a channel."""
        with self.office.db.operator() as conn:
            return journal.of_channel(conn, channel)

    def close(self, left: Left, past: Past | None = None) -> bool:
        """Write it down and charge it, with its legs; False where its own CDR waits in the spool.

        `past`: its times, by who followed it to its end.
        """
        call = left.call
        if self.office.spool.holds(call.call_id):
            return False
        if call.leg_of is None and (past is None or past.answered_at is None):
            known = self.remembered(call.call_id)
            past = replace(past, answered_at=known.answered_at) if past and known else past or known
        record = written(left, past, self.office.routing.owned(call.tenant_id, call.parties.ours))
        log.warning("call %s was left by a process that died: written down", call.call_id)
        self.office.keep(*record)
        for leg in self.all():
            if leg.call.leg_of == call.call_id:
                own = Past(leg.call.since, leg.answered_at, max(record[0].ended_at, leg.call.since))
                self.close(replace(leg, renewed_at=own.ended_at), own)
        return True

    def sweep(self, there: Callable[[], Collection[str] | None], wait: Callable[[float], object]) -> int:
        """Write down every call whose process is dead and that is over, whether anybody starts a service again or not.

        `there`: the legs of this machine's switch, None where nobody can say. `wait`: so many seconds, before what
        seems dead is looked at again. Returns how many.
        """
        if not self._dead(there):
            return 0
        wait(AGAIN_SECONDS)
        dead = {left.call.call_id for left in self._dead(there)}  # legs go with their calls
        return sum(self.close(left) for left in self.all() if left.call.call_id in dead)

    def _dead(self, there: Callable[[], Collection[str] | None]) -> list[Left]:
        now = datetime.now(UTC)
        with self.office.db.service() as conn:
            expired = {call.call_id for call in live.expired(conn, now)}
        if not expired:
            return []
        lefts, legs = self.all(), there()
        going = {left.call.call_id for left in lefts}
        return [
            left for left in lefts
            if left.call.call_id in expired and left.call.leg_of not in going
            and (now - left.renewed_at > ELSEWHERE if legs is None or left.call.node != self.office.node
                 else left.call.channel not in legs)
        ]  # fmt: skip
