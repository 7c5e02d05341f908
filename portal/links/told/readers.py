"""Whom of a client's people is told what, and what each was told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from portal.links.told.deciding import KINDS, Reader, Way
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.base.numbering import e164
from store.db import Conn

MOST = 20
_COLUMNS = "id, tenant_id, name, email, phone, mails, texts, quiet_from, quiet_until, digest_at"
_MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing that a reader is told by one way. `about`: the message, the appointment or the call."""

    id: UUID
    reader_id: UUID
    way: Way
    kind: str
    about: UUID
    due_at: datetime
    told_at: datetime | None


def add(
    conn: Conn, tenant_id: UUID, name: str, *, email: str = "", phone: str = "", mails: Iterable[str] = (),
    texts: Iterable[str] = (), quiet: tuple[time, time] | None = None, digest_at: time | None = None, by: Actor,
) -> Reader:  # fmt: skip
    """One more of a client's people (operator). Raises BadInput naming what is wrong, Refused for a taken name."""
    by_mail, by_text = _kinds(mails), _kinds(texts)
    if not by_mail and not by_text:
        raise BadInput("nothing is to be told", hint=f"--mail or --sms with one of {', '.join(KINDS)}")
    if by_mail and not _MAIL.fullmatch(email):
        raise BadInput(f"email: {email[:60]!r} is no address", hint="write lea@example.fr")
    if by_text and not phone:
        raise BadInput("phone: an SMS needs a number", hint="--phone +33612345678")
    number = e164(phone, field="phone") if phone else ""
    if len(listed(conn, tenant_id)) >= MOST:
        raise Refused(f"there are {MOST} already", hint="decroche told remove")
    begins, ends = quiet or (None, None)
    try:
        with conn.transaction(), conn.cursor(row_factory=class_row(Reader)) as cursor:
            made = cursor.execute(
                f"""INSERT INTO links.readers (id, tenant_id, name, email, phone, mails, texts, quiet_from, quiet_until,
                           digest_at)
                    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}""",
                (new_id(), tenant_id, name.strip(), email, number, by_mail, by_text, begins, ends, digest_at),
            ).fetchone()
    except psycopg.errors.UniqueViolation as error:
        raise Refused(f"{name} is told already", hint="decroche told remove, then add") from error
    except psycopg.errors.CheckViolation as error:
        raise BadInput(f"name: {name[:70]!r}", hint="1 to 60 characters") from error
    assert made is not None
    note(conn, by, "told.add", f"reader:{made.id}", tenant_id, mails=by_mail, texts=by_text)
    return made


def _kinds(given: Iterable[str]) -> list[str]:
    named = set(given)
    if unknown := sorted(named - set(KINDS)):
        raise BadInput(f"kind {unknown[0][:40]!r} is none", hint=f"one of {', '.join(KINDS)}")
    return [kind for kind in KINDS if kind in named]


def remove(conn: Conn, tenant_id: UUID, name: str, *, by: Actor) -> Reader:
    """They are told nothing any more (operator). Raises NotFound."""
    found = next((each for each in listed(conn, tenant_id) if each.name == name), None)
    if found is None:
        raise NotFound(f"nobody called {name[:60]} is told", hint="decroche told list")
    conn.execute("DELETE FROM links.readers WHERE id = %s", (found.id,))
    note(conn, by, "told.remove", f"reader:{found.id}", tenant_id)
    return found


def listed(conn: Conn, tenant_id: UUID | None = None) -> list[Reader]:
    """Those that `conn` may see, by name."""
    with conn.cursor(row_factory=class_row(Reader)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM links.readers WHERE %(tenant)s::uuid IS NULL OR tenant_id = %(tenant)s
                 ORDER BY tenant_id, name""",
            {"tenant": tenant_id},
        ).fetchall()


def get(conn: Conn, reader_id: UUID) -> Reader | None:
    """One of them; None: they are told nothing any more."""
    with conn.cursor(row_factory=class_row(Reader)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM links.readers WHERE id = %s", (reader_id,)).fetchone()


# -- what each is told


def tell(conn: Conn, reader: Reader, way: Way, kind: str, about: UUID, due_at: datetime) -> None:
    """It is to be told; once, however often it is asked for."""
    conn.execute(
        """INSERT INTO links.tellings (id, reader_id, way, kind, about, due_at) VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (reader_id, way, kind, about) DO NOTHING""",
        (new_id(), reader.id, way, kind, about, due_at),
    )


def waiting(conn: Conn, reader_id: UUID, way: Way, now: datetime) -> list[Telling]:
    """What is due, in order."""
    with conn.cursor(row_factory=class_row(Telling)) as cursor:
        return cursor.execute(
            """SELECT id, reader_id, way, kind, about, due_at, told_at FROM links.tellings
                WHERE reader_id = %s AND way = %s AND told_at IS NULL AND due_at <= %s ORDER BY due_at, id""",
            (reader_id, way, now),
        ).fetchall()


def next_at(conn: Conn, reader_id: UUID, way: Way) -> datetime | None:
    """When the next of what is still to be told is due; None: there is nothing."""
    row = conn.execute(
        "SELECT min(due_at) AS at FROM links.tellings WHERE reader_id = %s AND way = %s AND told_at IS NULL",
        (reader_id, way),
    ).fetchone()
    return row["at"] if row else None


def were_told(conn: Conn, tellings: Sequence[Telling], now: datetime) -> None:
    """They were told these, or these are nothing to tell any more."""
    conn.execute("UPDATE links.tellings SET told_at = %s WHERE id = ANY (%s)", (now, [each.id for each in tellings]))
