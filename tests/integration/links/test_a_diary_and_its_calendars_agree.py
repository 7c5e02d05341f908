"""Calendars beside a diary: what is busy there is not booked here, and what is booked here stands there."""

from __future__ import annotations

import json
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from agents.loading import EXAMPLES, load
from ari_app.cli import decroche
from ari_app.desk import agenda
from ari_app.desk.office_types import Answerable
from portal.links import calendars
from portal.links import jobs as linked
from portal.links.calendars import SYNC, Calendar
from store import agents, bookings, events, jobs, tenants
from store.base.errors import BadInput, NotFound, Refused
from store.base.settings import Settings, settings
from store.bookings import SlotTaken
from store.db import Database
from store.tenants import Tenant
from store.work import Worker
from tests.actors import OPERATOR
from tests.integration.links.conftest import ACCOUNT, PASSWORD, Mailbox, Radicale, Web
from tests.unit.links.test_busy_times_are_read_as_calendars_mean_them import file

PARIS = ZoneInfo("Europe/Paris")
DAY = date.today() + timedelta(days=14)  # noqa: DTZ011  any day to come


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(DAY.year, DAY.month, DAY.day, hour, minute, tzinfo=PARIS)


def event(hour: int, **more: str) -> str:
    """An hour of that day, as a calendar has it."""
    lines = [
        f"DTSTART:{at(hour).astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTEND:{at(hour + 1).astimezone(UTC):%Y%m%dT%H%M%SZ}",
    ]
    return "\n".join([*lines, *(f"{name.upper()}:{value}" for name, value in more.items())])


def beside(database: Database, tenant: Tenant, ours: Settings, kind: str, address: str, **more: Any) -> Calendar:
    with database.operator(tenant.id) as conn:
        return calendars.add(
            conn,
            tenant.id,
            "accueil",
            kind,
            kind,
            address,
            by=OPERATOR,
            of=ours,
            **more,  # type: ignore[arg-type]
        )


def worked(database: Database, ours: Settings) -> int:
    worker = Worker(database, linked.handlers(ours))
    try:
        return worker.drain()
    finally:
        worker.close()


def again(database: Database, kind: str = SYNC) -> None:
    """What waits is due now."""
    with database.operator() as conn:
        conn.execute("UPDATE store.jobs SET due_at = now() WHERE kind = %s", (kind,))


def answerable(tenant: Tenant) -> Answerable:
    agent = load(EXAMPLES / "dental.fr.yaml").agent.model_copy(update={"hours": None})
    return Answerable(tenant.id, tenant.slug, "+33162001234", agent, "accueil", 1, "Europe/Paris")


def book(database: Database, tenant: Tenant, hour: int, name: str = "Claire Martin") -> dict[str, Any]:
    with database.tenant(tenant.id) as conn:
        asked = {"name": name, "day": DAY.isoformat(), "time": f"{hour:02}:00", "minutes": "60"}
        return dict(agenda.book(conn, answerable(tenant), UUID(int=1), "+33612345678", asked))


def cancel(database: Database, tenant: Tenant) -> dict[str, Any]:
    with database.tenant(tenant.id) as conn:
        return dict(agenda.cancel(conn, answerable(tenant), "+33612345678", {}, called_us=False))


# -- in


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


# -- CalDAV, against a real server


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


# -- mail


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


# -- what is refused


@pytest.mark.parametrize(
    ("kind", "address", "more"),
    [
        ("ics", "http://10.0.0.1/dr.ics", {}),
        ("ics", "file:///etc/passwd", {}),
        ("mail", "nobody", {}),
        ("mail", "a@b.fr\nBcc: c@d.fr", {}),
        ("caldav", "https://cal.example.fr/", {"account": "dr"}),
        ("ics", "https://cal.example.fr/", {"account": "dr", "password": "x"}),
    ],
)
def test_an_address_that_is_none_is_refused_by_name(
    database: Database, dentist: Tenant, ours: Settings, kind: str, address: str, more: dict[str, str]
) -> None:
    with pytest.raises(BadInput):
        beside(database, dentist, ours, kind, address, **more)


def test_a_private_address_is_not_asked_where_the_operator_has_not_said_so(
    database: Database, dentist: Tenant, ours: Settings, web: Web
) -> None:
    web.files["/dr.ics"] = (200, file(event(10)), "")
    made = beside(database, dentist, ours, "ics", f"{web.url}/dr.ics")
    strict = ours.model_copy(update={"outward": ours.outward.model_copy(update={"allowed": []})})
    worked(database, strict)
    with database.operator() as conn:
        found = calendars.get(conn, made.id)
    assert found is not None
    assert found.fault.startswith("[outward_refused]")
    assert web.asked == []


def test_a_name_is_taken_once_and_an_agent_must_be_there(database: Database, dentist: Tenant, ours: Settings) -> None:
    beside(database, dentist, ours, "mail", "a@cabinet.fr")
    with pytest.raises(Refused):
        beside(database, dentist, ours, "mail", "b@cabinet.fr")
    with database.operator(dentist.id) as conn, pytest.raises(NotFound):
        calendars.add(conn, dentist.id, "nobody", "x", "mail", "a@cabinet.fr", by=OPERATOR, of=ours)


def test_the_commands_add_list_feed_and_remove(
    database: Database, dentist: Tenant, ours: Settings, web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()

    def typed(*words: str) -> str:
        done = CliRunner().invoke(decroche, ["calendar", *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    whose = ("--tenant", "dentiste")
    agent = (*whose, "--agent", "accueil")
    assert json.loads(typed("add", *agent, "--name", "dr", "--url", f"{web.url}/dr.ics", "--json"))["kind"] == "ics"
    assert json.loads(typed("list", *whose, "--json"))["name"] == "dr"
    made = book(database, dentist, 10)
    typed("feed", *agent, "--out", str(tmp_path / "rdv.ics"))
    text = (tmp_path / "rdv.ics").read_text(encoding="utf-8")
    assert f"UID:{made['booking']}@decroche" in text
    assert "METHOD:PUBLISH" in text
    typed("remove", *whose, "dr")
    assert typed("list", "--json") == ""
