"""Calls as lists show them: one joined query a page, whatever is looked for; and the file of one's recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from billing.charges.ledger import spell
from portal.door import Seat
from portal.reading.filters import After, Filters
from portal.words import masked
from store import recordings
from store.audit import note
from store.base.parties import Direction, far_party
from store.base.settings import Settings
from store.calls import Channel

MOST_EXPORTED = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """A call on one line. `asked`: first words heard; `micros` None: no price (see `status`); `bundled`: seconds."""

    id: UUID
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    direction: Direction
    caller: str
    callee: str
    agent: str | None
    agent_version: int | None
    outcome: str
    recorded: bool
    disclosed: bool
    status: str | None
    billed_seconds: int | None
    micros: int | None
    currency: str | None
    bundled: int | None
    asked: str | None
    channel: Channel

    @property
    def far(self) -> str:
        """The person's number; "" when hidden."""
        return far_party(self.direction, self.caller, self.callee)


# The page's calls are chosen first, by their index; prices and words are looked up for them alone.
_BEFORE: LiteralString = """
SELECT c.id, c.started_at, c.answered_at, c.ended_at, c.direction, c.caller, c.callee, c.agent, c.agent_version,
       c.outcome, c.recording IS NOT NULL AS recorded, c.disclosure_heard_ms IS NOT NULL AS disclosed,
       k.status, k.billed_seconds, k.amount_micros AS micros, k.currency, k.bundle_seconds AS bundled,
       left(said.text, 140) AS asked, c.channel
  FROM (SELECT * FROM store.calls WHERE tenant_id = %(tenant)s AND leg_of IS NULL AND """
_AFTER: LiteralString = """ ORDER BY started_at DESC, id DESC LIMIT %(limit)s) c
  LEFT JOIN LATERAL (SELECT b.status, b.billed_seconds, b.amount_micros, b.currency, b.bundle_seconds
                       FROM billing.current_charges b WHERE b.call_id = c.id LIMIT 1) k ON true
  LEFT JOIN LATERAL (SELECT t.text FROM store.turns t WHERE t.call_id = c.id AND t.who = 'caller'
                      ORDER BY t.position LIMIT 1) said ON true
 ORDER BY c.started_at DESC, c.id DESC
"""
_CONDITIONS: dict[str, LiteralString] = {
    "direction": "direction = %(direction)s",
    "agent": "agent = %(agent)s",
    "party": "(direction = 'inbound' AND caller = %(party)s OR direction = 'outbound' AND callee = %(party)s)",
    "outcome": "outcome = %(outcome)s",
    "since": "started_at >= %(since)s",
    "until": "started_at < %(until)s",
    "before_at": "(started_at, id) < (%(before_at)s, %(before_id)s::uuid)",
}
"""Only those that are asked for stand in a query: each is then planned for what it asks."""
_SAYING: LiteralString = """
       id = ANY (ARRAY(SELECT portal.calls_saying(%(words)s, %(direction)s, %(agent)s, %(party)s, %(outcome)s,
                                                  %(since)s, %(until)s, %(before_at)s, %(before_id)s, %(limit)s)))
"""


def find(seat: Seat, wanted: Filters, after: After | None = None, limit: int = 50) -> tuple[list[Line], After | None]:
    """(calls, the page's end where there are more), newest first. Words need the right to read transcripts."""
    if wanted.words:
        seat.needs("transcripts")
    if wanted.party:
        seat.needs("numbers")
    values: dict[str, Any] = asdict(wanted) | {
        "tenant": seat.whose, "limit": limit + 1, "before_at": after and after.at, "before_id": after and after.id,
    }  # fmt: skip
    with seat.conn.cursor(row_factory=class_row(Line)) as cursor:
        asked: list[LiteralString] = ["true", *(text for name, text in _CONDITIONS.items() if values[name] is not None)]
        chosen: LiteralString = _SAYING if wanted.words else " AND ".join(asked)
        rows = cursor.execute(_BEFORE + chosen + _AFTER, values).fetchall()
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, After(rows[-1].started_at, rows[-1].id) if more else None


def agents(seat: Seat) -> list[str]:
    """The client's agents, by name."""
    return [row["name"] for row in seat.conn.execute("SELECT name FROM store.agents ORDER BY name")]


def shown(line: Line, seat: Seat) -> dict[str, Any]:
    """A call as plain JSON; numbers are masked for who may not see them whole."""
    whole = "numbers" in seat.rights
    return {
        "id": str(line.id),
        "started_at": line.started_at.isoformat(),
        "direction": line.direction,
        "caller": line.caller if whole or line.direction == "outbound" else masked(line.caller),
        "callee": line.callee if whole or line.direction == "inbound" else masked(line.callee),
        "answered_seconds": _seconds(line),
        "billed_seconds": line.billed_seconds or 0,
        "agent": line.agent,
        "version": line.agent_version,
        "outcome": line.outcome,
        "recorded": line.recorded,
        "disclosure_heard": line.disclosed,
        "price": None if line.micros is None else spell(line.micros),
        "currency": line.currency,
    }


def _seconds(line: Line) -> int:
    return round((line.ended_at - line.answered_at).total_seconds()) if line.answered_at else 0


def exported(seat: Seat, wanted: Filters) -> Sequence[dict[str, Any]]:
    """What a spreadsheet is given of the calls found, and the log says so."""
    rows, _ = find(seat, wanted, limit=MOST_EXPORTED)
    note(seat.conn, seat.by, "calls.export", "calls", seat.tenant_id, count=len(rows))
    return [shown(row, seat) for row in rows]


def recording(seat: Seat, call_id: UUID, of: Settings, *, told: bool) -> recordings.Sound:
    """The sound of a call that row-level security lets through; `told`: this is where listening begins, and logged.

    Raises NotFound: no such call, not recorded, or what the row names does not lie under the recordings.
    """
    sound = recordings.open_sound(seat.conn, call_id, of)
    if told:
        note(seat.conn, seat.by, "call.listen", f"call:{call_id}", seat.tenant_id)
    return sound
