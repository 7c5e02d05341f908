"""The demonstration's accounts open its site; every page is served in English to who chose it."""

from __future__ import annotations

import re

from portal import demonstration
from portal.people.roles import ROLES, SPOKEN
from portal.web.app import PAGES
from portal.web.routes import DOOR
from portal.wording.translating import phrases
from store.db import Database
from tests.integration.portal.site import CLAIRE, NOW, Browsers, People, Practice
from tests.integration.portal.test_pages_are_each_clients_own import addressed


def test_each_account_of_the_demonstration_comes_in(browser: Browsers, practice: Practice, database: Database) -> None:
    with database.operator() as conn:
        accounts = demonstration.furnish(conn, practice.tenant, NOW)
    assert [role for role, _, _ in accounts] == [SPOKEN[role] for role in ROLES]
    for _, email, password in accounts:
        here = browser()
        assert here.post("/connexion", email=email, mot_de_passe=password).status_code == 303
        first = here.get(here.get("/").headers["location"])
        assert first.status_code == 200, email
    holder = browser()
    holder.post("/connexion", email=accounts[0][1], mot_de_passe=accounts[0][2])
    assert "1 version à valider" in holder.get("/accueil").text
    assert "devis de couronne" in holder.get("/messages").text


def test_who_chose_english_reads_english(browser: Browsers, people: People, practice: Practice) -> None:
    here = browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    chosen = here.get("/langue/en?vers=//evil.test")
    assert chosen.headers["location"] == "/"
    mine = people.id_of(CLAIRE)
    for page in PAGES:
        if page.method == "GET" and page.right != DOOR:
            answer = here.get(addressed(page.path, practice, mine))
            if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
                assert '<html lang="en">' in answer.text, page.path
                title = re.search(r"<title>([^<]*?) · Décroche</title>", answer.text)
                assert title, page.path
                assert title[1] not in phrases() or phrases()[title[1]] == title[1], page.path
    wrong = here.post("/equipe", email="rien")
    assert "This is no e-mail address." in wrong.text
    assert "Choose at least one role." in here.post("/equipe", email="lea@cabinet.fr").text
    assert "27/11/2026" not in here.get("/factures").text
    assert '<html lang="fr">' in browser().get("/connexion").text
    assert '<html lang="en">' in browser().get("/connexion", **{"accept-language": "en-GB,en"}).text
    assert '<html lang="fr">' in browser().get("/connexion", **{"accept-language": "de,en"}).text
