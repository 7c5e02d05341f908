"""An agent goes live only for a client who declared whether its calls hold sensitive data (contract, 6.2 f)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest
from click.testing import CliRunner, Result

from agents import versions
from agents.loading import loads
from ari_app.cli import decroche
from ari_app.demo import seed
from compliance.people import declarations
from portal.door import Portal
from portal.ordering import jobs
from store import tenants
from store.base.settings import settings
from store.db import Database
from store.work import Worker
from tests.actors import OPERATOR
from tests.integration.portal.site import AGENT, CLAIRE, DENTAL, Browsers, People, Practice

Run = Callable[..., Result]
TWO = f"/agents/{AGENT}/versions/2"


@pytest.fixture
def run(database: Database, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `decroche …` on the test's database."""
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()
    return lambda *words: CliRunner().invoke(decroche, [str(word) for word in words])


def test_a_new_client_publishes_once_it_is_declared_and_agreed_to(database: Database, run: Run) -> None:
    with database.operator() as conn:
        tenants.add(conn, "notaire", "Étude", by=OPERATOR)
        versions.tested(
            conn, versions.import_text(conn, "notaire", loads(DENTAL), by=OPERATOR), person="Léa", by=OPERATOR
        )
    publish = ("agent", "publish", AGENT, "--tenant", "notaire", "--by", "Marc", "--no-speech")
    refused = run(*publish)
    assert (refused.exit_code, "decroche privacy declare" in refused.output) == (1, True)
    declare = ("privacy", "declare", "--tenant", "notaire", "--reference", "devis 7", "--json", "--sensitive")
    assert json.loads(run(*declare, "yes").stdout)["state"] == "waits"
    refused = run(*publish)
    assert (refused.exit_code, "decroche privacy agree" in refused.output) == (1, True)
    agreed = run("privacy", "agree", "--tenant", "notaire", "--reference", "avenant 1", "--json")
    assert json.loads(agreed.stdout)["state"] == "agreed"
    assert run(*publish).exit_code == 0
    assert run("privacy", "agree", "--tenant", "notaire", "--reference", "fin", "--withdraw").exit_code == 0
    assert run(*publish).exit_code == 1
    assert run(*declare, "no").exit_code == 0
    assert run(*publish).exit_code == 0
    listed = run("privacy", "declared", "--tenant", "notaire", "--json").stdout.splitlines()
    said = [json.loads(line)["said"] for line in listed]
    assert said == ["sensitive", "agreed", "refused", "none"]
    assert run("privacy", "agree", "--tenant", "notaire", "--reference", " ").exit_code == 2


def test_the_holder_declares_on_the_page_and_the_operator_is_told(
    browser: Browsers, people: People, practice: Practice, database: Database, portal: Portal
) -> None:
    claire = browser().sign_in(people.signed_in(CLAIRE, practice.tenant, "titulaire"))
    with database.operator() as conn:
        made = versions.import_text(conn, "dentiste", loads(DENTAL + "# fin\n"), by=OPERATOR)
        versions.tested(conn, made, person="lea@cabinet.fr", by=OPERATOR)
    assert claire.post("/abonnement/donnees-sensibles", "/abonnement").status_code == 422
    done = claire.post("/abonnement/donnees-sensibles", "/abonnement", sensibles="oui")
    assert done.headers["location"] == "/abonnement?fait=declaration"
    assert "accord attendu" in claire.get("/abonnement").text
    refused = claire.post(f"{TWO}/publier", TWO)
    assert (refused.status_code, "6.2 f" in refused.text) == (422, True)
    worker = Worker(database, jobs.handlers(portal.settings))
    worker.drain()
    worker.close()
    with database.operator() as conn:
        told = conn.execute("SELECT audience FROM billing.notices WHERE kind = 'sensitive_data'").fetchall()
        assert [row["audience"] for row in told] == ["operator"]
        declarations.agree(
            conn, practice.tenant.id, agreed=True, reference="avenant 1", by=OPERATOR, now=datetime.now(UTC)
        )
    assert "avenant 1" in claire.get("/abonnement").text
    assert claire.post(f"{TWO}/publier", TWO).headers["location"] == f"{TWO}?fait=publie"


def test_the_web_writes_no_word_of_the_operators(portal: Portal, people: People, practice: Practice) -> None:
    token = people.signed_in(CLAIRE, practice.tenant, "titulaire")
    now = datetime(2026, 11, 27, 9, tzinfo=UTC)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), portal.entered(token, now) as seat:
        declarations.agree(seat.conn, seat.whose, agreed=True, reference="x", by=seat.by, now=now)
    reader = people.signed_in("lea@cabinet.fr", practice.tenant, "responsable")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), portal.entered(reader, now) as seat:
        declarations.declare(seat.conn, seat.whose, sensitive=False, reference="x", by=seat.by, now=now)


def test_the_demonstrations_client_is_declared_and_publishes(database: Database) -> None:
    tenant_id = seed.seed(database)
    assert seed.seed(database) == tenant_id
    with database.operator() as conn:
        assert len(declarations.listed(conn, tenant_id)) == 1
        declarations.needed(declarations.held(conn, tenant_id))
