"""From the door to the end, in Chromium: one journey a role, by what is read on the page and not by addresses."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from billing.charges import controls
from store import agents
from store.db import Database
from tests.acceptance.portal.conftest import PATIENCE_MS, Visitors
from tests.actors import OPERATOR
from tests.integration.portal.site import AGENT, People, Practice
from tests.integration.portal.test_the_operators_own_site import ANNE, of_the_operator

expect.set_options(timeout=PATIENCE_MS)


def come_in(page: Page, people: People, practice: Practice, role: str) -> None:
    """By the door, with a first password."""
    email = f"{role}@cabinet.fr"
    password = people.add(email, practice.tenant, role)
    page.goto("/")
    page.get_by_label("Adresse électronique").fill(email)
    page.get_by_label("Mot de passe", exact=True).fill(password)
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("link", name=email)).to_be_visible()


def test_a_writer_changes_the_hours_tries_and_asks(
    visitor: Visitors, site: str, people: People, practice: Practice, database: Database
) -> None:
    page = visitor(site)
    come_in(page, people, practice, "redacteur")
    page.get_by_role("link", name="Agents").click()
    page.get_by_role("link", name=AGENT).click()
    page.get_by_role("link", name="Modifier").click()
    page.get_by_role("textbox", name="mercredi", exact=True).fill("dès l'aube")
    page.get_by_role("button", name="Enregistrer et voir ce qui change").click()
    expect(page.get_by_role("textbox", name="mercredi", exact=True)).to_have_value("dès l'aube")
    expect(page.get_by_role("textbox", name="mercredi", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_role("textbox", name="mercredi", exact=True).fill("9:00-13:00")
    page.get_by_role("button", name="Enregistrer et voir ce qui change").click()
    expect(page.locator(".difference .added")).to_have_text(re.compile("wed: 9:00-13:00"))
    page.get_by_role("link", name="Essayer par écrit").click()
    page.get_by_label("Vous dites").fill("Vous êtes ouverts quand ?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Le cabinet est ouvert")).to_be_visible()
    page.get_by_role("link", name="← Version").click()
    page.get_by_role("button", name="Demander la validation").click()
    box = page.get_by_label("Je les ai lues")
    expect(box.or_(page.get_by_role("status"))).to_be_visible()
    if box.is_visible():
        box.check()
        page.get_by_role("button", name="Demander la validation").click()
    expect(page.get_by_text("La validation est demandée")).to_be_visible()
    with database.operator() as conn:
        assert agents.get(conn, practice.tenant.id, AGENT).status == "tested"


def test_a_holder_invites_somebody_and_reads_it_in_the_journal(
    visitor: Visitors, site: str, people: People, practice: Practice
) -> None:
    page = visitor(site)
    come_in(page, people, practice, "titulaire")
    page.get_by_role("link", name="Équipe").click()
    page.get_by_label("Adresse électronique").fill("lea@cabinet.fr")
    page.get_by_role("checkbox", name=re.compile("^lecteur")).check()
    page.get_by_role("button", name="Envoyer l'invitation").click()
    expect(page.get_by_text("invitation envoyée")).to_be_visible()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Journal").click()
    expect(page.get_by_text("a invité quelqu'un")).to_be_visible()


def test_a_manager_calls_an_appointment_off_and_notes_an_opposition(
    visitor: Visitors, site: str, people: People, practice: Practice
) -> None:
    page = visitor(site, "", 360)
    come_in(page, people, practice, "responsable")
    page.get_by_role("link", name="Rendez-vous").click()
    page.get_by_text("Annuler…").click()
    page.get_by_role("button", name="Oui, annuler ce rendez-vous").click()
    expect(page.get_by_role("status")).to_contain_text("Le rendez-vous est annulé")
    page.get_by_role("link", name="Conformité").click()
    page.get_by_role("link", name="Oppositions").click()
    page.get_by_label("Numéro", exact=True).fill("06 39 98 00 01")
    page.get_by_role("button", name="Ne plus appeler").click()
    expect(page.get_by_role("status")).to_contain_text("n'est plus appelée")


def test_a_reader_finds_a_call_by_its_words_by_keyboard_alone(
    visitor: Visitors, site: str, people: People, practice: Practice
) -> None:
    page = visitor(site)
    come_in(page, people, practice, "lecteur")
    page.goto("/appels")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    page.get_by_label("Mots prononcés").focus()
    page.keyboard.type("détartrage")
    page.keyboard.press("Enter")
    page.locator("table.calls a").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ce qui s'est dit")).to_be_visible()
    assert "612345678" not in page.content().replace("\u00a0", "")


def test_an_accountant_opens_an_invoice_and_nothing_else(
    visitor: Visitors, site: str, people: People, practice: Practice
) -> None:
    page = visitor(site)
    come_in(page, people, practice, "comptable")
    page.get_by_role("link", name=practice.invoice).click()
    expect(page.get_by_role("link", name="XML (EN 16931)")).to_be_visible()
    expect(page.get_by_role("navigation", name="Pages").get_by_role("link")).to_have_text(["Factures", "Support"])


def test_an_admin_lifts_a_block_and_finds_a_call(
    visitor: Visitors, operators: str, people: People, practice: Practice, database: Database
) -> None:
    with database.operator() as conn:
        controls.block(conn, practice.tenant.id, "fraud", "500 appels en une heure", by=OPERATOR)
    page = visitor(operators, of_the_operator(people, ANNE, "admin"))
    page.goto("/")
    page.get_by_role("button", name="Lever").click()
    expect(page.get_by_role("status")).to_have_text("Le blocage est levé.")
    page.get_by_role("link", name="Chercher un appel").click()
    page.get_by_label("Numéro, ou référence d'un appel").fill("06 12 34 56 78")
    page.keyboard.press("Enter")
    expect(page.get_by_text(str(practice.call))).to_be_visible()
