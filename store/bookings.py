"""Appointments agents have made; one agent's diary never holds two at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.db import Conn

_COLUMNS = "id, tenant_id, call_id, agent, name, phone, starts_at, ends_at, note, status, created_at, email"


class SlotTaken(Refused):
    """Another appointment stands there."""

    code = "slot_taken"


@dataclass(frozen=True, slots=True)
class Booking:
    """One appointment, from `starts_at` to before `ends_at`. `phone` is E.164."""

    id: UUID
    tenant_id: UUID
    call_id: UUID | None
    agent: str
    name: str
    phone: str | None
    starts_at: datetime
    ends_at: datetime
    note: str
    status: Literal["booked", "cancelled"]
    created_at: datetime
    email: str = ""
    """Where the person is told of it; "" where they gave none."""


def book(
    conn: Conn,
    tenant_id: UUID,
    agent: str,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
    *,
    call_id: UUID | None = None,
    phone: str | None = None,
    note: str = "",
    email: str = "",
) -> Booking:
    """Make an appointment. Raises SlotTaken; NotFound for an unknown agent; BadInput naming a bad field."""
    if not name.strip():
        raise BadInput("name: it is empty", hint="who comes?")
    if starts_at.tzinfo is None or ends_at.tzinfo is None:
        raise BadInput("starts_at: times need a zone", hint="give them in UTC")
    if ends_at <= starts_at:
        raise BadInput("ends_at: it is not after starts_at", hint="give the appointment a length")
    values = (new_id(), tenant_id, call_id, agent, name.strip(), phone, starts_at, ends_at, note, email)
    try:
        with conn.transaction(), conn.cursor(row_factory=class_row(Booking)) as cursor:
            row = cursor.execute(
                "INSERT INTO store.bookings"
                " (id, tenant_id, call_id, agent, name, phone, starts_at, ends_at, note, email)"
                f" VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}",
                values,
            ).fetchone()
    except psycopg.errors.ExclusionViolation as error:
        raise SlotTaken(f"{starts_at.isoformat()} is taken in the diary of {agent}") from error
    except psycopg.errors.ForeignKeyViolation as error:
        raise NotFound(f"no agent {agent}", hint="decroche agent list") from error
    assert row is not None
    return row


def cancel(conn: Conn, booking_id: UUID) -> Booking:
    """Cancel an appointment; its slot is free again. Cancelling twice is the same. Raises NotFound."""
    with conn.cursor(row_factory=class_row(Booking)) as cursor:
        row = cursor.execute(
            f"UPDATE store.bookings SET status = 'cancelled' WHERE id = %s RETURNING {_COLUMNS}", (booking_id,)
        ).fetchone()
    if row is None:
        raise NotFound(f"no booking {booking_id}")
    return row


def call_off(conn: Conn, booking_id: UUID, *, by: Actor) -> Booking:
    """Cancel an appointment outside a call. Raises NotFound; Refused for one that is cancelled already."""
    found = get(conn, booking_id)
    if found is None:
        raise NotFound(f"no booking {booking_id}", hint="decroche booking list")
    if found.status == "cancelled":
        raise Refused(f"the booking {booking_id} is cancelled already", code="booking_cancelled")
    made = cancel(conn, booking_id)
    note(conn, by, "booking.cancel", f"booking:{booking_id}", made.tenant_id)
    return made


def taken(conn: Conn, agent: str, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """When an agent's diary is not free between these instants: appointments, and busy times of its calendars.

    Only for proposing times: `book` looks again, where it books.
    """
    rows = conn.execute(
        """SELECT starts_at, ends_at FROM store.bookings
            WHERE agent = %(agent)s AND status = 'booked' AND ends_at > %(since)s AND starts_at < %(until)s
           UNION ALL
           SELECT starts_at, ends_at FROM links.busy
            WHERE agent = %(agent)s AND ends_at > %(since)s AND starts_at < %(until)s ORDER BY starts_at""",
        {"agent": agent, "since": since, "until": until},
    )
    return [(row["starts_at"], row["ends_at"]) for row in rows]


def calendar_away(conn: Conn, agent: str) -> bool:
    """A calendar that an agent's diary is held against could not be read, so what is booked may be taken there."""
    row = conn.execute(
        """SELECT 1 FROM links.calendars
            WHERE agent = %s AND kind IN ('ics', 'caldav') AND (faults > 0 OR synced_at IS NULL) LIMIT 1""",
        (agent,),
    ).fetchone()
    return row is not None


def made_in(conn: Conn, call_id: UUID, starts_at: datetime) -> Booking | None:
    """The appointment that this call has made for then; None where it has made none."""
    with conn.cursor(row_factory=class_row(Booking)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM store.bookings WHERE call_id = %s AND starts_at = %s AND status = 'booked'",
            (call_id, starts_at),
        ).fetchone()


def get(conn: Conn, booking_id: UUID) -> Booking | None:
    """One appointment; None where there is none, or it is forgotten."""
    with conn.cursor(row_factory=class_row(Booking)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM store.bookings WHERE id = %s", (booking_id,)).fetchone()


def find(
    conn: Conn,
    *,
    tenant_id: UUID | None = None,
    agent: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    phone: str | None = None,
    status: str | None = "booked",
) -> list[Booking]:
    """Appointments that `conn` may see and that overlap `since` … `until`, in order of time."""
    with conn.cursor(row_factory=class_row(Booking)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM store.bookings
                 WHERE (%(agent)s::text IS NULL OR agent = %(agent)s)
                   AND (%(tenant)s::uuid IS NULL OR tenant_id = %(tenant)s)
                   AND (%(phone)s::text IS NULL OR phone = %(phone)s)
                   AND (%(status)s::text IS NULL OR status = %(status)s)
                   AND (%(since)s::timestamptz IS NULL OR ends_at > %(since)s)
                   AND (%(until)s::timestamptz IS NULL OR starts_at < %(until)s)
                 ORDER BY starts_at, id""",
            {"agent": agent, "tenant": tenant_id, "since": since, "until": until, "phone": phone, "status": status},
        ).fetchall()
