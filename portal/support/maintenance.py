"""Maintenance: windows of works, of which every client is told by banner, mail and event (contract, 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from portal.support import quiet
from portal.support.hours import PARIS
from portal.support.quiet import Slot
from store import events, jobs, statistics, tenants
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.db import Conn, turned_to

TELL, MAIL = "maintenance.tell", "maintenance.mail"
"""Jobs: something happened to a window (`WINDOW/PHASE`); one person is mailed of it (`WINDOW/PHASE/PERSON`)."""
AHEAD = timedelta(days=14)
"""How long before it begins a window stands on every page."""
LONGEST, MOST_TEXT = timedelta(days=2), 500

Phase = Literal["planned", "begun", "over", "cancelled"]


@dataclass(frozen=True, slots=True)
class Window:
    """From `begins_at` to before `ends_at`; `ended_at`: taken back, or over sooner. `what_en` "": as in French."""

    id: UUID
    begins_at: datetime
    ends_at: datetime
    what: str
    what_en: str
    added_by: str
    added_at: datetime
    ended_at: datetime | None

    def state(self, now: datetime) -> Literal["planned", "now", "over", "cancelled"]:
        """Where it stands."""
        if self.ended_at is not None:
            return "cancelled" if self.ended_at <= self.begins_at else "over"
        return "planned" if now < self.begins_at else "now" if now < self.ends_at else "over"

    def said(self, language: str) -> str:
        """What is done, in a reader's language."""
        return (self.what_en if language == "en" else "") or self.what


_COLUMNS: LiteralString = "id, begins_at, ends_at, what, what_en, added_by, added_at, ended_at"
_WINDOWS: LiteralString = f"SELECT {_COLUMNS} FROM support.maintenance"


def in_paris(text: str) -> datetime:
    """A local instant as people type it ("2026-12-02 22:00"), in Paris. Raises BadInput, for a skipped hour too."""
    try:
        local = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadInput(f"{text[:40]!r} is no instant", hint="write for instance 2026-12-02 22:00 (Paris)") from error
    at = (local if local.tzinfo else local.replace(tzinfo=PARIS)).astimezone(UTC)
    if local.tzinfo is None and at.astimezone(PARIS).replace(tzinfo=None) != local:
        raise BadInput(f"{text!r} does not exist in Paris: the clocks go forward", hint="choose another hour")
    return at


def add(
    conn: Conn, begins_at: datetime, ends_at: datetime, what: str, what_en: str = "", *, by: Actor, now: datetime
) -> Window:
    """A window that every client is told of (operator). Raises BadInput naming what is wrong."""
    what, what_en = (" ".join(text.replace("\0", "").split()) for text in (what, what_en))
    if not now < ends_at or not timedelta(0) < ends_at - begins_at <= LONGEST:
        raise BadInput("maintenance ends after it begins, in the future, and within two days", code="window_wrong")
    if not what or max(len(what), len(what_en)) > MOST_TEXT:
        raise BadInput(f"what is done: 1 to {MOST_TEXT} characters", code="text_wrong")
    made = Window(new_id(), begins_at, ends_at, what, what_en, str(by), now, None)
    conn.execute(
        """INSERT INTO support.maintenance (id, begins_at, ends_at, what, what_en, added_by, added_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        (made.id, begins_at, ends_at, what, what_en, made.added_by, now),
    )
    note(conn, by, "maintenance.add", f"maintenance:{made.id}", None,
         begins_at=begins_at.isoformat(), ends_at=ends_at.isoformat())  # fmt: skip
    _tell(conn, made, "planned", {"planned": now, "begun": begins_at, "over": ends_at})
    return made


def end(conn: Conn, window_id: UUID, *, by: Actor, now: datetime) -> Window:
    """It is over now; one that has not begun is taken back (operator). Raises NotFound; Refused once it is over."""
    with conn.cursor(row_factory=class_row(Window)) as cursor:
        window = cursor.execute(f"{_WINDOWS} WHERE id = %s FOR UPDATE", (window_id,)).fetchone()
    if window is None:
        raise NotFound(f"no maintenance {window_id}", hint="decroche maintenance list")
    if window.state(now) in ("over", "cancelled"):
        raise Refused(f"maintenance {window_id} is over", code="maintenance_over")
    conn.execute("UPDATE support.maintenance SET ended_at = %s WHERE id = %s", (now, window_id))
    note(conn, by, "maintenance.end", f"maintenance:{window_id}", None, begun=window.begins_at <= now)
    phase: Phase = "over" if window.begins_at < now else "cancelled"
    _tell(conn, window, phase, {"cancelled": now} if phase == "cancelled" else {})
    return get(conn, window_id)


def get(conn: Conn, window_id: UUID) -> Window:
    """One window. Raises NotFound."""
    with conn.cursor(row_factory=class_row(Window)) as cursor:
        found = cursor.execute(f"{_WINDOWS} WHERE id = %s", (window_id,)).fetchone()
    if found is None:
        raise NotFound(f"no maintenance {window_id}", hint="decroche maintenance list")
    return found


def listed(conn: Conn, *, since: datetime | None = None, limit: int = 100) -> list[Window]:
    """Windows, the last to begin first; those alone that are not over by `since`."""
    with conn.cursor(row_factory=class_row(Window)) as cursor:
        return cursor.execute(
            f"""{_WINDOWS} WHERE %(since)s::timestamptz IS NULL OR coalesce(ended_at, ends_at) > %(since)s
                 ORDER BY begins_at DESC, id LIMIT %(limit)s""",
            {"since": since, "limit": limit},
        ).fetchall()


def showing(conn: Conn, now: datetime) -> Sequence[Window]:
    """What stands on every page: windows that go on, and those to come within two weeks, the next first."""
    with conn.cursor(row_factory=class_row(Window)) as cursor:
        return cursor.execute(
            f"{_WINDOWS} WHERE ended_at IS NULL AND ends_at > %s AND begins_at < %s ORDER BY begins_at, id LIMIT 5",
            (now, now + AHEAD),
        ).fetchall()


def proposed(conn: Conn, hours: int, now: datetime, most: int = 3) -> list[Slot]:
    """Hours of the week to come in which the fewest calls were, over all clients, in eight weeks (operator)."""
    counts = statistics.by_weekday(conn, now - timedelta(weeks=quiet.WEEKS), now, str(PARIS))
    return quiet.proposed(counts, hours, now, most)


def _tell(conn: Conn, window: Window, phase: Phase, due: dict[Phase, datetime]) -> None:
    """Every client that is served has the event now, and jobs for what is to be told then."""
    for tenant in tenants.listed(conn):
        if tenant.status == "closed":
            continue
        with turned_to(conn, tenant.id):
            for name, at in due.items():
                jobs.add(conn, TELL, f"{window.id}/{name}", due_at=at)
            events.note(conn, f"maintenance.{phase}", window.id)
