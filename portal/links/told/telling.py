"""The jobs that tell the client's people: what happened is spread to who wants it; what is due to one goes as one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from ari_app.desk.after import summary_comes
from billing.office.outbox import mail, post_of, sms
from portal.links.told import readers, wording
from portal.links.told.deciding import WAYS, Reader, Way, due_at, kinds_of
from portal.links.told.readers import Telling
from portal.links.told.wording import Happening
from store import analyses, bookings, calls, jobs, messages, tenants
from store.base.errors import BadInput, NotFound
from store.base.settings import Settings
from store.db import Conn
from store.jobs import Held
from store.work import Handler

SPREAD, TELL = "readers.spread", "readers.tell"
"""About "KIND OF EVENT:ID" (trigger `links.tell_readers`), and about "READER/WAY"."""
AGAIN = timedelta(seconds=20)
"""A call's summary is looked for so often."""
MOST_AT_ONCE = 100
Clock = Callable[[], datetime]


def handlers(of: Settings, *, now: Clock = lambda: datetime.now(UTC)) -> dict[str, Handler]:
    """Kind of job → who does it."""
    return {SPREAD: lambda held: spread(held, now()), TELL: lambda held: tell(held, of, now())}


def _id(text: str, whole: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadInput(f"{whole!r} names nothing to be told") from error


def spread(held: Held, now: datetime) -> None:
    """An event becomes what each of the client's people is told of it, and when."""
    event, _, about = held.job.about.partition(":")
    about_id = _id(about, held.job.about)
    with held.last() as conn:
        (tenant,) = tenants.listed(conn)
        for kind in kinds_of(event, _actions(conn, event, about_id)):
            for reader in readers.listed(conn):
                for way in reader.wants(kind):
                    at = due_at(reader, way, now, tenant.timezone)
                    readers.tell(conn, reader, way, kind, about_id, at)
                    jobs.add(conn, TELL, f"{reader.id}/{way}", due_at=at)


def _actions(conn: Conn, event: str, call_id: UUID) -> list[calls.Action]:
    if event != "call.ended":
        return []
    try:
        return calls.get(conn, call_id).actions
    except NotFound:
        return []


def tell(held: Held, of: Settings, now: datetime) -> None:
    """Tell one of them by one way all that is due, as one. Raises Undelivered: it is tried again."""
    name, _, way = held.job.about.partition("/")
    if way not in WAYS:
        raise BadInput(f"{held.job.about!r} names no way to tell anybody")
    reader_id = _id(name, held.job.about)
    with held.tenant() as conn:
        (tenant,) = tenants.listed(conn)
        reader = readers.get(conn, reader_id)
        due = readers.waiting(conn, reader_id, way, now)[:MOST_AT_ONCE] if reader else []
        found = [(each, _happening(conn, each, now)) for each in due]
    if reader is None:
        return
    ready = [(each, told) for each, told in found if told != "later"]
    said = [told for _, told in ready if isinstance(told, Happening)]
    if said:
        _send(reader, way, said, [each for each, _ in ready], tenant.name, tenant.timezone, of)
    with held.last() as conn:
        readers.were_told(conn, [each for each, _ in ready], now)
        if (rest := readers.next_at(conn, reader_id, way)) is not None:
            jobs.add(conn, TELL, held.job.about, due_at=max(rest, now + AGAIN))


def _send(
    reader: Reader, way: Way, said: list[Happening], tellings: list[Telling], client: str, zone: str, of: Settings
) -> None:
    key = str(uuid5(NAMESPACE_OID, " ".join(str(each.id) for each in tellings)))
    if way == "mail":
        mail(wording.mail(reader.email, client, said, zone, of.portal.url, key), post_of(of))
    else:
        sms(reader.phone, wording.text(client, said, zone), key, post_of(of))


def _happening(conn: Conn, telling: Telling, now: datetime) -> Happening | str | None:
    """What it tells, as it stands; "later": its call's summary is being made; None: nothing is to be told any more."""
    if telling.kind == "message":
        left = messages.get(conn, telling.about)
        if left is None:
            return None
        return _late(conn, left.call_id, now) or wording.of_message(left, _made(conn, left.call_id))
    if telling.kind in ("booking", "cancelled"):
        booking = bookings.get(conn, telling.about)
        if booking is None or (booking.status == "cancelled") != (telling.kind == "cancelled"):
            return None
        return _late(conn, booking.call_id, now) or wording.of_booking(booking, _made(conn, booking.call_id))
    try:
        cdr = calls.get(conn, telling.about).cdr
    except NotFound:
        return None
    return _late(conn, cdr.id, now) or wording.of_call(telling.kind, cdr, _made(conn, cdr.id))


def _late(conn: Conn, call_id: UUID | None, now: datetime) -> str:
    """ "later" while the call's summary is being made."""
    return "later" if call_id is not None and summary_comes(conn, call_id, now) else ""


def _made(conn: Conn, call_id: UUID | None) -> analyses.Kept | None:
    return analyses.of(conn, call_id) if call_id is not None else None
