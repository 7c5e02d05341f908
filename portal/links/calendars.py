"""Which calendars stand beside an agent's diary, when they were read, and what of them is busy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from portal.links.ics import Span
from store import audit, jobs
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.base.outward import checked
from store.base.secrets import SecretMissing, forget_secret, read_secret, write_secret
from store.base.settings import Settings
from store.db import Conn

SYNC = "calendar.sync"
Kind = Literal["ics", "caldav", "mail"]
_COLUMNS = "id, tenant_id, agent, name, kind, address, account, tag, synced_at, faults, fault"
_MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
_FAULT = 200


@dataclass(frozen=True, slots=True)
class Calendar:
    """One calendar. `address`: a URL, or where bookings are mailed to; `faults`: failed readings in a row."""

    id: UUID
    tenant_id: UUID
    agent: str
    name: str
    kind: Kind
    address: str
    account: str
    tag: str
    synced_at: datetime | None
    faults: int
    fault: str


def add(
    conn: Conn, tenant_id: UUID, agent: str, name: str, kind: Kind, address: str, *, by: Actor, of: Settings,
    account: str = "", password: str = "",
) -> Calendar:  # fmt: skip
    """A calendar beside an agent's diary, read at once (operator, in a session of the tenant).

    Raises BadInput naming what is wrong, NotFound for an unknown agent, Refused for a name that is taken.
    """
    if kind == "mail":
        if not _MAIL.fullmatch(address):
            raise BadInput(f"address: {address!r} is no e-mail address", hint="write secretariat@example.fr")
    else:
        checked(address, of.outward.allowed)
    if bool(account) != bool(password) or (account and kind != "caldav"):
        raise BadInput("account: a CalDAV account and its password go together", hint="--account and --password-file")
    calendar_id = new_id()
    try:
        with conn.transaction(), conn.cursor(row_factory=class_row(Calendar)) as cursor:
            made = cursor.execute(
                f"""INSERT INTO links.calendars (tenant_id, id, agent, name, kind, address, account)
                    VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}""",
                (tenant_id, calendar_id, agent, name, kind, address, account),
            ).fetchone()
    except psycopg.errors.ForeignKeyViolation as error:
        raise NotFound(f"no agent {agent}", hint="decroche agent list") from error
    except psycopg.errors.UniqueViolation as error:
        raise Refused(
            f"there is a calendar {name} already", hint="decroche calendar list; or another --name"
        ) from error
    except psycopg.errors.CheckViolation as error:
        raise BadInput(f"name: {name[:70]!r}", hint="1 to 60 characters") from error
    assert made is not None
    if password:
        write_secret(secret_name(calendar_id), password, of=of)
    if kind != "mail":
        jobs.add(conn, SYNC, calendar_id)
    audit.note(conn, by, "calendar.add", f"calendar:{calendar_id}", tenant_id, agent=agent, kind=kind)
    return made


def remove(conn: Conn, tenant_id: UUID, name: str, *, by: Actor, of: Settings) -> Calendar:
    """Take a calendar and its password away; what is booked in it stays there. Raises NotFound."""
    gone = named(conn, tenant_id, name)
    conn.execute("DELETE FROM links.calendars WHERE id = %s", (gone.id,))
    forget_secret(secret_name(gone.id), of=of)
    audit.note(conn, by, "calendar.remove", f"calendar:{gone.id}", tenant_id, agent=gone.agent, kind=gone.kind)
    return gone


def named(conn: Conn, tenant_id: UUID, name: str) -> Calendar:
    """By its name. Raises NotFound."""
    found = next((each for each in listed(conn) if each.tenant_id == tenant_id and each.name == name), None)
    if found is None:
        raise NotFound(f"no calendar {name}", hint="decroche calendar list")
    return found


def listed(conn: Conn, *, agent: str | None = None) -> list[Calendar]:
    """Calendars that `conn` may see."""
    with conn.cursor(row_factory=class_row(Calendar)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM links.calendars WHERE %(agent)s::text IS NULL OR agent = %(agent)s
                 ORDER BY tenant_id, agent, name""",
            {"agent": agent},
        ).fetchall()


def get(conn: Conn, calendar_id: UUID) -> Calendar | None:
    """One calendar; None when it was taken away."""
    with conn.cursor(row_factory=class_row(Calendar)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM links.calendars WHERE id = %s", (calendar_id,)).fetchone()


def password_of(calendar: Calendar, of: Settings) -> str:
    """Of its account; empty where there is none."""
    with suppress(SecretMissing):
        return read_secret(secret_name(calendar.id), of=of) if calendar.account else ""
    return ""


def secret_name(calendar_id: UUID) -> str:
    """Of the secret that is its account's password."""
    return f"calendar-{calendar_id}"


def was_read(conn: Conn, calendar: Calendar, spans: Sequence[Span], tag: str, now: datetime) -> None:
    """Its busy times are these, and no others."""
    conn.execute("DELETE FROM links.busy WHERE calendar_id = %s", (calendar.id,))
    with conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO links.busy (calendar_id, agent, starts_at, ends_at) VALUES (%s, %s, %s, %s)",
            [(calendar.id, calendar.agent, span.starts_at, span.ends_at) for span in spans],
        )
    unchanged(conn, calendar, tag, now)


def unchanged(conn: Conn, calendar: Calendar, tag: str, now: datetime) -> None:
    """It was asked, and is as it was read."""
    conn.execute(
        "UPDATE links.calendars SET tag = %s, synced_at = %s, faults = 0, fault = '' WHERE id = %s",
        (tag, now, calendar.id),
    )


def was_away(conn: Conn, calendar: Calendar, why: str) -> None:
    """It could not be read: it stays as it was."""
    conn.execute(
        "UPDATE links.calendars SET faults = faults + 1, fault = %s WHERE id = %s", (why[:_FAULT], calendar.id)
    )


def told(conn: Conn, booking_id: UUID) -> dict[UUID, tuple[str, str]]:
    """Calendar → (status of the booking as it was told there, its etag)."""
    rows = conn.execute("SELECT calendar_id, status, etag FROM links.pushed WHERE booking_id = %s", (booking_id,))
    return {row["calendar_id"]: (row["status"], row["etag"]) for row in rows}


def was_told(conn: Conn, booking_id: UUID, calendar: Calendar, status: str, etag: str) -> None:
    """The calendar knows of a booking."""
    conn.execute(
        """INSERT INTO links.pushed (booking_id, calendar_id, status, etag) VALUES (%s, %s, %s, %s)
           ON CONFLICT (booking_id, calendar_id)
           DO UPDATE SET status = excluded.status, etag = excluded.etag, at = now()""",
        (booking_id, calendar.id, status, etag),
    )
