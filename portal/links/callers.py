"""What people who booked are told by mail: that it is booked or cancelled, with the appointment as calendars take it,
and a day before it. Only where they gave an address; what is told is of that one appointment.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from uuid import UUID
from zoneinfo import ZoneInfo

from agents.spoken import say_date, say_time
from ari_app.desk.after import TOLD, reminded_at
from ari_app.desk.agenda import TO_CONFIRM
from billing.office.outbox import mail, post_of
from portal.links import ics
from store import bookings, tenants
from store.base.errors import BadInput
from store.base.settings import Settings
from store.bookings import Booking
from store.jobs import Held

LATE = timedelta(hours=12)
"""A reminder that could not be sent by then says nothing that they do not know."""


def tell(held: Held, of: Settings, now: datetime) -> None:
    """One mail: `about` is TOLD's word and the booking's id. What has changed since it was asked for is not told."""
    what, _, about = held.job.about.partition(":")
    try:
        booking_id = UUID(about)
    except ValueError as error:
        raise BadInput(f"{held.job.about!r} names no booking") from error
    with held.tenant() as conn:
        booking = bookings.get(conn, booking_id)
        (tenant,) = tenants.listed(conn)
    if booking is None or not booking.email or not due(what, booking, now):
        return
    mail(letter(what, booking, tenant.name, tenant.timezone, now), post_of(of))


def due(what: str, booking: Booking, now: datetime) -> bool:
    """Whether this is still to be told of a booking as it stands."""
    if booking.starts_at <= now:
        return False
    if what == TOLD["reminder"]:
        return booking.status == "booked" and now < reminded_at(booking) + LATE
    return what == TOLD[booking.status]


def letter(what: str, booking: Booking, client: str, zone: str, now: datetime) -> EmailMessage:
    """The mail, in French; `client`: whose appointment it is with."""
    here = ZoneInfo(zone)
    at = booking.starts_at.astimezone(here)
    when = f"{say_date(at.date(), now.astimezone(here).date(), 'fr')} à {say_time(at.time(), 'fr')}"
    waits = booking.note.startswith(TO_CONFIRM)
    gone = booking.status == "cancelled"
    title = {
        TOLD["reminder"]: f"Rappel de votre rendez-vous : {when}",
        TOLD["cancelled"]: f"Rendez-vous annulé : {when}",
    }.get(what, f"Rendez-vous {'à confirmer' if waits else 'confirmé'} : {when}")
    lines = [
        "Bonjour,", "",
        f"Votre rendez-vous du {when}, au nom de {booking.name}, "
        + ("est annulé." if gone else "reste à confirmer." if waits else "est enregistré."),
        *([] if gone else ["Pour le déplacer ou l'annuler, rappelez-nous."]), "", client,
    ]  # fmt: skip
    message = EmailMessage()
    message["To"] = booking.email
    message["Subject"] = " ".join(title.split())
    message["Message-ID"] = f"<{booking.id}.{what}@decroche>"
    message.set_content("\n".join(lines))
    shown = ics.written(
        [booking_for_them(booking, client)], name=client, now=now, method="CANCEL" if gone else "PUBLISH"
    )
    message.add_attachment(shown, maintype="text", subtype="calendar", filename="rendez-vous.ics")
    return message


def booking_for_them(booking: Booking, client: str) -> Booking:
    """The appointment as the person's own calendar shows it: whom it is with, and nothing that the client noted."""
    return replace(booking, name=f"Rendez-vous : {client}", phone=None, note="")
