"""Every page, every role, another client's ids; what a page may hold."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from portal.links.hooks import deliveries, endpoints
from portal.people import keys, managing
from portal.people.roles import ROLES
from portal.support import tickets
from portal.web.app import PAGES
from portal.web.guard import HEADERS
from portal.web.routes import DOOR, PERSON
from store import bookings, messages
from store.db import Database
from tests.integration.portal.site import Browsers, People, Practice

GETS = [page for page in PAGES if page.method == "GET" and page.right != DOOR]


MARK = re.compile(r"\{(\w+)\}")
IDS = {"id", "number", "person", "hook", "key", "delivery", "ticket", "live", "subscription", "engagement"}
"""Parts of an address that name what is one client's."""


def addressed(path: str, of: Practice, person: str) -> str:
    """The page's address with ids of that client's."""
    known = {"id": str(of.call), "number": of.invoice, "person": person} | of.ids
    return MARK.sub(lambda found: known[found[1]], path)


@pytest.mark.parametrize("role", ROLES)
def test_every_page_opens_for_its_role_alone_and_never_with_anothers_ids(
    browser: Browsers, people: People, practice: Practice, other: Practice, role: str
) -> None:
    here = browser().sign_in(people.signed_in(f"{role}@cabinet.fr", practice.tenant, role))
    people.add("maire@mairie.fr", other.tenant, "titulaire")
    mine, theirs = people.id_of(f"{role}@cabinet.fr"), people.id_of("maire@mairie.fr")
    for page in GETS:
        own = here.get(addressed(page.path, practice, mine))
        if "{ticket}" in page.path and "calls" not in ROLES[role]:
            assert own.status_code == 404, page.path  # it is about a call
        elif page.right == PERSON or page.right in ROLES[role]:
            assert own.status_code in (200, 303), (page.path, own.status_code)
        else:
            assert own.status_code == 403, page.path
        if IDS & set(MARK.findall(page.path)):
            foreign = here.get(addressed(page.path, other, theirs))
            assert foreign.status_code == (404 if page.right in ROLES[role] else 403), page.path
            assert "Souci de Mairie" not in foreign.text
        assert "Mairie" not in own.text, page.path
        for name, value in HEADERS.items():
            assert own.headers[name] == value


def test_nobody_opens_anything_without_a_session(browser: Browsers, practice: Practice) -> None:
    for page in GETS:
        answer = browser().get(addressed(page.path, practice, str(practice.call)))
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


def test_no_page_has_a_script_or_style_of_its_own(browser: Browsers, people: People, practice: Practice) -> None:
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    for page in GETS:
        answer = here.get(addressed(page.path, practice, people.id_of("claire@cabinet.fr")))
        if answer.headers.get("content-type", "").startswith("text/html"):
            found = re.search(r"<style|<script(?! src=\"/static/)|\sstyle=|<[^>]*\son\w+=", answer.text)
            assert not found, (page.path, found)


POSTS = [page for page in PAGES if page.method == "POST" and page.right not in (DOOR, PERSON)]


@pytest.mark.parametrize("role", ROLES)
def test_no_form_does_anything_for_who_lacks_the_right(
    browser: Browsers, people: People, practice: Practice, role: str
) -> None:
    here = browser().sign_in(people.signed_in(f"{role}@cabinet.fr", practice.tenant, role))
    mine = people.id_of(f"{role}@cabinet.fr")
    for page in POSTS:
        if page.right not in ROLES[role]:
            assert here.post(addressed(page.path, practice, mine), "/compte").status_code == 403, page.path


def test_no_form_changes_what_is_another_clients(
    browser: Browsers, people: People, practice: Practice, other: Practice, database: Database
) -> None:
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    people.add("maire@mairie.fr", other.tenant, "titulaire")
    theirs = people.id_of("maire@mairie.fr")
    for page in POSTS:
        names = set(MARK.findall(page.path))
        of = replace(other, ids=other.ids | {"id": other.ids["booking" if "rendez" in page.path else "message"]})
        if names & IDS:
            answer = here.post(addressed(page.path, of, theirs), "/compte", certain="oui", reponse="x", texte="x",
                               **{"role-lecteur": "oui"})  # fmt: skip
            assert answer.status_code == 404, (page.path, answer.status_code)
    with database.operator() as conn:
        (hook,) = endpoints.listed(conn, other.tenant.id)
        assert (hook.both_until, [key.ended_at for key in keys.listed(conn, other.tenant.id)]) == (None, [None])
        assert [one.state for one in deliveries.listed(conn, tenant_id=other.tenant.id)] == ["waiting"]
        assert bookings.find(conn, tenant_id=other.tenant.id)
        (theirs,) = tickets.listed(conn, tenant_id=other.tenant.id)
        assert (theirs.state, len(tickets.posts(conn, theirs))) == ("open", 1)
        assert messages.find(conn, tenant_id=other.tenant.id, done=False)
        assert [one.ended_at for one in managing.listed(conn, other.tenant.id)] == [None]
