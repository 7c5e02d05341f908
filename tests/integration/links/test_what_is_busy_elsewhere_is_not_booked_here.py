"""Calendars beside a diary: what is busy there is neither booked nor proposed here."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from portal.links import calendars
from portal.links.calendars import SYNC
from store import agents, bookings, jobs, tenants
from store.base.settings import Settings
from store.bookings import SlotTaken
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.links.conftest import Web
from tests.integration.links.diary import again, at, beside, book, event, worked
from tests.unit.links.test_busy_times_are_read_as_calendars_mean_them import file


def test_what_is_busy_in_a_file_is_neither_booked_nor_proposed(
    database: Database, dentist: Tenant, ours: Settings, web: Web
) -> None:
    web.files["/dr.ics"] = (200, file(event(10), event(12)), '"1"')
    beside(database, dentist, ours, "ics", f"{web.url}/dr.ics")
    assert worked(database, ours) == 1
    found = book(database, dentist, 10)
    assert found["outcome"] == "taken"
    assert [each["time"] for each in found["alternatives"]] == ["11:00", "13:00", "14:00"]
    assert book(database, dentist, 11)["outcome"] == "done"
    with database.tenant(dentist.id) as conn, pytest.raises(SlotTaken):
        bookings.book(conn, dentist.id, "accueil", "Paul", at(12, 30), at(13, 30))


def test_only_instants_are_kept_and_only_of_this_tenant(
    database: Database, dentist: Tenant, ours: Settings, web: Web
) -> None:
    web.files["/dr.ics"] = (200, file(event(10, summary="Chimio de Mme Roux", location="Lyon")), "")
    beside(database, dentist, ours, "ics", f"{web.url}/dr.ics")
    worked(database, ours)
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
        agents.import_version(conn, other.id, "accueil", "name: accueil", by=OPERATOR)
        row = conn.execute("SELECT * FROM links.busy").fetchone()
    assert row is not None
    assert "Roux" not in str(row)
    assert book(database, other, 10)["outcome"] == "done"
    with database.tenant(other.id) as conn:
        assert calendars.listed(conn) == []


def test_a_file_is_read_again_and_follows_its_changes(
    database: Database, dentist: Tenant, ours: Settings, web: Web
) -> None:
    web.files["/dr.ics"] = (200, file(event(10)), '"1"')
    beside(database, dentist, ours, "ics", f"{web.url}/dr.ics")
    for _ in range(2):
        worked(database, ours)
        again(database)
    assert web.asked == ["", '"1"']  # unchanged: not sent again
    assert book(database, dentist, 10)["outcome"] == "taken"
    web.files["/dr.ics"] = (200, file(event(15)), '"2"')
    worked(database, ours)
    assert book(database, dentist, 10)["outcome"] == "done"
    assert book(database, dentist, 15)["outcome"] == "taken"


def test_a_calendar_that_is_away_stays_as_it_was_and_says_so(
    database: Database, dentist: Tenant, ours: Settings, web: Web
) -> None:
    web.files["/dr.ics"] = (200, file(event(10)), "")
    made = beside(database, dentist, ours, "ics", f"{web.url}/dr.ics")
    worked(database, ours)
    for status, body in ((503, b""), (200, b"<html>")):
        web.files["/dr.ics"] = (status, body, "")
        again(database)
        worked(database, ours)
    assert book(database, dentist, 10)["outcome"] == "taken"
    with database.tenant(dentist.id) as conn:
        found = calendars.get(conn, made.id)
        (job,) = jobs.listed(conn, kind=SYNC)
    assert found is not None
    assert found.faults == 2
    assert found.fault.startswith("[calendar_unreadable] no calendar")
    assert job.due_at > datetime.now(UTC) + timedelta(minutes=9)


def test_one_that_was_removed_is_asked_no_more_and_its_hours_are_free(
    database: Database, dentist: Tenant, ours: Settings, web: Web
) -> None:
    web.files["/dr.ics"] = (200, file(event(10)), "")
    beside(database, dentist, ours, "ics", f"{web.url}/dr.ics")
    worked(database, ours)
    with database.operator() as conn:
        calendars.remove(conn, dentist.id, "ics", by=OPERATOR, of=ours)
    again(database)
    assert worked(database, ours) == 1
    assert book(database, dentist, 10)["outcome"] == "done"
    with database.operator() as conn:
        assert jobs.listed(conn, kind=SYNC) == []


def test_an_appointment_that_stands_may_be_forgotten_though_a_calendar_is_busy_then(
    database: Database, dentist: Tenant, ours: Settings, web: Web
) -> None:
    book(database, dentist, 10)
    web.files["/dr.ics"] = (200, file(event(10)), "")
    beside(database, dentist, ours, "ics", f"{web.url}/dr.ics")
    worked(database, ours)
    with database.operator() as conn:
        conn.execute("UPDATE store.bookings SET name = '—', phone = NULL")
        assert [found.name for found in bookings.find(conn)] == ["—"]


def test_two_callers_at_once_never_get_the_same_hour(database: Database, dentist: Tenant) -> None:
    outcomes: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: outcomes.append(book(database, dentist, 10, f"Caller {n}")["outcome"]))
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done"] + ["taken"] * 5
