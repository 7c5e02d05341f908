"""Appointments, messages, contacts; oppositions, consents, requests of people, retention: each by its own operation."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from compliance.ledgers import consents, oppositions
from compliance.people import retention, rights
from store import audit, bookings, events, jobs, messages
from store.base.errors import Refused
from store.db import Database
from tests.actors import OPERATOR
from tests.integration.portal.site import CLAIRE, NOW, Browser, Browsers, People, Practice

PHONE = "+33639980001"


@pytest.fixture
def here(browser: Browsers, people: People, practice: Practice) -> Browser:
    """The account's holder."""
    return browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))


def acts(database: Database, of: Practice) -> list[tuple[str, str]]:
    with database.operator() as conn:
        return [(entry.who, entry.action) for entry in audit.find(conn, tenant_id=of.tenant.id)]


def test_an_appointment_is_called_off_and_calendars_are_told(
    here: Browser, practice: Practice, database: Database
) -> None:
    assert "Claire Martin" in here.get("/rendez-vous").text
    path = f"/rendez-vous/{practice.ids['booking']}/annuler"
    assert here.post(path, "/rendez-vous").headers["location"] == "/rendez-vous?fait=annule"
    assert here.post(path, "/compte").headers["location"] == "/rendez-vous?fait=deja"
    with database.operator() as conn:
        assert [one.status for one in bookings.find(conn, tenant_id=practice.tenant.id, status=None)] == ["cancelled"]
        assert "booking.cancelled" in [event.kind for event in events.after(conn)]
        assert [job.about for job in jobs.listed(conn, kind="booking.tell")] == [practice.ids["booking"]]
        with pytest.raises(Refused):
            bookings.call_off(conn, bookings.find(conn, status=None)[0].id, by=OPERATOR)
    assert (f"person:{CLAIRE}", "booking.cancel") in acts(database, practice)


def test_who_booked_and_gave_an_address_is_told_that_it_is_called_off(
    here: Browser, practice: Practice, database: Database
) -> None:
    with database.operator() as conn:
        conn.execute("UPDATE store.bookings SET email = 'm@example.fr' WHERE id = %s", (practice.ids["booking"],))
    done = here.post(f"/rendez-vous/{practice.ids['booking']}/annuler", "/rendez-vous")
    assert done.headers["location"] == "/rendez-vous?fait=annule"
    with database.operator() as conn:
        assert [job.about for job in jobs.listed(conn, kind="booking.caller")] == [
            f"cancelled:{practice.ids['booking']}"
        ]


def test_a_message_is_settled_once_by_whom(here: Browser, practice: Practice, database: Database) -> None:
    assert "Rappelez-moi." in here.get("/messages").text
    here.post(f"/messages/{practice.ids['message']}/traite", "/messages")
    assert "Rappelez-moi." not in here.get("/messages").text
    assert f"par {CLAIRE}" in here.get("/messages?voir=traites").text
    with database.operator() as conn:
        (one,) = messages.find(conn, tenant_id=practice.tenant.id)
        assert messages.settle(conn, one.id, by=OPERATOR, now=NOW + timedelta(days=1)).done_at == NOW


def test_a_reader_sees_what_was_left_and_changes_nothing(browser: Browsers, people: People, practice: Practice) -> None:
    lea = browser().sign_in(people.signed_in("lea@cabinet.fr", practice.tenant, "lecteur"))
    assert "Annuler" not in lea.get("/rendez-vous").text
    assert lea.post(f"/rendez-vous/{practice.ids['booking']}/annuler", "/compte").status_code == 403
    assert lea.post(f"/messages/{practice.ids['message']}/traite", "/compte").status_code == 403
    assert "612345678" not in lea.get("/rendez-vous").text.replace("\u00a0", "")


def test_the_lawful_hours_of_a_month_are_shown(here: Browser) -> None:
    text = here.get("/conformite?mois=2026-12&code=67000").text
    assert "jour férié" in text  # Christmas, and Alsace's second day
    for wrong in ("mois=2026-13", "code=abc", "numero=12"):
        assert here.get(f"/conformite?{wrong}").status_code == 422, wrong


