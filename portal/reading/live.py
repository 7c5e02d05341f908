"""Calls going on now, and one of them with its words as they are said, out of what the service writes down meanwhile.

Portal and service share the database alone: a call in progress writes what it knows (`store/journal.py`) as it goes on.
What is being said at this instant stands there once its turn has ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from ari_app.desk import journal
from portal.door import Seat
from store.audit import note
from store.base.errors import NotFound


@dataclass(frozen=True, slots=True)
class Going:
    """A call in progress. `answered_at` None: it rings. `agent` "": nothing was written down yet."""

    call_id: UUID
    direction: Literal["inbound", "outbound"]
    since: datetime
    answered_at: datetime | None
    caller: str
    callee: str
    agent: str
    version: int | None

    @property
    def far(self) -> str:
        """The person's number; "" when withheld."""
        return self.caller if self.direction == "inbound" else self.callee

    def seconds(self, now: datetime) -> float:
        """How long it has been going on, from the answer on; before that, from its first ring."""
        return max(0.0, (now - (self.answered_at or self.since)).total_seconds())


@dataclass(frozen=True, slots=True)
class Moment:
    """A turn or an action. `at_ms`: since the answer. `cut`: the agent was not heard to its end. An action has `name`
    (as the agent's file has it) and `outcome` ("": none told); a turn has `who` and `text`."""

    at_ms: int
    who: Literal["caller", "agent", ""] = ""
    text: str = ""
    cut: bool = False
    name: str = ""
    outcome: str = ""


def moments(notes: Mapping[str, Any]) -> Sequence[Moment]:
    """Turns and actions in order of time, of notes as they were written; none where there are none that can be read.
    Pure."""
    try:
        told = journal.read(notes).notes
    except ValueError:
        return ()
    turns = [Moment(turn.from_ms, turn.who, turn.text, turn.interrupted) for turn in told.turns if turn.text.strip()]
    did = [Moment(done.at_ms, name=done.name, outcome=str(done.result.get("outcome") or "")) for done in told.actions]
    return sorted([*turns, *did], key=lambda moment: (moment.at_ms, bool(moment.name)))


_GOING: LiteralString = """
SELECT l.call_id, l.direction, l.since, l.answered_at, l.caller, l.callee, coalesce(n.notes ->> 'agent', '') AS agent,
       (n.notes ->> 'version')::integer AS version
  FROM store.live_calls l LEFT JOIN store.live_notes n USING (call_id)
 WHERE l.leg_of IS NULL AND l.lease_until > %(now)s"""


def going(seat: Seat, now: datetime) -> list[Going]:
    """The client's calls in progress, the oldest first; not what is said in them."""
    with seat.conn.cursor(row_factory=class_row(Going)) as cursor:
        return cursor.execute(_GOING + " ORDER BY l.since, l.call_id", {"now": now}).fetchall()


def follow(seat: Seat, call_id: UUID, now: datetime) -> tuple[Going, Sequence[Moment]]:
    """One of them with what was said so far; the journal says who looked, once for each session, however often the page
    is read again. Raises NotFound: it is over, or another client's."""
    with seat.conn.cursor(row_factory=class_row(Going)) as cursor:
        found = cursor.execute(_GOING + " AND l.call_id = %(call)s", {"now": now, "call": call_id}).fetchone()
    if found is None:
        raise NotFound("no such call is going on")
    seat.needs("transcripts")
    new = seat.conn.execute(
        """INSERT INTO portal.looks (tenant_id, call_id, session_id, at) VALUES (%s, %s, %s, %s)
           ON CONFLICT DO NOTHING""",
        (seat.whose, call_id, seat.session_id, now),
    ).rowcount
    if new:
        note(seat.conn, seat.by, "call.watch", f"call:{call_id}", seat.tenant_id)
    row = seat.conn.execute("SELECT notes FROM store.live_notes WHERE call_id = %s", (call_id,)).fetchone()
    return found, moments(row["notes"] if row else {})
