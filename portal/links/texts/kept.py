"""Whether a client's callers are texted, and what was texted: counted, for each part is paid for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from store.audit import note
from store.base.actor import Actor
from store.db import Conn

State = Literal["sent", "skipped"]


@dataclass(frozen=True, slots=True)
class Wish:
    """`confirms`: what is booked or called off is told; `reminds`: a day before it is told again."""

    confirms: bool = False
    reminds: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """One that was sent, or why it was not. `segments`: SMS that it took."""

    tenant_id: UUID
    booking_id: UUID
    what: str
    state: State
    segments: int
    why: str
    at: datetime


def put(conn: Conn, tenant_id: UUID, wish: Wish, *, by: Actor) -> None:
    """A client's wish (operator)."""
    conn.execute(
        """INSERT INTO links.texting (tenant_id, confirms, reminds) VALUES (%(tenant)s, %(confirms)s, %(reminds)s)
           ON CONFLICT (tenant_id) DO UPDATE SET confirms = excluded.confirms, reminds = excluded.reminds""",
        {"tenant": tenant_id, "confirms": wish.confirms, "reminds": wish.reminds},
    )
    note(conn, by, "sms.set", f"tenant:{tenant_id}", tenant_id, confirms=wish.confirms, reminds=wish.reminds)


def get(conn: Conn, tenant_id: UUID) -> Wish:
    """A client's wish; neither where it never had one."""
    row = conn.execute("SELECT confirms, reminds FROM links.texting WHERE tenant_id = %s", (tenant_id,)).fetchone()
    return Wish(row["confirms"], row["reminds"]) if row else Wish()


def told(conn: Conn, booking_id: UUID, what: str) -> bool:
    """Whether this was done with before."""
    row = conn.execute("SELECT 1 FROM links.texts WHERE booking_id = %s AND what = %s", (booking_id, what)).fetchone()
    return row is not None


def moved_to(conn: Conn, booking_id: UUID) -> bool:
    """Whether an appointment was cancelled to be had at another time: both are one transaction's, at its instant."""
    return conn.execute(f"SELECT 1 {_MOVED} WHERE e.subject = %s LIMIT 1", (str(booking_id),)).fetchone() is not None


def moved_from(conn: Conn, booking_id: UUID) -> datetime | None:
    """When an appointment was to be that was moved to this one; None where it is a new one."""
    row = conn.execute(f"SELECT was.starts_at {_MOVED} WHERE made.id = %s LIMIT 1", (booking_id,)).fetchone()
    return row["starts_at"] if row else None


_MOVED = """FROM store.events e JOIN store.bookings was ON was.id::text = e.subject
    JOIN store.bookings made ON made.created_at = e.at AND made.phone = was.phone AND made.name = was.name
     AND made.id <> was.id AND e.kind = 'booking.cancelled'"""
"""What one transaction cancelled (`was`) and made (`made`), for the same person."""


def was_told(
    conn: Conn, booking_id: UUID, what: str, state: State, now: datetime, *, segments: int = 0, why: str = ""
) -> None:
    """It was sent, or will not be."""
    conn.execute(
        """INSERT INTO links.texts (booking_id, what, state, segments, why, at)
           VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (tenant_id, booking_id, what) DO NOTHING""",
        (booking_id, what, state, segments, why[:100], now),
    )


def listed(conn: Conn, tenant_id: UUID | None = None, *, limit: int = 50) -> list[Text]:
    """Texts that `conn` may see, the latest first."""
    with conn.cursor(row_factory=class_row(Text)) as cursor:
        return cursor.execute(
            """SELECT tenant_id, booking_id, what, state, segments, why, at FROM links.texts
                WHERE %(tenant)s::uuid IS NULL OR tenant_id = %(tenant)s
                ORDER BY at DESC, booking_id LIMIT %(limit)s""",
            {"tenant": tenant_id, "limit": limit},
        ).fetchall()


def counted(conn: Conn, tenant_id: UUID, since: datetime, until: datetime) -> int:
    """SMS that a client's texts took, from `since` to before `until`."""
    row = conn.execute(
        "SELECT coalesce(sum(segments), 0) AS n FROM links.texts WHERE tenant_id = %s AND at >= %s AND at < %s",
        (tenant_id, since, until),
    ).fetchone()
    return int(row["n"]) if row else 0
