"""The jobs of calendars: each is read again and again, and each booking is told to those that take bookings."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import UUID
from zoneinfo import ZoneInfo

from agents.spoken import say_date, say_time
from ari_app.desk.after import CALLER, TELL
from billing.office.outbox import mail, post_of
from portal.links import calendars, callers, ics
from portal.links.caldav import CalendarAway, Collection
from portal.links.calendars import SYNC, Calendar
from portal.links.ics_apart import busy_apart
from store import bookings, jobs, tenants
from store.base import outward
from store.base.errors import BadInput, DecrocheError
from store.base.settings import Settings
from store.bookings import Booking
from store.jobs import Held
from store.work import Handler

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=10)
AHEAD = timedelta(days=366)
AGAIN = timedelta(days=1)
"""A calendar that says it is unchanged is read all the same after so long: the days ahead are others."""
SECONDS = 20.0
Clock = Callable[[], datetime]


def handlers(of: Settings, *, now: Clock = lambda: datetime.now(UTC)) -> dict[str, Handler]:
    """Kind of job → who does it."""
    return {
        SYNC: lambda held: sync(held, of, now()), TELL: lambda held: tell(held, of, now()),
        CALLER: lambda held: callers.tell(held, of, now()),
    }  # fmt: skip


def _id(about: str) -> UUID:
    try:
        return UUID(about)
    except ValueError as error:
        raise BadInput(f"{about!r} is no id") from error


# -- in


def sync(held: Held, of: Settings, now: datetime) -> None:
    """Read a calendar's busy times, and have it read again later; one that was taken away is left alone.

    One that is away is no failure of the job: what was read before stays, and it is asked later and later.
    """
    with held.tenant() as conn:
        calendar = calendars.get(conn, _id(held.job.about))
        (tenant,) = tenants.listed(conn)
    if calendar is None or calendar.kind == "mail":
        return
    try:
        found = _read(calendar, of, now, tenant.timezone)
    except DecrocheError as error:
        log.warning("calendar %s: [%s] %s", calendar.id, error.code, error)
        with held.last() as conn:
            calendars.was_away(conn, calendar, f"[{error.code}] {error}")
            jobs.add(conn, SYNC, calendar.id, due_at=now + max(EVERY, jobs.pause(calendar.faults + 1)))
        return
    with held.last() as conn:
        if found.spans is None:
            calendars.unchanged(conn, calendar, found.tag, now)
        else:
            calendars.was_read(conn, calendar, found.spans, found.tag, now)
        jobs.add(conn, SYNC, calendar.id, due_at=now + EVERY)


class _Found:
    """What was read: `spans` None where it is as before."""

    def __init__(self, tag: str, spans: list[ics.Span] | None) -> None:
        self.tag, self.spans = tag, spans


def _read(calendar: Calendar, of: Settings, now: datetime, zone: str) -> _Found:
    since, until = now - timedelta(days=1), now + AHEAD
    fresh = calendar.synced_at is not None and calendar.synced_at.date() == now.date()
    known = calendar.tag if fresh and not calendar.faults else ""
    if calendar.kind == "caldav":
        collection = _collection(calendar, of)
        tag = collection.tag()
        if tag and tag == known:
            return _Found(tag, None)
        return _Found(tag, busy_apart(collection.events(since, until), since, until, zone))
    headers = {"Accept": "text/calendar", **({"If-None-Match": known} if known else {})}
    got = outward.ask(
        "GET", calendar.address, b"", headers, seconds=SECONDS, most=ics.MOST_BYTES, allowed=of.outward.allowed
    )
    if got.status == 304:
        return _Found(known, None)
    if got.status != 200:
        raise CalendarAway(f"it was answered {got.status}")
    return _Found(got.headers.get("etag", ""), busy_apart([got.body], since, until, zone))


def _collection(calendar: Calendar, of: Settings) -> Collection:
    return Collection(
        calendar.address, calendar.account, calendars.password_of(calendar, of), tuple(of.outward.allowed)
    )


# -- out


def tell(held: Held, of: Settings, now: datetime) -> None:
    """Tell a booking, as it stands now, to each calendar that takes bookings and does not know it so yet.

    One calendar that is away does not keep the others waiting; the job is then tried again for that one.
    """
    with held.tenant() as conn:
        booking = bookings.get(conn, _id(held.job.about))
        if booking is None:
            return
        known = calendars.told(conn, booking.id)
        beside = calendars.listed(conn, agent=booking.agent)
        (tenant,) = tenants.listed(conn)
    wrong: list[DecrocheError] = []
    for calendar in beside:
        status, etag = known.get(calendar.id, ("", ""))
        if calendar.kind == "ics" or status == booking.status or (not status and booking.status == "cancelled"):
            continue
        try:
            if calendar.kind == "caldav":
                etag = _push(_collection(calendar, of), booking, etag, now)
            else:
                mail(_letter(booking, calendar.address, tenant.timezone, now), post_of(of))
        except DecrocheError as error:
            wrong.append(error)
            continue
        with held.tenant() as conn:
            calendars.was_told(conn, booking.id, calendar, booking.status, etag)
    if wrong:
        raise wrong[0]


def _push(collection: Collection, booking: Booking, etag: str, now: datetime) -> str:
    name = f"{booking.id}.ics"
    if booking.status == "cancelled":
        collection.delete(name)
        return ""
    return collection.put(name, ics.written([booking], name="", now=now, method=""), etag)


def _letter(booking: Booking, to: str, zone: str, now: datetime) -> EmailMessage:
    """A booking by mail, the appointment attached as calendars take it."""
    at = booking.starts_at.astimezone(ZoneInfo(zone))
    when = f"{say_date(at.date(), now.astimezone(ZoneInfo(zone)).date(), 'fr')} à {say_time(at.time(), 'fr')}"
    gone = booking.status == "cancelled"
    title = f"Rendez-vous {'annulé' if gone else 'pris'} : {' '.join(booking.name.split())}, {when}"
    message = EmailMessage()
    message["To"] = to
    message["Subject"] = title
    message["Message-ID"] = f"<{booking.id}.{booking.status}@decroche>"
    lines = [title, "", f"Téléphone : {booking.phone}" if booking.phone else "", booking.note]
    message.set_content("\n".join(line for n, line in enumerate(lines) if line or n == 1))
    text = ics.written([booking], name="Rendez-vous", now=now, method="CANCEL" if gone else "PUBLISH")
    message.add_attachment(text, maintype="text", subtype="calendar", filename="rendez-vous.ics")
    return message
