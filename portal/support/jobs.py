"""The jobs of support: one mail to one reader, of a post in a ticket or of maintenance. Done by `decroche work`.

A mail is sent at least once: its Message-ID is the same each time, so that a mail program shows it once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from psycopg.rows import class_row

from billing.office.outbox import mail, post_of
from portal.support import letters, maintenance
from portal.support.letters import Letter, Reader
from portal.support.writing import TELL
from store import events, jobs
from store.base.errors import BadInput
from store.base.settings import Settings
from store.jobs import Held
from store.work import Handler

Clock = Callable[[], datetime]


def handlers(of: Settings, *, now: Clock = lambda: datetime.now(UTC)) -> dict[str, Handler]:
    """Kind of job → who does it."""
    return {
        TELL: lambda held: tell(held, of),
        maintenance.TELL: lambda held: spread(held, now()),
        maintenance.MAIL: lambda held: announce(held, of),
    }


def _ids(about: str, *wanted: int) -> tuple[list[str], list[UUID]]:
    """The parts of a job's subject, and those at `wanted` as ids. Raises BadInput."""
    parts = about.split("/")
    try:
        return parts, [UUID(parts[n]) for n in wanted]
    except (ValueError, IndexError) as error:
        raise BadInput(f"{about!r} names nothing to be told") from error


def tell(held: Held, of: Settings) -> None:
    """A post, to one reader of the other side; not to who may see it no more, nor to an operator without address."""
    parts, (post,) = _ids(held.job.about, 0)
    reader = None if parts[-1] == "operator" else _ids(held.job.about, 1)[1][0]
    with held.tenant() as conn, conn.cursor(row_factory=class_row(Letter)) as cursor:
        found = cursor.execute("SELECT * FROM support.letter(%s, %s)", (post, reader)).fetchone()
    box = post_of(of)
    to = (found.email if reader else box.operator.email) if found else ""
    if found and to:
        mail(letters.written(found, to, of.portal.url, f"{post}.{parts[-1]}"), box)


def spread(held: Held, now: datetime) -> None:
    """Something happened to a window of maintenance: an event, and a mail to each of the client's people."""
    (_, phase), (window_id,) = _ids(held.job.about, 0)
    with held.last() as conn:
        window = maintenance.get(conn, window_id)
        if phase in ("begun", "over"):
            if window.ended_at is None:
                events.note(conn, f"maintenance.{phase}", window_id)
            return
        if phase == "planned" and window.state(now) not in ("planned", "now"):
            return
        for row in conn.execute("SELECT person_id FROM support.to_tell()").fetchall():
            jobs.add(conn, maintenance.MAIL, f"{held.job.about}/{row['person_id']}", due_at=now)


def announce(held: Held, of: Settings) -> None:
    """One of them is mailed."""
    (_, phase, _), (window_id, person_id) = _ids(held.job.about, 0, 2)
    with held.tenant() as conn, conn.cursor(row_factory=class_row(Reader)) as cursor:
        window = maintenance.get(conn, window_id)
        reader = cursor.execute("SELECT * FROM support.reader(%s)", (person_id,)).fetchone()
    if reader is not None:
        mail(letters.announced(window, phase, reader, f"{window_id}.{phase}.{person_id}"), post_of(of))