def test_an_opposition_is_noted_found_and_ends_consents(
    here: Browser, practice: Practice, other: Practice, database: Database
) -> None:
    given = consents.read(
        {"number": PHONE, "professional": "Cabinet", "goods": "soins", "how": "paper", "wording": "Oui.",
         "evidence": "papier", "given_at": "2026-11-01T09:00:00+01:00"}, NOW,
    )  # fmt: skip
    with database.operator() as conn:
        for of in (practice, other):
            consents.add(conn, of.tenant.id, given, by=OPERATOR)
    assert "valable" in here.get("/conformite/consentements?numero=0639980001").text
    assert here.post("/conformite/oppositions", oppose="douze").status_code == 422
    here.post("/conformite/oppositions", oppose="06 39 98 00 01", comment="letter")
    assert "par courrier" in here.get("/conformite/oppositions?numero=0639980001").text
    assert "retiré" in here.get("/conformite/consentements?numero=0639980001").text
    with database.operator() as conn:
        rows = consents.of(conn, PHONE)
    assert sorted(row["withdrawn_at"] is None for row in rows) == [False, True]  # the other client's stands


def test_a_pasted_list_is_taken_and_its_bad_lines_stay(here: Browser, practice: Practice, database: Database) -> None:
    pasted = "06 39 98 00 01\n0639980002;01/11/2026\nn'importe quoi\n\n0639980001"
    answer = here.post("/conformite/oppositions/liste", "/conformite/oppositions", liste=pasted)
    assert "2 notées, 1 déjà connue, 1 à revoir" in answer.text
    assert "<strong>ligne 3</strong>" in answer.text
    with database.operator() as conn:
        assert {row["number"] for row in oppositions.latest(conn, practice.tenant.id)} == {PHONE, "+33639980002"}
    assert here.post("/conformite/oppositions/liste", "/conformite/oppositions", liste=" \n").status_code == 422
    assert (f"person:{CLAIRE}", "opposition.import") in acts(database, practice)


def test_consents_are_withdrawn_and_copied_for_the_person(
    here: Browser, practice: Practice, database: Database
) -> None:
    given = consents.read(
        {"number": PHONE, "professional": "=cmd", "goods": "soins", "how": "paper", "wording": "Oui.",
         "evidence": "papier", "given_at": "2026-11-01T09:00:00+01:00"}, NOW,
    )  # fmt: skip
    with database.operator() as conn:
        consents.add(conn, practice.tenant.id, given, by=OPERATOR)
    copy = here.get("/conformite/consentements.csv?numero=0639980001").text
    assert "'=cmd" in copy  # no formula for the person's spreadsheet
    here.post("/conformite/consentements/retirer", "/conformite/consentements?numero=0639980001", numero=PHONE)
    assert "retiré" in here.get("/conformite/consentements?numero=0639980001").text
    assert {"consent.export", "consent.revoke"} <= {action for _, action in acts(database, practice)}


def test_a_request_runs_for_twelve_working_days_and_is_answered(
    here: Browser, practice: Practice, database: Database
) -> None:
    page = "/conformite/demandes"
    assert here.post(page, quoi="tout", qui="").text.count('class="fault"') == 2
    here.post(page, quoi="access", qui="Mme <Martin>")
    text = here.get(page).text
    assert "Mme &lt;Martin&gt;" in text
    assert "avant le" in text
    with database.operator() as conn:
        (one,) = rights.listed(conn, NOW)
    assert one["due_on"] == date(2026, 12, 11)
    assert here.post(f"{page}/{one['id']}/clore", page, reponse=" ").status_code == 422
    here.post(f"{page}/{one['id']}/clore", page, reponse="copie envoyée")
    assert "copie envoyée" in here.get(page).text


def test_retention_is_the_holders_instruction(
    here: Browser, browser: Browsers, people: People, practice: Practice, database: Database
) -> None:
    wrong = here.post("/donnees/conservation", "/donnees", **{"jours-messages": "-1", "jours-transcripts": "30"})
    assert (wrong.status_code, 'value="-1"' in wrong.text) == (422, True)
    here.post("/donnees/conservation", "/donnees", **{"jours-messages": "", "jours-transcripts": "30"})
    with database.operator() as conn:
        assert retention.instruction(conn, practice.tenant.id)["transcripts"] == 30
    marc = browser().sign_in(people.signed_in("marc@cabinet.fr", practice.tenant, "responsable"))
    assert "30 jours" in marc.get("/donnees").text
    assert marc.post("/donnees/conservation", "/donnees", **{"jours-messages": "1"}).status_code == 403
