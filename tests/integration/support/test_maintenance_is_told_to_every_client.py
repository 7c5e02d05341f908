"""Windows of works: banner, mails, events, quiet hours; and campaigns, which do not call meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from campaigns.dialling.works import works_until
from portal.door import Portal
from portal.support import jobs, maintenance
from portal.support.hours import PARIS
from portal.web.app import make_app
from store import audit, events, statistics, tenants
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.base.settings import Settings
from store.db import Database, turned_to
from store.work import Worker
from tests.actors import OPERATOR
from tests.integration.portal.conftest import later
from tests.integration.portal.site import CLAIRE, NOW, SITE, Browser, Browsers, People, Practice
from tests.integration.portal.test_the_operators_own_site import ANNE, of_the_operator
from tests.integration.support.test_tickets_are_opened_answered_and_told import subject_of, text_of
from tests.mailbox import Mailbox

BEGINS, ENDS = later(days=2), later(days=2, hours=1)
WHAT, WHAT_EN = "Mise à <b>jour</b> d'Asterisk", "Asterisk <b>upgrade</b>"


def added(database: Database) -> maintenance.Window:
    with database.operator() as conn:
        return maintenance.add(conn, BEGINS, ENDS, WHAT, WHAT_EN, by=OPERATOR, now=NOW)


def worked_off(database: Database, of: Settings, now: datetime) -> None:
    """Do the jobs that are due."""
    worker = Worker(database, jobs.handlers(of, now=lambda: now), now=lambda: now)
    try:
        worker.drain()
    finally:
        worker.close()


def kinds(database: Database, of: Practice) -> list[str]:
    with database.tenant(of.tenant.id) as conn:
        return [one.kind for one in events.after(conn) if one.kind.startswith("maintenance.")]


def test_every_page_says_it_before_and_during_and_not_after(
    portal: Portal, people: People, practice: Practice, database: Database, browser: Browsers
) -> None:
    token = people.signed_in(CLAIRE, practice.tenant, "titulaire")
    claire = browser().sign_in(token)
    assert "Maintenance" not in claire.get("/accueil").text
    added(database)
    for path in ("/accueil", "/appels", "/support", "/compte", "/appels/none"):
        text = claire.get(path).text
        assert "Mise à &lt;b&gt;jour" in text, path
        assert "10\u00a0h\u00a000" in text, path
    assert "Mise à &lt;b&gt;jour" in browser().get("/connexion").text
    claire.client.cookies.set("__Host-langue", "en", domain="decroche.test", path="/")
    assert "Asterisk &lt;b&gt;upgrade" in claire.get("/accueil").text
    for now, there in ((BEGINS, True), (ENDS - timedelta(minutes=1), True), (ENDS, False)):
        from starlette.testclient import TestClient

        with TestClient(make_app(portal, lambda now=now: now), base_url=SITE) as client:
            nobody = Browser(client)
            assert ("Mise à &lt;b&gt;jour" in nobody.get("/connexion").text) == there


def test_each_person_is_mailed_once_in_their_own_time_and_told_when_it_is_taken_back(
    people: People, practice: Practice, other: Practice, database: Database, ours: Settings, mailbox: Mailbox
) -> None:
    for tenant in (practice.tenant, other.tenant):
        people.add(CLAIRE, tenant, "comptable")  # she works for both
    people.add("maire@mairie.fr", other.tenant, "lecteur")
    window = added(database)
    worked_off(database, ours, NOW)
    told = [letter for letter in mailbox.letters if "maintenance" in subject_of(letter)]
    assert sorted(letter["To"] for letter in told) == [CLAIRE, "maire@mairie.fr"]
    assert "Asterisk <b>upgrade</b>" in text_of(told[0])
    assert kinds(database, practice) == ["maintenance.planned"]
    with database.operator() as conn:
        maintenance.end(conn, window.id, by=OPERATOR, now=later(hours=1))
        assert maintenance.showing(conn, later(hours=1)) == []
        with pytest.raises(Refused):
            maintenance.end(conn, window.id, by=OPERATOR, now=later(hours=2))
    worked_off(database, ours, later(hours=1))
    assert sum("annulée" in subject_of(letter) for letter in mailbox.letters) == 2
    worked_off(database, ours, ENDS)
    assert kinds(database, practice) == ["maintenance.planned", "maintenance.cancelled"]
    assert kinds(database, other) == kinds(database, practice)
    with database.operator() as conn:
        assert [e.tenant_id for e in audit.find(conn, action="maintenance.add")] == [None]
        assert audit.find(conn, action="maintenance.end")


def test_its_beginning_and_its_end_are_events(practice: Practice, database: Database, ours: Settings) -> None:
    added(database)
    worked_off(database, ours, BEGINS)
    assert kinds(database, practice) == ["maintenance.planned", "maintenance.begun"]
    worked_off(database, ours, ENDS)
    assert kinds(database, practice) == ["maintenance.planned", "maintenance.begun", "maintenance.over"]


def test_one_that_is_over_sooner_is_told_once(practice: Practice, database: Database, ours: Settings) -> None:
    window = added(database)
    with database.operator() as conn:
        maintenance.end(conn, window.id, by=OPERATOR, now=BEGINS + timedelta(minutes=5))
    worked_off(database, ours, ENDS)
    assert kinds(database, practice) == ["maintenance.planned", "maintenance.over"]


def test_campaigns_know_until_when_it_lasts(practice: Practice, database: Database) -> None:
    window = added(database)
    with database.tenant(practice.tenant.id) as conn:
        assert works_until(conn, BEGINS - timedelta(seconds=1)) is None
        assert works_until(conn, BEGINS) == ENDS
        assert works_until(conn, ENDS) is None
    with database.operator() as conn:
        maintenance.end(conn, window.id, by=OPERATOR, now=BEGINS)
    with database.tenant(practice.tenant.id) as conn:
        assert works_until(conn, BEGINS) is None


@pytest.mark.parametrize(
    ("begins", "ends", "what"),
    [
        (ENDS, BEGINS, "x"), (BEGINS, BEGINS, "x"), (later(days=-2), later(days=-1), "x"),
        (BEGINS, BEGINS + timedelta(days=3), "x"), (BEGINS, ENDS, " "), (BEGINS, ENDS, "x" * 501),
    ],
)  # fmt: skip
def test_a_window_that_cannot_be_is_refused(database: Database, begins: datetime, ends: datetime, what: str) -> None:
    with database.operator() as conn:
        with pytest.raises(BadInput):
            maintenance.add(conn, begins, ends, what, by=OPERATOR, now=NOW)
        with pytest.raises(NotFound):
            maintenance.end(conn, new_id(), by=OPERATOR, now=NOW)


def test_quiet_hours_come_from_the_calls_of_all_clients(
    practice: Practice, other: Practice, database: Database
) -> None:
    with database.operator() as conn:
        counted = statistics.by_weekday(conn, NOW - timedelta(days=1), NOW, str(PARIS))
        assert counted == {(4, 9): 2}  # a Friday, nine o'clock in Paris, one call each
        (slot,) = maintenance.proposed(conn, 2, NOW, 1)
        assert slot.calls == 0


def test_a_clients_transaction_turns_to_no_other(practice: Practice, other: Practice, database: Database) -> None:
    with database.tenant(practice.tenant.id) as conn:
        with turned_to(conn, practice.tenant.id):
            assert [one.id for one in tenants.listed(conn)] == [practice.tenant.id]
        with pytest.raises(Refused), turned_to(conn, other.tenant.id):
            pass


def test_an_admin_announces_on_the_page_and_support_only_reads(
    desk: Browsers, people: People, practice: Practice, database: Database
) -> None:
    anne = desk().sign_in(of_the_operator(people, ANNE, "admin"))
    page = anne.get("/maintenance").text
    assert "Heures creuses" in page
    typed = {"debut": "2026-12-02T22:00", "fin": "2026-12-02T23:30", "quoi": WHAT}
    wrong = anne.post("/maintenance", "/maintenance", **typed | {"fin": "2026-12-02T21:00"})
    assert (wrong.status_code, "La fin vient après" in wrong.text, "2026-12-02T22:00" in wrong.text) == (
        422,
        True,
        True,
    )
    assert anne.post("/maintenance", "/maintenance", **typed | {"debut": "demain"}).status_code == 422
    assert anne.post("/maintenance", "/maintenance", **typed | {"quoi": " "}).status_code == 422
    assert anne.post("/maintenance", "/maintenance", **typed).headers["location"] == "/maintenance?fait=annonce"
    with database.operator() as conn:
        (window,) = maintenance.listed(conn)
    assert window.begins_at.astimezone(PARIS).hour == 22
    sam = desk().sign_in(of_the_operator(people, "sam@operateur.fr", "support"))
    assert "Mise à &lt;b&gt;jour" in sam.get("/maintenance").text
    for path in ("/maintenance", f"/maintenance/{window.id}/fin"):
        assert sam.post(path, "/compte", **typed).status_code == 403
    assert anne.post(f"/maintenance/{window.id}/fin", "/maintenance").headers["location"] == "/maintenance?fait=fini"
    assert "annulée" in anne.get("/maintenance").text
