"""Rendez-vous, messages, contacts: what callers left, and who may be called."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

from ari_app.desk import agenda
from campaigns.contacts import book
from portal.door import Seat
from portal.web.routes import Pages, id_in
from portal.web.visit import Answer, Visit
from store import bookings, messages
from store.base import spreadsheet
from store.base.errors import DecrocheError, NotFound, Refused
from store.base.numbering import e164
from store.bookings import Booking

pages = Pages()

AHEAD, BACK = timedelta(days=366), timedelta(days=31)
A_PAGE = 100
BOOKED = ("starts_at", "ends_at", "name", "phone", "agent", "status", "note")


# -- appointments


@pages.get("/rendez-vous", "transcripts")
def appointments(visit: Visit, seat: Seat) -> Answer:
    """Those to come, day by day; those of the last month where they are asked for."""
    past = visit.query.get("voir") == "passes"
    found = _found(visit, seat, past=past)
    days = [(day, list(some)) for day, some in groupby(found, lambda one: one.starts_at.astimezone(visit.zone).date())]
    return visit.page("appointments.html", days=days, past=past, done=visit.query.get("fait", ""))


def _found(visit: Visit, seat: Seat, *, past: bool) -> list[Booking]:
    since = visit.now - BACK if past else visit.now
    found = bookings.find(seat.conn, since=since, until=visit.now if past else visit.now + AHEAD, status=None)
    return list(reversed(found)) if past else found


@pages.get("/rendez-vous.csv", "numbers", sure=True)
def appointments_out(visit: Visit, seat: Seat) -> Answer:
    """Those to come, for a spreadsheet."""
    rows = [{name: getattr(one, name) for name in BOOKED} for one in _found(visit, seat, past=False)]
    text = spreadsheet.written(rows, BOOKED, zone=visit.zone)
    visit.exported(seat, "bookings.export", "bookings", len(rows))
    return visit.file(text.encode(), "text/csv; charset=utf-8", "rendez-vous.csv")


@pages.post("/rendez-vous/{id}/annuler", "contacts")
def call_off(visit: Visit, seat: Seat) -> Answer:
    """An appointment is cancelled; its time is free again."""
    try:
        agenda.call_off(seat.conn, id_in(visit), by=seat.by)
    except Refused:
        return visit.go("/rendez-vous?fait=deja")
    return visit.go("/rendez-vous?fait=annule")


# -- messages


@pages.get("/messages", "transcripts")
def left(visit: Visit, seat: Seat) -> Answer:
    """Messages to be dealt with, newest first; those that were, where they are asked for."""
    done = visit.query.get("voir") == "traites"
    found = messages.find(seat.conn, done=done, limit=A_PAGE)
    return visit.page("messages.html", messages=found, settled=done)


@pages.post("/messages/{id}/traite", "contacts")
def settle(visit: Visit, seat: Seat) -> Answer:
    """Somebody has dealt with it."""
    messages.settle(seat.conn, id_in(visit), by=seat.by, now=visit.now)
    return visit.go("/messages")


# -- contacts


@pages.get("/contacts", "contacts")
def contacts(visit: Visit, seat: Seat) -> Answer:
    """The lists; the people of one, by number; or the one with a number."""
    wanted, after, number = (visit.query.get(name, "")[:64] for name in ("liste", "apres", "numero"))
    found: list[book.Contact] = []
    if number:
        try:
            found = [book.get(seat.conn, seat.whose, e164(number))]
        except NotFound:
            visit.faults["numero"] = "Personne n'a ce numéro dans vos contacts."
        except DecrocheError:
            visit.faults["numero"] = "Ce n'est pas un numéro de téléphone."
    elif wanted:
        found = book.in_list(seat.conn, seat.whose, wanted, after=after, limit=A_PAGE + 1)
    more = found[A_PAGE - 1].e164 if len(found) > A_PAGE else ""
    return visit.page(
        "contacts.html", 422 if visit.faults else 200, lists=book.lists(seat.conn, seat.whose), chosen=wanted,
        contacts=found[:A_PAGE], more=more, typed=number, done=visit.query.get("fait", ""),
    )  # fmt: skip


@pages.post("/contacts/retirer", "contacts")
def remove(visit: Visit, seat: Seat) -> Answer:
    """Somebody is taken out of a list, or of the book."""
    only = visit.form.get("liste", "")
    book.remove(seat.conn, seat.whose, visit.form.get("numero", ""), by=seat.by, only_from=only)
    return visit.go(f"/contacts?fait=retire{f'&liste={only}' if only else ''}")
