"""Calls: our CDR with its turns and actions, written once at the end of a call, and read back with filters.

Times are aware UTC and come from Asterisk's events; milliseconds count from the answer (for a call that
was never answered, from its start).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from store.base.endings import Outcome
from store.base.errors import BadInput, NotFound
from store.base.parties import Direction, Parties
from store.db import Conn

Json = Mapping[str, Any]

LegKind = Literal["transfer", "fallback", "third_party"]
"""Why somebody was rung for a call: to be put through to, to answer in our place, or because they were sent on."""

Channel = Literal["voice", "chat"]
"""How the two sides met: by telephone, or in writing on the client's site (`portal/chat`)."""

CHANNELS: tuple[Channel, ...] = ("voice", "chat")


def _empty() -> Json:
    return {}


@dataclass(frozen=True, slots=True)
class Cdr:
    """One call. `caller` is E.164 or '' when hidden; `number` the tenant's own; `hangup_cause` is Q.850.

    `disclosure_heard_ms` is None when the caller did not hear the AI disclosure to its end.
    `asterisk_cdr` is Asterisk's own CDR, the second witness (`witness`); `insert_cdr` ignores it.
    `leg_of`: the call that this one is a leg of, somebody who was rung for it; `leg` says what for.
    """

    id: UUID
    tenant_id: UUID
    direction: Direction
    caller: str
    callee: str
    started_at: datetime
    ended_at: datetime
    hangup_cause: int
    hangup_side: Literal["caller", "agent", "system"]
    outcome: Outcome
    answered_at: datetime | None = None
    number: str | None = None
    agent: str | None = None
    agent_version: int | None = None
    recording: str | None = None
    disclosure_text: str | None = None
    disclosure_heard_ms: int | None = None
    asterisk_uniqueid: str | None = None
    asterisk_linkedid: str | None = None
    decision_id: UUID | None = None
    variables: Json = field(default_factory=_empty)
    asterisk_cdr: Json | None = None
    leg_of: UUID | None = None
    leg: LegKind | None = None
    slots: Json = field(default_factory=_empty)
    """What the caller told, by the names of the agent's file, as it was understood in the end."""
    channel: Channel = "voice"

    @property
    def parties(self) -> Parties:
        """Who talked to whom."""
        return Parties.of(self.direction, self.caller, self.callee)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said. `heard_ms`: how much of the agent's voice the caller heard; `stages`: stage → ms."""

    who: Literal["caller", "agent"]
    text: str
    from_ms: int
    to_ms: int
    heard_ms: int | None = None
    stages: Json = field(default_factory=_empty)


@dataclass(frozen=True, slots=True)
class Action:
    """What the agent did. `args` and `result` are plain JSON."""

    name: str
    args: Json
    result: Json
    at_ms: int


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call with all that was said and done."""

    cdr: Cdr
    turns: list[Turn]
    actions: list[Action]


_INSERT = """
INSERT INTO store.calls (
    tenant_id, id, direction, caller, callee, number, agent, agent_version, started_at, answered_at, ended_at,
    hangup_cause, hangup_side, outcome, recording, disclosure_text, disclosure_heard_ms,
    asterisk_uniqueid, asterisk_linkedid, decision_id, variables, slots, leg_of, leg, channel)
VALUES (
    %(tenant_id)s, %(id)s, %(direction)s, %(caller)s, %(callee)s, %(number)s, %(agent)s, %(agent_version)s,
    %(started_at)s, %(answered_at)s, %(ended_at)s, %(hangup_cause)s, %(hangup_side)s, %(outcome)s,
    %(recording)s, %(disclosure_text)s, %(disclosure_heard_ms)s, %(asterisk_uniqueid)s, %(asterisk_linkedid)s,
    %(decision_id)s, %(variables)s, %(slots)s, %(leg_of)s, %(leg)s, %(channel)s)
ON CONFLICT (id) DO NOTHING
"""

_INSERT_TURN = """
INSERT INTO store.turns (tenant_id, call_id, position, who, text, from_ms, to_ms, heard_ms, stages)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""

_INSERT_ACTION = """
INSERT INTO store.actions (tenant_id, call_id, position, name, args, result, at_ms)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""

_COLUMNS = """
    id, tenant_id, direction, caller, callee, started_at, ended_at, hangup_cause, hangup_side, outcome,
    answered_at, number, agent, agent_version, recording, disclosure_text, disclosure_heard_ms,
    asterisk_uniqueid, asterisk_linkedid, decision_id, variables, asterisk_cdr, slots, leg_of, leg, channel
"""

# Every filter that is NULL lets all pass. Pages follow (started_at, id), newest first, so that calls which
# arrive meanwhile move no page.
_FIND = f"""
SELECT {_COLUMNS} FROM store.calls
 WHERE leg_of IS NULL AND (%(tenant)s::uuid IS NULL OR tenant_id = %(tenant)s)
   AND (%(direction)s::text IS NULL OR direction = %(direction)s)
   AND (%(agent)s::text IS NULL OR agent = %(agent)s)
   AND (%(far)s::text IS NULL OR direction = 'inbound' AND caller = %(far)s
                              OR direction = 'outbound' AND callee = %(far)s)
   AND (%(party)s::text IS NULL OR caller = %(party)s OR callee = %(party)s)
   AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s)
   AND (%(channel)s::text IS NULL OR channel = %(channel)s)
   AND (%(since)s::timestamptz IS NULL OR started_at >= %(since)s)
   AND (%(until)s::timestamptz IS NULL OR started_at < %(until)s)
   AND (%(before_at)s::timestamptz IS NULL OR (started_at, id) < (%(before_at)s, %(before_id)s::uuid))
 ORDER BY started_at DESC, id DESC
 LIMIT %(limit)s
