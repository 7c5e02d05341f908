"""Coming in by the form, and forms that came from elsewhere."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from pyotp.totp import TOTP

from portal.door import Portal
from portal.people import codes, own
from portal.web.app import PAGES
from portal.web.routes import Page
from portal.web.visit import SESSION
from tests.integration.portal.site import CLAIRE, NOW, SITE, Browsers, People, Practice, sign_in


def test_one_comes_in_by_the_form_and_sees_the_day(browser: Browsers, people: People, practice: Practice) -> None:
    password, here = people.add("claire@cabinet.fr", practice.tenant, "titulaire"), browser()
    assert here.get("/accueil").headers["location"] == "/connexion?suite=/accueil"
    answer = here.post("/connexion", suite="/accueil", email="Claire@Cabinet.fr", mot_de_passe=password)
    assert (answer.status_code, answer.headers["location"]) == (303, "/accueil")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-session=")
    for word in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie
    page = here.get("/accueil").text
    assert "Cabinet Molaire" in page
    assert "détartrage" in page


def test_a_session_given_beforehand_is_not_the_one_that_opens(
    browser: Browsers, people: People, practice: Practice
) -> None:
    password, here = people.add("claire@cabinet.fr", practice.tenant, "titulaire"), browser().sign_in("x" * 43)
    answer = here.post("/connexion", email="claire@cabinet.fr", mot_de_passe=password)
    assert answer.status_code == 303
    assert here.client.cookies.get(SESSION, domain="decroche.test") != "x" * 43
    assert browser().sign_in("x" * 43).get("/accueil").status_code == 303


def test_who_exists_is_not_told_and_what_was_typed_is_kept(
    browser: Browsers, people: People, practice: Practice
) -> None:
    people.add("claire@cabinet.fr", practice.tenant, "titulaire")
    pages = [
        browser().post("/connexion", email=email, mot_de_passe="deviné").text.replace(email, "")
        for email in ("claire@cabinet.fr", "nobody@cabinet.fr")
    ]
    assert re.sub(r'value="\w{64}"', "", pages[0]) == re.sub(r'value="\w{64}"', "", pages[1])
    assert 'value="nobody@cabinet.fr"' in browser().post(
        "/connexion", email="nobody@cabinet.fr", mot_de_passe="deviné").text  # fmt: skip


def test_a_link_leads_nowhere_else_after_signing_in(browser: Browsers, people: People, practice: Practice) -> None:
    password = people.add("claire@cabinet.fr", practice.tenant, "titulaire")
    for suite in ("https://evil.test/", "//evil.test", "/\\evil.test"):
        answer = browser().post("/connexion", suite=suite, email="claire@cabinet.fr", mot_de_passe=password)
        assert answer.headers["location"] == "/"


FORMS = [page for page in PAGES if page.method == "POST"]


@pytest.mark.parametrize("page", FORMS, ids=[page.path for page in FORMS])
def test_a_form_from_elsewhere_is_refused(browser: Browsers, people: People, practice: Practice, page: Page) -> None:
    path = page.path.replace("{id}", str(uuid4())).replace("{token}", "x")
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    token = re.search(r'name="jeton" value="(\w+)"', here.get("/compte").text)
    assert token
    good = {"jeton": token[1]}
    for typed, headers in (
        (good, {"sec-fetch-site": "cross-site"}), (good, {"sec-fetch-site": "same-site"}), (good, {}),
        (good, {"origin": "https://evil.test"}), (good, {"origin": "null"}), ({}, {"sec-fetch-site": "same-origin"}),
        ({"jeton": "0" * 64}, {"sec-fetch-site": "same-origin"}),
    ):  # fmt: skip
        answer = here.raw(path, typed, headers)
        assert answer.status_code == 403, (typed, headers)
    assert here.get("/compte").status_code == 200  # nothing was done: the session goes on


def test_a_browser_that_names_its_origin_only_is_believed(
    browser: Browsers, people: People, practice: Practice
) -> None:
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    token = re.search(r'name="jeton" value="(\w+)"', here.get("/compte").text)
    assert token
    assert here.raw("/compte/sessions/autres", {"jeton": token[1]}, {"origin": SITE}).status_code == 303


def test_with_a_second_step_the_code_is_asked_before_any_page(
    browser: Browsers, people: People, portal: Portal, practice: Practice
) -> None:
    password, secret = people.add(CLAIRE, practice.tenant, "titulaire"), codes.new_secret()
    with portal.entered(sign_in(portal, password).token, NOW - timedelta(minutes=5)) as seat:
        spare = own.begin_second_step(
            seat, secret, TOTP(secret).at(NOW - timedelta(minutes=5)), NOW - timedelta(minutes=5)
        )
    here = browser()
    assert here.post("/connexion", email=CLAIRE, mot_de_passe=password).headers["location"] == "/code"
    assert here.get("/appels").headers["location"] == "/code"
    wrong = here.post("/code", code="000000")
    assert (wrong.status_code, "valable" in wrong.text) == (422, True)
    assert here.post("/code", code=TOTP(secret).at(NOW)).headers["location"] == "/"
    assert here.get("/appels").status_code == 200
    assert here.get("/code").headers["location"] == "/"
    assert len(spare) == codes.CODES
