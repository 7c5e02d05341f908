"""A booking goes to the calendars that take bookings, once, and is taken out when it is cancelled."""

from __future__ import annotations

import pytest

from portal.links import calendars
from portal.links import jobs as linked
from portal.links.calendars import Calendar
from store import bookings, events, jobs
from store.base.settings import Settings
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.links.conftest import ACCOUNT, PASSWORD, Mailbox, Radicale
from tests.integration.links.diary import again, beside, book, cancel, event, worked
from tests.unit.links.test_busy_times_are_read_as_calendars_mean_them import file


@pytest.fixture
def dav(database: Database, dentist: Tenant, ours: Settings, radicale: Radicale) -> Calendar:
    for href in ("a.ics", *(f"{n}.ics" for n in range(3))):
        radicale.ask("DELETE", href)
    return beside(database, dentist, ours, "caldav", radicale.url, account=ACCOUNT, password=PASSWORD)


def test_busy_times_of_a_caldav_server_come_in(
    database: Database, dentist: Tenant, ours: Settings, radicale: Radicale, dav: Calendar
) -> None:
    put = radicale.ask("PUT", "a.ics", file(event(10, summary="Occupé")).decode(), **{"Content-Type": "text/calendar"})
    assert put.status_code == 201, put.text
    worked(database, ours)
    assert book(database, dentist, 10)["outcome"] == "taken"
    radicale.ask("DELETE", "a.ics")
    again(database)
    worked(database, ours)
    assert book(database, dentist, 10)["outcome"] == "done"


def test_a_booking_goes_out_once_comes_back_as_our_own_and_is_taken_out_when_cancelled(
    database: Database, dentist: Tenant, ours: Settings, radicale: Radicale, dav: Calendar
) -> None:
    made = book(database, dentist, 9)
    worked(database, ours)
    name = f"{made['booking']}.ics"
    there = radicale.ask("GET", name)
    assert there.status_code == 200
    assert "Claire Martin" in there.text
    again(database)
    worked(database, ours)
    assert cancel(database, dentist)["outcome"] == "done"
    assert book(database, dentist, 9, "Paul Roux")["outcome"] == "done"  # our own event there keeps no hour here
    worked(database, ours)
    assert radicale.ask("GET", name).status_code == 404
    with database.tenant(dentist.id) as conn:
        told = [each.kind for each in events.after(conn)]
    assert told == ["booking.made", "booking.cancelled", "booking.made"]


def test_a_booking_told_twice_after_a_lost_answer_stands_once(
    database: Database, dentist: Tenant, ours: Settings, radicale: Radicale, dav: Calendar
) -> None:
    made = book(database, dentist, 16)
    worked(database, ours)
    with database.operator(dentist.id) as conn:  # as if the worker had died before it noted the answer
        conn.execute("DELETE FROM links.pushed")
        jobs.add(conn, linked.TELL, made["booking"])
    worked(database, ours)
    with database.operator() as conn:
        assert jobs.listed(conn, kind=linked.TELL) == []
    assert radicale.ask("GET", f"{made['booking']}.ics").status_code == 200
    cancel(database, dentist)
    worked(database, ours)


def test_a_wrong_password_is_said_and_the_booking_waits(
    database: Database, dentist: Tenant, ours: Settings, radicale: Radicale
) -> None:
    made = beside(database, dentist, ours, "caldav", radicale.url, account=ACCOUNT, password="wrong")
    book(database, dentist, 17)
    worked(database, ours)
    with database.operator() as conn:
        found = calendars.get(conn, made.id)
        (job,) = jobs.listed(conn, kind=linked.TELL)
    assert found is not None
    assert found.fault == "[calendar_away] PROPFIND was answered 401"
    assert list((ours.home / "secrets").glob("calendar-*"))
    with database.operator() as conn:
        calendars.remove(conn, dentist.id, "caldav", by=OPERATOR, of=ours)
    assert not list((ours.home / "secrets").glob("calendar-*"))
    assert (job.state, job.why) == ("waiting", "[calendar_away] PUT was answered 401")


def test_a_booking_is_mailed_once_with_the_appointment_attached_and_so_is_its_cancelling(
    database: Database, dentist: Tenant, ours: Settings, mailbox: Mailbox
) -> None:
    beside(database, dentist, ours, "mail", "secretariat@cabinet.fr")
    book(database, dentist, 10, "Zoé Müller")
    worked(database, ours)
    with database.operator(dentist.id) as conn:
        jobs.add(conn, linked.TELL, bookings.find(conn)[0].id)
    worked(database, ours)
    cancel(database, dentist)
    worked(database, ours)
    assert [letter["To"] for letter in mailbox.letters] == ["secretariat@cabinet.fr"] * 2
    parts = [list(letter.walk()) for letter in mailbox.letters]
    files = [
        part.get_payload(decode=True) for each in parts for part in each if part.get_filename() == "rendez-vous.ics"
    ]
    assert b"STATUS:CONFIRMED" in files[0]  # type: ignore[operator]
    assert b"METHOD:CANCEL" in files[1]  # type: ignore[operator]
