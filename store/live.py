"""Calls in progress and their leases, so that a call whose node died is found and ended ("swept")."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from store.base.parties import Direction, Parties
from store.calls import LegKind
from store.db import Conn

_EXPIRED = "tenant_id, call_id, channel, node, direction, since, lease_until"
_COLUMNS = f"{_EXPIRED}, caller, callee, leg_of, leg"


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call that `node` carries on `channel` (Asterisk's id), and has promised to renew before `lease_until`.

    `caller`, `callee`: who talks, so that a CDR written from the lease alone says so; empty from `expired`.
    """

    tenant_id: UUID
    call_id: UUID
    channel: str
    node: str
    direction: Direction
    since: datetime
    lease_until: datetime
    caller: str = ""
    callee: str = ""
    leg_of: UUID | None = None
    """The call that this is a leg of, which left for `leg`."""
    leg: LegKind | None = None

    @property
    def parties(self) -> Parties:
        """Who talks to whom."""
        return Parties.of(self.direction, self.caller, self.callee)


def begin(conn: Conn, call: LiveCall) -> None:
    """The call is in progress; a node that takes an orphan over begins it again, as does who learns who talks."""
    conn.execute(
        f"""INSERT INTO store.live_calls ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (call_id) DO UPDATE
               SET channel = excluded.channel, node = excluded.node, lease_until = excluded.lease_until,
                   renewed_at = now(),
                   caller = coalesce(nullif(excluded.caller, ''), live_calls.caller),
                   callee = coalesce(nullif(excluded.callee, ''), live_calls.callee)""",
        astuple(call),
    )


def renew(conn: Conn, call_id: UUID, until: datetime) -> bool:
    """A sign of life of the process that carries it: the lease is prolonged, never shortened, its legs' with it.

    False when the call was swept meanwhile.
    """
    done = conn.execute(
        """UPDATE store.live_calls SET lease_until = greatest(lease_until, %s), renewed_at = now()
            WHERE call_id = %s OR leg_of = %s""",
        (until, call_id, call_id),
    )
    return done.rowcount > 0


def move(conn: Conn, call_id: UUID, channel: str) -> None:
    """The call is on this channel."""
    conn.execute("UPDATE store.live_calls SET channel = %s WHERE call_id = %s", (channel, call_id))


def end(conn: Conn, call_id: UUID) -> bool:
    """The call is over; False when somebody has said so already. In the transaction of its CDR."""
    return conn.execute("DELETE FROM store.live_calls WHERE call_id = %s", (call_id,)).rowcount == 1


def listed(conn: Conn) -> list[LiveCall]:
    """Calls in progress that `conn` may see, oldest first."""
    with conn.cursor(row_factory=class_row(LiveCall)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM store.live_calls ORDER BY since, call_id").fetchall()


def with_party(conn: Conn, number: str, at: datetime, besides: UUID | None = None) -> bool:
    """Whether a call with this number (E.164) that `conn` may see is in progress at `at`; `besides`: not this one."""
    row = conn.execute(
        """SELECT 1 FROM store.live_calls WHERE (callee = %(number)s AND direction = 'outbound'
                                                 OR caller = %(number)s AND direction = 'inbound')
              AND lease_until > %(at)s AND call_id IS DISTINCT FROM %(besides)s LIMIT 1""",
        {"number": number, "at": at, "besides": besides},
    ).fetchone()
    return row is not None


def anywhere(conn: Conn) -> list[LiveCall]:
    """Every tenant's calls in progress, from any session: where a machine is busy."""
    with conn.cursor(row_factory=class_row(LiveCall)) as cursor:
        return cursor.execute(f"SELECT {_EXPIRED} FROM store.expired_calls('infinity')").fetchall()


def expired(conn: Conn, at: datetime) -> list[LiveCall]:
    """Every tenant's calls whose lease ran out before `at`, or whose process had given no sign of life for a minute by
    then, from any session (`db.service()`)."""
    with conn.cursor(row_factory=class_row(LiveCall)) as cursor:
        return cursor.execute(f"SELECT {_EXPIRED} FROM store.expired_calls(%s)", (at,)).fetchall()
