"""A campaign that reminds is filled by a diary: each appointment once, moved ones anew, those called off not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns import campaigns, checking
from campaigns.dialling import course
from campaigns.dialling.admission import Nothing, Rung
from store import agents, bookings
from store.base.errors import BadInput, NotFound
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.campaigns.campaigning import AGENT, MONDAY, NAME, admitted, equip, over

REMINDER = AGENT.replace("purpose: contract", "purpose: service").replace(
    "scenario:", "variables: [patient, date, heure]\nscenario:"
)
WANTED = campaigns.Wanted(
    NAME, "accueil", (), "service", date(2026, 11, 23), date(2026, 12, 20), hours="10:00-18:00", per_minute=100,
    at_once=100, reminds="diary",
)  # fmt: skip
CLAIRE, PAUL = "+33600000001", "+33600000002"


@pytest.fixture
def running(database: Database, dentist: Tenant) -> Tenant:
    """A running campaign that reminds of the appointments in the diary of another agent."""
    with database.operator() as conn:
        equip(conn, dentist.id, REMINDER)
        agents.import_version(conn, dentist.id, "diary", AGENT.replace("id: accueil", "id: diary"), by=OPERATOR)
        campaigns.add(conn, dentist.id, WANTED, "Léa", by=OPERATOR)
        campaigns.approve(conn, dentist.id, NAME, "Karim", by=OPERATOR)
        course.launch(conn, dentist.id, NAME, MONDAY, by=OPERATOR)
    return dentist


def book(database: Database, tenant: Tenant, name: str, phone: str, starts_at: datetime) -> UUID:
    with database.tenant(tenant.id) as conn:
        made = bookings.book(conn, tenant.id, "diary", name, starts_at, starts_at + timedelta(minutes=30), phone=phone)
        conn.execute("UPDATE store.bookings SET created_at = %s WHERE id = %s", (MONDAY - timedelta(days=9), made.id))
    return made.id


def targets(database: Database, tenant: Tenant) -> list[tuple[Any, ...]]:
    with database.tenant(tenant.id) as conn:
        rows = conn.execute(
            "SELECT e164, state, outcome, variables ->> 'heure' AS at FROM campaigns.targets ORDER BY due_at, e164"
        ).fetchall()
    return [(row["e164"], row["state"], row["outcome"], row["at"]) for row in rows]


def test_each_appointment_is_told_once_a_day_before(database: Database, running: Tenant) -> None:
    assert isinstance(admitted(database, running.id), Nothing), "an empty diary is no end of the campaign"
    book(database, running, "Claire Martin", CLAIRE, MONDAY + timedelta(days=1, hours=1))
    book(database, running, "Paul Durand", PAUL, MONDAY + timedelta(hours=24))
    later = MONDAY + timedelta(minutes=2)
    rung = admitted(database, running.id, later)
    assert isinstance(rung, Rung)
    assert (rung.person.e164, dict(rung.person.variables)) == (
        PAUL, {"patient": "Paul Durand", "date": "2026-12-01", "heure": "10:30"}
    )  # fmt: skip
    over(database, running, rung.call_id, PAUL, later, "answered", talked=30)
    assert isinstance(admitted(database, running.id, later + timedelta(minutes=2)), Nothing)
    hour = later + timedelta(hours=1)
    rung = admitted(database, running.id, hour)
    assert isinstance(rung, Rung)
    assert rung.person.e164 == CLAIRE
    over(database, running, rung.call_id, CLAIRE, hour, "answered", talked=30)
    assert isinstance(admitted(database, running.id, hour + timedelta(hours=1)), Nothing)
    assert [row[:3] for row in targets(database, running)] == [(PAUL, "done", "answered"), (CLAIRE, "done", "answered")]


def test_what_is_called_off_is_not_told_and_what_is_moved_is_told_anew(database: Database, running: Tenant) -> None:
    about = book(database, running, "Claire Martin", CLAIRE, MONDAY + timedelta(days=2))
    admitted(database, running.id, MONDAY + timedelta(minutes=2))
    with database.tenant(running.id) as conn:
        bookings.cancel(conn, about)
    book(database, running, "Claire Martin", CLAIRE, MONDAY + timedelta(days=3, hours=2))
    admitted(database, running.id, MONDAY + timedelta(minutes=4))
    assert targets(database, running) == [
        (CLAIRE, "done", "called_off", "10:30"), (CLAIRE, "waiting", "", "12:30")
    ]  # fmt: skip


def test_the_check_says_who_of_the_diary_may_be_called(database: Database, running: Tenant) -> None:
    book(database, running, "Claire Martin", CLAIRE, MONDAY + timedelta(days=2))
    with database.operator() as conn:
        found = checking.check(conn, running.id, campaigns.get(conn, running.id, NAME), MONDAY)
    assert sum(found.counts.values()) == 1


def test_whom_a_campaign_calls_is_said_by_lists_or_by_a_diary(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        equip(conn, dentist.id, REMINDER)
        with pytest.raises(BadInput, match="whom"):
            campaigns.add(conn, dentist.id, replace(WANTED, reminds=""), "Léa", by=OPERATOR)
        with pytest.raises(BadInput, match="whom"):
            campaigns.add(conn, dentist.id, replace(WANTED, lists=("rappels",)), "Léa", by=OPERATOR)
        with pytest.raises(NotFound, match="diary"):
            campaigns.add(conn, dentist.id, WANTED, "Léa", by=OPERATOR)
        with pytest.raises(BadInput, match="hours"):
            campaigns.add(conn, dentist.id, replace(WANTED, reminds="accueil", before_hours=0), "Léa", by=OPERATOR)


def test_an_agent_that_asks_for_what_no_appointment_says_cannot_remind(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        equip(conn, dentist.id, REMINDER.replace("patient,", "patient, dossier,"))
        with pytest.raises(BadInput, match="dossier"):
            campaigns.add(conn, dentist.id, replace(WANTED, reminds="accueil"), "Léa", by=OPERATOR)
