"""Abonnement: an order with its proof, its invoice; notice and withdrawal with their dates; a new price accepted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator
from datetime import UTC, date, datetime
from email.message import Message
from pathlib import Path

import pytest

from billing.invoices import invoicing, leaving
from billing.plans import plans
from portal.door import Portal
from portal.ordering import engaging, jobs, recap, terms
from store import audit
from store.base.settings import Settings, settings
from store.db import Database
from store.work import Worker
from tests.actors import OPERATOR
from tests.integration.portal.conftest import browsing
from tests.integration.portal.site import CLAIRE, Browser, Browsers, People, Practice
from tests.mailbox import Mailbox, serving

PLAN = """title = "Accueil Plus"
monthly_price = "79.00"
agents = 2
tariff = "t-dentiste"
[[option]]
name = "sms"
monthly_price = "5.00"
"""
CGV = "Conditions générales, version d'essai.\n".encode()
AT = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
"""The last day to withdraw from what the practice subscribed to, and after its last invoice."""
TODAY = AT.date()


@pytest.fixture
def mailbox() -> Generator[Mailbox]:
    with serving() as box:
        yield box


@pytest.fixture
def ours(settings_home: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DECROCHE_BILLING__SMTP", mailbox.where)
    settings.cache_clear()
    return settings()


@pytest.fixture
def offered(database: Database, practice: Practice) -> str:
    """A plan and terms; what ran has ended."""
    with database.operator(practice.tenant.id) as conn:
        (running,) = plans.subscriptions(conn, practice.tenant.id)
        leaving.withdraw(conn, running, running.starts_on, OPERATOR)
        plans.add_plan(conn, "accueil-plus", PLAN, OPERATOR)
        terms.add(conn, "2026-11", CGV, by=OPERATOR, now=AT)
    return "/abonnement/commander?formule=accueil-plus&option-sms=oui"


@pytest.fixture
def browser(portal: Portal) -> Generator[Browsers]:
    with browsing(portal, AT) as made:
        yield made


@pytest.fixture
def claire(browser: Browsers, people: People, practice: Practice) -> Browser:
    return browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire", now=AT))


def worked(database: Database, of: Settings) -> int:
    worker = Worker(database, jobs.handlers(of, now=lambda: AT), now=lambda: AT)
    done = worker.drain()
    worker.close()
    return done


def order(claire: Browser, at: str, **typed: str) -> str:
    """Send the form of the page as it is shown; where it leads, or what it says."""
    page = claire.get(at).text
    hidden = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page))
    del hidden["jeton"]
    answer = claire.post("/abonnement/commander", at, **(hidden | typed))
    return answer.headers.get("location", answer.text)


def parts(letter: Message) -> dict[str, bytes]:
    return {str(part.get_filename()): part.get_payload(decode=True) for part in letter.walk() if part.get_filename()}  # type: ignore[misc]


def test_an_order_binds_with_its_proof_mailed_and_its_invoice(
    claire: Browser, offered: str, practice: Practice, database: Database, ours: Settings, mailbox: Mailbox
) -> None:
    compared = claire.get("/abonnement/formules").text
    assert "Accueil Plus" in compared
    assert "79,00" in compared
    page = claire.get(offered).text
    assert "84,00" in page
    assert not re.search(r'name="conditions"[^>]*checked', page)
    assert not re.search(r'name="sensibles"[^>]*checked', page)
    assert "Cochez la case" in order(claire, offered, sensibles="oui")
    assert "Répondez par oui ou non" in order(claire, offered, conditions="oui")
    assert "ont changé" in order(claire, offered, sensibles="oui", conditions="oui", montre="0" * 64)
    with database.operator() as conn:
        assert [one.kind for one in engaging.listed(conn, practice.tenant.id)] == ["accept_price"]
    assert order(claire, offered, sensibles="oui", conditions="oui") == "/abonnement?fait=commande"
    assert "déjà" in claire.get(offered).text
    with database.operator() as conn:
        kept = engaging.listed(conn, practice.tenant.id)[0]
    assert (kept.email, kept.at, kept.address, kept.terms_sha256) == (
        CLAIRE, AT, "testclient", hashlib.sha256(CGV).hexdigest(),
    )  # fmt: skip
    assert kept.sha256 == recap.digest(kept.recap)
    assert kept.recap["sensitive_data"] is True

    assert worked(database, ours) == 2
    with database.operator(practice.tenant.id) as conn:
        made = plans.subscriptions(conn, practice.tenant.id)[-1]
        kept = engaging.get(conn, kept.id)
        issued = invoicing.get(conn, kept.invoice)
        told = conn.execute("SELECT audience FROM billing.notices WHERE kind = 'sensitive_data'").fetchall()
        who = [one.who for one in audit.find(conn, tenant_id=practice.tenant.id, action="subscription.add")]
    assert (made.plan, list(made.options), made.starts_on, made.terms_version) == (
        "accueil-plus",
        ["sms"],
        TODAY,
        "2026-11",
    )
    assert CLAIRE in made.accepted_by
    assert made.accepted_from.startswith("testclient")
    assert (kept.state, kept.subscription_id, issued.net_cents) == ("done", made.id, 8400)
    assert told == [{"audience": "operator"}]
    assert f"person:{CLAIRE}" in who
    (letter,) = mailbox.letters
    files = parts(letter)
    assert letter["To"] == CLAIRE
    assert files["conditions-2026-11.txt"] == CGV
    assert files[f"preuve-{kept.id}.pdf"].startswith(b"%PDF-")
    assert kept.invoice in claire.get("/abonnement").text
    assert claire.get(f"/abonnement/actes/{kept.id}/preuve").content.startswith(b"%PDF-")


def test_an_ending_shows_its_dates_before_the_click_and_takes_effect_on_them(
    claire: Browser, practice: Practice, database: Database, ours: Settings, mailbox: Mailbox
) -> None:
    at = f"/abonnement/{practice.ids['subscription']}/fin"
    assert "24/11/2027" in claire.get(f"{at}?comment=notice").text
    shown = claire.get(f"{at}?comment=withdrawal").text
    assert "02/12/2026" in shown
    assert claire.post(at, at, comment="withdrawal").status_code == 422
    assert claire.post(at, at, comment="leave", certain="oui").status_code == 409
    assert claire.post(at, at, comment="withdrawal", certain="oui").headers["location"] == "/abonnement?fait=fin"
    assert claire.post(at, at, comment="notice", certain="oui").status_code == 409  # one is under way
    assert worked(database, ours) == 2
    with database.operator(practice.tenant.id) as conn:
        (of,) = plans.subscriptions(conn, practice.tenant.id)
        assert plans.calendar_of(conn, of, date(2027, 1, 1)).ends_on == TODAY
    assert mailbox.letters[0]["To"] == CLAIRE


def test_a_new_price_is_accepted(
    claire: Browser, practice: Practice, database: Database, ours: Settings, mailbox: Mailbox
) -> None:
    at = f"/abonnement/{practice.ids['subscription']}/prix"
    with database.operator(practice.tenant.id) as conn:
        (of,) = plans.subscriptions(conn, practice.tenant.id)
        leaving.announce_price(conn, of, 55_000_000, TODAY, date(2027, 1, 1), OPERATOR)
    assert "55,00" in claire.get("/abonnement").text
    assert claire.post(at, "/abonnement").headers["location"] == "/abonnement?fait=prix"
    assert worked(database, ours) == 2
    assert "Accepté." in claire.get("/abonnement").text
    with database.operator() as conn:
        assert audit.find(conn, tenant_id=practice.tenant.id, action="subscription.accept_price")
    assert len(mailbox.letters) == 1


def test_an_order_that_another_one_preceded_is_refused_and_said_so(
    claire: Browser, offered: str, practice: Practice, database: Database, ours: Settings, mailbox: Mailbox
) -> None:
    assert order(claire, offered, sensibles="non", conditions="oui") == "/abonnement?fait=commande"
    with database.operator(practice.tenant.id) as conn:
        plans.subscribe(
            conn, practice.tenant.id, plans.get_plan(conn, "accueil-plus"), TODAY, accepted_by="Dr Molaire",
            accepted_at=AT, accepted_from="devis 12", terms_version="2026-11", terms=CGV, by=OPERATOR,
        )  # fmt: skip
    assert worked(database, ours) == 2
    assert "refusée" in claire.get("/abonnement").text
    assert b"n'a pas pu" in mailbox.letters[0].get_payload(0).get_payload(decode=True)  # type: ignore[union-attr]
