"""Every page, every role, another client's ids; what a page may hold."""

from __future__ import annotations

import re

import pytest

from portal.people.roles import ROLES
from portal.web.app import PAGES
from portal.web.guard import HEADERS
from portal.web.routes import DOOR, PERSON
from tests.integration.portal.site import Browsers, People, Practice

GETS = [page for page in PAGES if page.method == "GET" and page.right != DOOR]


def addressed(path: str, of: Practice) -> str:
    return path.replace("{id}", str(of.call)).replace("{number}", of.invoice)


@pytest.mark.parametrize("role", ROLES)
def test_every_page_opens_for_its_role_alone_and_never_with_anothers_ids(
    browser: Browsers, people: People, practice: Practice, other: Practice, role: str
) -> None:
    here = browser().sign_in(people.signed_in(f"{role}@cabinet.fr", practice.tenant, role))
    for page in GETS:
        own = here.get(addressed(page.path, practice))
        if page.right == PERSON or page.right in ROLES[role]:
            assert own.status_code in (200, 303), (page.path, own.status_code)
        else:
            assert own.status_code == 403, page.path
        if "{id}" in page.path or "{number}" in page.path:
            foreign = here.get(addressed(page.path, other))
            assert foreign.status_code == (404 if page.right in ROLES[role] else 403), page.path
        assert "Mairie" not in own.text, page.path
        for name, value in HEADERS.items():
            assert own.headers[name] == value


def test_nobody_opens_anything_without_a_session(browser: Browsers, practice: Practice) -> None:
    for page in GETS:
        answer = browser().get(addressed(page.path, practice))
        assert (answer.status_code, answer.headers["location"][:10]) == (303, "/connexion"), page.path


def test_who_has_no_right_to_numbers_finds_none_in_any_page(
    browser: Browsers, people: People, practice: Practice
) -> None:
    here = browser().sign_in(people.signed_in("lea@cabinet.fr", practice.tenant, "lecteur"))
    for path in (
        "/accueil",
        "/appels",
        f"/appels/{practice.call}",
        "/appels.csv",
        f"/appels/{practice.call}/transcription",
    ):
        text = here.get(path).text.replace("\u00a0", "")
        assert "612345678" not in text, path
    assert here.get("/appels?numero=0612345678").status_code == 403


def test_what_a_caller_said_is_text_on_the_page(browser: Browsers, people: People, practice: Practice) -> None:
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    for path in ("/accueil", "/appels", f"/appels/{practice.call}"):
        text = here.get(path).text
        assert "détartrage" in text
        assert "<script>alert" not in text


@pytest.mark.parametrize("path", ["/accueil", "/appels", "/compte", "/factures", "/compte/second-facteur"])
def test_no_page_has_a_script_or_style_of_its_own(
    browser: Browsers, people: People, practice: Practice, path: str
) -> None:
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    text = here.get(path).text
    assert not re.search(r"<style|<script(?! src=\"/static/)|\sstyle=|\son\w+=", text)
