"""The API: keys, scopes, problems, another client's ids."""

from __future__ import annotations

import pytest

from store.db import Database
from tests.integration.portal.site import SPOKEN, Browsers, People, Practice, System, system


def test_a_key_reads_its_clients_calls_and_nobody_elses(
    browser: Browsers, database: Database, practice: Practice, other: Practice
) -> None:
    crm = system(browser, database, practice, "calls", "transcripts", "numbers", "audio")
    (call,) = crm.get("/calls").json()["data"]
    assert (call["id"], call["caller"], call["price"]) == (str(practice.call), "+33612345678", "0.0720")
    assert crm.get(f"/calls/{practice.call}/transcript").json()["turns"][1]["text"] == SPOKEN
    assert crm.get(f"/calls/{practice.call}/recording", range="bytes=0-3").content == b"RIFF"
    for path in ("", "/transcript", "/recording"):
        answer = crm.get(f"/calls/{other.call}{path}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    assert crm.get("/invoices").status_code == 403


def test_a_key_without_the_scope_sees_less(browser: Browsers, database: Database, practice: Practice) -> None:
    crm = system(browser, database, practice, "calls")
    assert crm.get("/calls").json()["data"][0]["caller"] == "+336••••78"
    assert "turns" not in crm.get(f"/calls/{practice.call}").json()
    for path in (f"/calls/{practice.call}/transcript", f"/calls/{practice.call}/recording", "/calls?words=bonjour"):
        answer = crm.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_invoices_are_read_by_the_api(
    browser: Browsers, database: Database, practice: Practice, other: Practice
) -> None:
    compta = system(browser, database, practice, "invoices")
    (invoice,) = compta.get("/invoices").json()["data"]
    assert (invoice["number"], invoice["tenant"]) == (practice.invoice, "dentiste")
    assert compta.get(f"/invoices/{practice.invoice}").json()["lines"]
    assert b"CrossIndustryInvoice" in compta.get(f"/invoices/{practice.invoice}/xml").content
    for path in ("", "/pdf", "/xml"):
        assert compta.get(f"/invoices/{other.invoice}{path}").status_code == 404


@pytest.mark.parametrize("authorization", ["", "Bearer ", "Bearer dk_unknown", "Basic YTpi"])
def test_without_a_key_nothing_is_read(browser: Browsers, practice: Practice, authorization: str) -> None:
    client = browser().client
    for path in ("/calls", f"/calls/{practice.call}", "/invoices"):
        answer = client.get(f"/api/v1{path}", headers={"authorization": authorization})
        assert answer.status_code == 401
        assert answer.json()["code"] in ("key_missing", "key_unknown")


def test_a_session_is_no_key(browser: Browsers, people: People, practice: Practice) -> None:
    token = people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire")
    assert browser().sign_in(token).get("/api/v1/calls").status_code == 401
    assert System(browser().client, token).get("/calls").status_code == 401


def test_a_wrong_parameter_is_a_problem_that_names_it(
    browser: Browsers, database: Database, practice: Practice
) -> None:
    crm = system(browser, database, practice, "calls")
    for path, named in (
        ("/calls?limit=0", "limit"),
        ("/calls?cursor=zz", ""),
        ("/calls/x", "call_id"),
        ("/nowhere", ""),
    ):
        answer = crm.get(path)
        assert answer.status_code in (404, 422)
        assert answer.headers["content-type"] == "application/problem+json"
        assert named in answer.json()["detail"]


def test_the_contract_is_served_and_covers_every_address(browser: Browsers) -> None:
    contract = browser().client.get("/api/v1/openapi.json").json()
    assert contract["openapi"].startswith("3.1")
    assert set(contract["paths"]) >= {"/calls", "/calls/{call_id}", "/invoices/{number}", "/tickets/{number}"}
