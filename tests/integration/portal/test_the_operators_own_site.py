"""The operator's site: who comes in, what is to be treated, clients, a call found over all of them."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from pyotp.totp import TOTP
from starlette.testclient import TestClient

from billing.charges import controls
from portal.door import Portal
from portal.people import codes, own
from portal.web.operator.pages import pages
from portal.web.operator.site import make_operator_app
from store import audit
from store.db import Database
from tests.actors import OPERATOR
from tests.integration.portal.conftest import later
from tests.integration.portal.site import CLAIRE, NOW, SITE, Browser, Browsers, People, Practice, sign_in

ANNE, SAM = "anne@operateur.fr", "sam@operateur.fr"


@pytest.fixture
def desk(portal: Portal, database: Database) -> Generator[Browsers]:
    """Makes browsers on the operator's site."""
    app = make_operator_app(portal, database, lambda: NOW)
    opened: list[TestClient] = []

    def made() -> Browser:
        opened.append(TestClient(app, base_url=SITE))
        return Browser(opened[-1])

    yield made
    for client in opened:
        client.close()


def of_the_operator(people: People, email: str, role: str) -> str:
    """The token of somebody with that operator's role and a second step."""
    password, secret, before = people.add(email, None, role), codes.new_secret(), later(minutes=-2)
    token = sign_in(people.portal, password, email=email, now=before).token
    with people.portal.entered(token, before) as seat:
        own.begin_second_step(seat, secret, TOTP(secret).at(before), before)
    from portal.people import signing

    signing.prove(people.portal, token, TOTP(secret).at(NOW), NOW)
    return token


def test_only_the_operators_people_come_in_and_only_with_a_second_step(
    desk: Browsers, people: People, practice: Practice
) -> None:
    reads = [page.path for page in pages.listed if page.method == "GET" and "{" not in page.path]
    claire = people.signed_in(CLAIRE, practice.tenant, "titulaire")
    plain = people.signed_in(ANNE, None, "admin")
    for path in reads:
        assert desk().get(path).headers["location"].startswith("/connexion"), path
        assert desk().sign_in(claire).get(path).headers["location"] == "/compte/second-facteur", path
        assert desk().sign_in(plain).get(path).headers["location"] == "/compte/second-facteur", path


def test_a_client_with_a_second_step_is_no_operator(desk: Browsers, people: People, practice: Practice) -> None:
    password, secret, before = people.add(CLAIRE, practice.tenant, "titulaire"), codes.new_secret(), later(minutes=-2)
    token = sign_in(people.portal, password, now=before).token
    with people.portal.entered(token, before) as seat:
        own.begin_second_step(seat, secret, TOTP(secret).at(before), before)
    for page in pages.listed:
        if page.method == "GET" and "{" not in page.path:
            assert desk().sign_in(token).get(page.path).status_code == 403, page.path


def test_what_waits_is_shown_and_a_block_is_lifted_by_an_admin_alone(
    desk: Browsers, people: People, practice: Practice, database: Database
) -> None:
    with database.operator() as conn:
        controls.block(conn, practice.tenant.id, "fraud", "<b>500 appels</b>", by=OPERATOR)
    admin = desk().sign_in(of_the_operator(people, ANNE, "admin"))
    support = desk().sign_in(of_the_operator(people, SAM, "support"))
    text = support.get("/").text
    assert "&lt;b&gt;500 appels" in text
    assert "Lever" not in text
    assert support.post("/clients/dentiste/lever", "/compte", blocage="fraud").status_code == 403
    assert admin.post("/clients/dentiste/lever", "/", blocage="fraud").headers["location"] == "/?fait=leve"
    assert "500 appels" not in admin.get("/").text
    with database.operator() as conn:
        assert [e.who for e in audit.find(conn, action="controls.lift")] == [f"person:{ANNE}"]


def test_a_block_says_why(desk: Browsers, people: People, practice: Practice, database: Database) -> None:
    admin = desk().sign_in(of_the_operator(people, ANNE, "admin"))
    page = "/clients/dentiste"
    assert admin.post(f"{page}/bloquer", page).status_code == 422
    assert admin.post(f"{page}/bloquer", page, raison="à sa demande").status_code == 303
    assert "Bloqués : opérateur" in admin.get(page).text


def test_clients_numbers_and_health_are_shown(
    desk: Browsers, people: People, practice: Practice, other: Practice
) -> None:
    admin = desk().sign_in(of_the_operator(people, ANNE, "admin"))
    text = admin.get("/clients").text
    assert "Cabinet Molaire" in text
    assert "Mairie de Saint-Paul" in text
    for path in ("/clients/dentiste", "/numeros", "/sante"):
        assert admin.get(path).status_code == 200, path
    assert admin.get("/clients/personne").status_code == 404


def test_a_call_is_found_over_all_clients_and_they_see_that_it_was_looked_for(
    desk: Browsers, people: People, practice: Practice, other: Practice, browser: Browsers
) -> None:
    support = desk().sign_in(of_the_operator(people, SAM, "support"))
    text = support.get("/chercher?q=06 12 34 56 78").text
    assert str(practice.call) in text
    assert str(other.call) in text
    one = support.get(f"/chercher?q={practice.call}").text
    assert str(practice.call) in one
    assert str(other.call) not in one
    assert support.get("/chercher?q=rien").status_code == 422
    assert "Aucun appel" in support.get("/chercher?q=0639980099").text
    claire = browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    assert "a cherché des appels" in claire.get("/journal").text