"""


def insert_cdr(conn: Conn, cdr: Cdr, turns: Sequence[Turn] = (), actions: Sequence[Action] = ()) -> bool:
    """Store a call; False, and nothing changed, when its id is stored already.

    For one transaction with its charge: `with db.tenant(cdr.tenant_id) as conn: insert_cdr(conn, …)`.
    Raises BadInput for times that are not aware.
    """
    _refuse_naive(started_at=cdr.started_at, answered_at=cdr.answered_at, ended_at=cdr.ended_at)
    values = {name: getattr(cdr, name) for name in Cdr.__slots__}
    values |= {"variables": Jsonb(dict(cdr.variables)), "slots": Jsonb(dict(cdr.slots))}
    with conn.transaction(), conn.cursor() as cursor:
        if not cursor.execute(_INSERT, values).rowcount:
            return False
        key = (cdr.tenant_id, cdr.id)
        cursor.executemany(
            _INSERT_TURN,
            [
                (*key, position, t.who, t.text, t.from_ms, t.to_ms, t.heard_ms, Jsonb(dict(t.stages)))
                for position, t in enumerate(turns)
            ],
        )
        cursor.executemany(
            _INSERT_ACTION,
            [
                (*key, position, a.name, Jsonb(dict(a.args)), Jsonb(dict(a.result)), a.at_ms)
                for position, a in enumerate(actions)
            ],
        )
    return True


def stored(conn: Conn, call_id: UUID) -> bool:
    """The call is written down."""
    return conn.execute("SELECT 1 FROM store.calls WHERE id = %s", (call_id,)).fetchone() is not None


def by_end(conn: Conn, end: str) -> UUID:
    """The only call whose id ends so. Raises BadInput for what ends no id, or several; NotFound."""
    if not re.fullmatch(r"[0-9a-f-]{6,36}", end):
        raise BadInput(f"{end!r} is not a call's id, nor the end of one", hint="decroche calls list")
    rows = conn.execute("SELECT id FROM store.calls WHERE right(id::text, %s) = %s LIMIT 2", (len(end), end)).fetchall()
    if not rows:
        raise NotFound(f"no call {end}", hint="decroche calls list")
    if len(rows) > 1:
        raise BadInput(f"several calls end in {end}", hint="give more of the id: decroche calls list --json")
    return rows[0]["id"]


def get(conn: Conn, call_id: UUID) -> CallRecord:
    """One call with its turns and actions. Raises NotFound (also for another tenant's)."""
    with conn.cursor(row_factory=class_row(Cdr)) as cursor:
        cdr = cursor.execute(f"SELECT {_COLUMNS} FROM store.calls WHERE id = %s", (call_id,)).fetchone()
    if cdr is None:
        raise NotFound(f"no call {call_id}", hint="decroche calls list")
    with conn.cursor(row_factory=class_row(Turn)) as cursor:
        turns = cursor.execute(
            "SELECT who, text, from_ms, to_ms, heard_ms, stages FROM store.turns WHERE call_id = %s ORDER BY position",
            (call_id,),
        ).fetchall()
    with conn.cursor(row_factory=class_row(Action)) as cursor:
        actions = cursor.execute(
            "SELECT name, args, result, at_ms FROM store.actions WHERE call_id = %s ORDER BY position", (call_id,)
        ).fetchall()
    return CallRecord(cdr, turns, actions)


def find(
    conn: Conn,
    *,
    tenant_id: UUID | None = None,
    direction: str | None = None,
    agent: str | None = None,
    party: str | None = None,
    outcome: str | None = None,
    channel: Channel | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: Cdr | None = None,
    limit: int = 100,
) -> list[Cdr]:
    """Calls that `conn` may see, newest first. `party`: E.164 of either side; `since` ≤ started_at < `until`.

    Legs that left are no calls here: `legs` finds them by their call.
    The next page: `before` = the last call of this one.
    """
    _refuse_naive(since=since, until=until)
    values = {
        "tenant": tenant_id,
        "direction": direction,
        "agent": agent,
        "far": party,
        "party": None,
        "outcome": outcome,
        "channel": channel,
        "since": since,
        "until": until,
        "before_at": before and before.started_at,
        "before_id": before and before.id,
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(Cdr)) as cursor:
        # the far party is found by its index; a number of the tenant's, near in most of its calls, by reading them
        near = conn.execute("SELECT 1 FROM store.numbers WHERE e164 = %s", (party,)).fetchone() if party else None
        found = [] if near else cursor.execute(_FIND, values).fetchall()
        if party and not found:
            return cursor.execute(_FIND, values | {"far": None, "party": party}).fetchall()
        return found


def legs(conn: Conn, call_id: UUID) -> list[Cdr]:
    """The legs of a call that left, in the order they began."""
    with conn.cursor(row_factory=class_row(Cdr)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM store.calls WHERE leg_of = %s ORDER BY started_at, id", (call_id,)
        ).fetchall()


def witness(conn: Conn, call_id: UUID, asterisk_cdr: Json) -> None:
    """Keep Asterisk's own CDR beside ours; the first one stays. Raises NotFound when ours is not stored."""
    done = conn.execute(
        "UPDATE store.calls SET asterisk_cdr = coalesce(asterisk_cdr, %s) WHERE id = %s",
        (Jsonb(dict(asterisk_cdr)), call_id),
    )
    if not done.rowcount:
        raise NotFound(f"no call {call_id}", hint="its CDR is stored first, then Asterisk's")


def _refuse_naive(**times: datetime | None) -> None:
    for name, at in times.items():
        if at is not None and at.tzinfo is None:
            raise BadInput(f"{name}: {at.isoformat()} has no time zone", hint="times are aware, in UTC")
