"""From the door to the end, in Chromium: one journey a role, by what is read on the page and not by addresses."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from billing.charges import controls
from billing.invoices import leaving
from billing.office import asked
from billing.plans import plans
from billing.stripe.collect import receive
from billing.stripe.stripe_edge import Stripe
from portal.ordering import engaging
from portal.ordering import jobs as ordering
from store import agents
from store.db import Database
from store.jobs import Held
from store.work import Handler, Worker
from tests.acceptance.portal.conftest import PATIENCE_MS, Visitors
from tests.acceptance.portal.test_everybody_can_use_every_page import grave
from tests.actors import OPERATOR, today
from tests.integration.billing.test_stripe import SECRET, webhook
from tests.integration.portal.site import AGENT, CLAIRE, NOW, People, Practice
from tests.integration.portal.test_an_invoice_is_paid_and_contested import PAGE, WithPages
from tests.integration.portal.test_an_invoice_is_paid_and_contested import fake as fake
from tests.integration.portal.test_an_invoice_is_paid_and_contested import stripe as stripe
from tests.integration.portal.test_the_operators_own_site import ANNE, of_the_operator

expect.set_options(timeout=PATIENCE_MS)


def come_in(page: Page, people: People, practice: Practice, role: str) -> str:
    """By the door, with a first password; which it is."""
    email = f"{role}@cabinet.fr"
    password = people.add(email, practice.tenant, role)
    page.goto("/")
    page.get_by_label("Adresse électronique").fill(email)
    page.get_by_label("Mot de passe", exact=True).fill(password)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    expect(page.get_by_role("link", name=email)).to_be_visible()
    return password


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


def fulfilled(held: Held) -> None:
    ordering.fulfil(held, NOW)


def test_a_holder_orders_a_plan_and_pays_an_invoice(
    visitor: Visitors, site: str, people: People, practice: Practice, database: Database, stripe: Stripe,
    fake: WithPages,
) -> None:  # fmt: skip
    with database.operator(practice.tenant.id) as conn:
        (running,) = plans.subscriptions(conn, practice.tenant.id)
        leaving.withdraw(conn, running, running.starts_on, OPERATOR)
    known: dict[str, Handler] = {engaging.KIND: fulfilled, **asked.handlers(database, stripe, site, lambda: NOW)}
    worker = Worker(database, known, now=lambda: NOW)
    page = visitor(site, people.signed_in(CLAIRE, practice.tenant, "titulaire"), 360)
    page.goto("/abonnement")
    page.get_by_role("link", name="Choisir une formule").click()
    page.get_by_role("button", name="Choisir Accueil").click()
    assert not grave(page)
    box = page.get_by_label("J'ai lu et j'accepte les")
    expect(box).not_to_be_checked()
    page.get_by_role("radio", name="Non").check()
    box.check()
    page.get_by_role("button", name="Commander avec obligation de paiement").click()
    expect(page.get_by_role("status").first).to_contain_text("Votre commande est reçue")
    assert worker.drain() == 1
    page.get_by_role("link", name="Abonnement", exact=True).click()
    expect(page.get_by_text("en cours", exact=True)).to_be_visible()

    page.get_by_role("link", name="Factures", exact=True).click()
    page.get_by_role("link", name=practice.invoice).click()
    page.get_by_role("link", name="Payer", exact=True).click()
    page.get_by_role("button", name=re.compile("^Payer")).click()
    worker.drain()
    worker.close()
    go = page.get_by_role("link", name="Continuer vers la page de paiement")
    expect(go).to_have_attribute("href", f"{PAGE}cs_1")  # the page that waits asks again by itself
    receive(database, stripe, *webhook(fake.acts("succeed")), SECRET, today=today())
    page.get_by_role("link", name="Actualiser").click()
    expect(page.get_by_role("status")).to_contain_text("Il ne reste rien à payer")
    assert not grave(page)


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
