"""Appointments by telephone: told by mail, moved and cancelled by number or by name and day, doubtful ones said so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from ari_app.desk import agenda
from portal.links import calendars, callers
from portal.links import jobs as linked
from store import bookings
from store.base.settings import Settings
from store.db import Database
from store.tenants import Tenant
from store.work import Worker
from tests.integration.links.conftest import Mailbox
from tests.integration.links.diary import DAY, again, answerable, at, beside

PHONE, OTHER = "+33612345678", "+33699999999"
MAIL = "claire@example.fr"


def booked(database: Database, tenant: Tenant, hour: int = 10, **more: Any) -> dict[str, Any]:
    asked = {"name": "Claire Martin", "day": DAY.isoformat(), "time": f"{hour:02}:00", "minutes": "60", **more}
    with database.tenant(tenant.id) as conn:
        return dict(agenda.book(conn, answerable(tenant), UUID(int=1), PHONE, asked))


def moved(
    database: Database,
    tenant: Tenant,
    party: str,
    *,
    time: str,
    name: str = "",
    since: str = "",
    called_us: bool = True,
) -> dict[str, Any]:
    with database.tenant(tenant.id) as conn:
        asked = {"day": DAY.isoformat(), "time": time, "name": name, "from": since}
        return dict(agenda.reschedule(conn, answerable(tenant), UUID(int=2), party, asked, called_us=called_us))


def standing(database: Database, tenant: Tenant) -> list[datetime]:
    with database.tenant(tenant.id) as conn:
        return [each.starts_at for each in bookings.find(conn)]


def worked(database: Database, ours: Settings, now: datetime) -> None:
    worker = Worker(database, linked.handlers(ours, now=lambda: now))
    try:
        worker.drain()
    finally:
        worker.close()


def test_who_gave_an_address_is_told_reminded_and_told_of_the_cancelling(
    database: Database, dentist: Tenant, ours: Settings, mailbox: Mailbox
) -> None:
    booked(database, dentist, email=MAIL)
    worked(database, ours, datetime.now(UTC))
    again(database, "booking.caller")
    worked(database, ours, at(10) - timedelta(hours=23))
    with database.tenant(dentist.id) as conn:
        agenda.cancel(conn, answerable(dentist), PHONE, {}, called_us=False)
    worked(database, ours, datetime.now(UTC))
    assert [letter["To"] for letter in mailbox.letters] == [MAIL] * 3
    subjects = [str(letter["Subject"]) for letter in mailbox.letters]
    assert [len(set(subjects)), len({letter["Message-ID"] for letter in mailbox.letters})] == [3, 3]
    files = [
        part.get_payload(decode=True) for letter in mailbox.letters for part in letter.walk() if part.get_filename()
    ]
    assert b"STATUS:CONFIRMED" in files[0]  # type: ignore[operator]
    assert b"METHOD:CANCEL" in files[2]  # type: ignore[operator]
    assert PHONE.encode() not in files[0]  # type: ignore[operator]


@pytest.mark.parametrize("email", ["", "claire", "a@b.fr\nBcc: c@d.fr", f"{'a' * 250}@example.fr"])
def test_who_gave_no_address_is_written_nothing(
    database: Database, dentist: Tenant, ours: Settings, mailbox: Mailbox, email: str
) -> None:
    assert booked(database, dentist, email=email)["outcome"] == "done"
    worked(database, ours, datetime.now(UTC))
    assert mailbox.letters == []


def test_a_reminder_is_of_an_appointment_that_still_stands_and_comes_in_time(
    database: Database, dentist: Tenant
) -> None:
    booked(database, dentist, email=MAIL)
    with database.tenant(dentist.id) as conn:
        (stands,) = bookings.find(conn)
        gone = bookings.cancel(conn, stands.id)
    day_before = at(10) - timedelta(hours=24)
    assert callers.due("reminder", stands, day_before)
    assert not callers.due("reminder", stands, day_before + callers.LATE)
    assert not callers.due("reminder", gone, day_before)
    assert not callers.due("booked", stands, at(11))


def test_it_is_moved_by_the_number_that_booked_and_the_name(database: Database, dentist: Tenant) -> None:
    booked(database, dentist, email=MAIL)
    assert moved(database, dentist, PHONE, name="Martin", time="15:00")["outcome"] == "done"
    assert standing(database, dentist) == [at(15)]
    with database.tenant(dentist.id) as conn:
        (kept,) = bookings.find(conn)
    assert (kept.name, kept.phone, kept.email, kept.ends_at) == ("Claire Martin", PHONE, MAIL, at(16))


def test_from_another_number_the_whole_name_and_the_day_find_it(database: Database, dentist: Tenant) -> None:
    booked(database, dentist)
    day = DAY.isoformat()
    for name, since in (("Martin", day), ("Claire Martin", ""), ("Claire Marin", day)):
        assert moved(database, dentist, OTHER, time="15:00", name=name, since=since)["outcome"] == "none"
    assert standing(database, dentist) == [at(10)]
    assert moved(database, dentist, OTHER, time="15:00", name="martin claire", since=day)["outcome"] == "done"
    with database.tenant(dentist.id) as conn:
        who = answerable(dentist)
        assert agenda.cancel(conn, who, OTHER, {"name": "Claire Martin"}, called_us=True)["outcome"] == "none"
        named = {"name": "Claire Martin", "day": day}
        assert agenda.cancel(conn, who, OTHER, named, called_us=True)["outcome"] == "done"


def test_two_of_one_name_on_one_day_are_nobodys(database: Database, dentist: Tenant) -> None:
    booked(database, dentist, 10)
    booked(database, dentist, 14)
    found = moved(database, dentist, OTHER, time="16:00", name="Claire Martin", since=DAY.isoformat())
    assert found["outcome"] == "none"


def test_where_the_new_time_is_taken_the_old_one_stands(database: Database, dentist: Tenant) -> None:
    booked(database, dentist, 10)
    booked(database, dentist, 14, name="Paul Roux")
    found = moved(database, dentist, PHONE, called_us=False, time="14:00")
    assert (found["outcome"], bool(found["alternatives"])) == ("taken", True)
    assert standing(database, dentist) == [at(10), at(14)]
    assert moved(database, dentist, PHONE, called_us=False, time="10:30")["outcome"] == "done"  # its own hour is free


def test_while_the_calendar_is_away_it_is_to_be_confirmed(database: Database, dentist: Tenant, ours: Settings) -> None:
    calendar = beside(database, dentist, ours, "ics", "https://calendars.example.fr/dr.ics")
    with database.tenant(dentist.id) as conn:
        calendars.was_away(conn, calendar, "no answer")
    assert booked(database, dentist)["outcome"] == "to_confirm"
    with database.tenant(dentist.id) as conn:
        (waits,) = bookings.find(conn)
        letter = callers.letter("booked", waits, "Cabinet du Parc", "Europe/Paris", datetime.now(UTC))
        assert "à confirmer" in str(letter["Subject"])
        calendars.was_read(conn, calendar, [], "tag", datetime.now(UTC))
    assert booked(database, dentist, 14)["outcome"] == "done"
