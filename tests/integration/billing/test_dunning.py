"""Dunning: told once a step, suspended, lifted by the payment itself; contested lines are held out."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from ari_app.desk.office import NoAgent, Office
from billing.charges.controls import OutboundBlocked, allow_dialling, lift
from billing.invoices.dunning import close_dispute, debts, dispute, run_dunning
from billing.invoices.invoicing import Issued
from billing.invoices.payments import balance_due, pay_invoice
from store import agents, numbers, tenants
from store.base.errors import NotFound, Refused
from store.base.settings import settings
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.conftest import START
from tests.integration.billing.test_invoices import client, run

__all__ = ["client"]

DUE = date(2026, 11, 2)
NUMBER = "+33162001234"
DENTAL = Path(__file__).parents[3] / "agents/examples/dental.fr.yaml"


@pytest.fixture
def owed(database: Database, client: Tenant) -> Issued:
    issued = run(database, client)
    assert issued is not None
    return issued


def told(database: Database, tenant: Tenant, days: int) -> list[str]:
    with database.operator(tenant.id) as conn:
        return [notice.kind for notice in run_dunning(conn, tenant.id, DUE + timedelta(days=days))]


def notice_of(database: Database) -> dict[str, Any]:
    """What the formal notice says."""
    with database.operator() as conn:
        row = conn.execute("SELECT body FROM billing.notices WHERE kind = 'formal_notice'").fetchone()
    assert row is not None
    return row["body"]


def test_each_step_is_told_once_and_the_last_suspends_outbound_until_it_is_paid(
    database: Database, client: Tenant, owed: Issued
) -> None:
    assert [told(database, client, days) for days in (0, 3, 4, 20, 30, 30)] == [
        [], ["reminder_1"], [], ["reminder_2", "formal_notice"], ["suspension"], []
    ]  # fmt: skip
    with pytest.raises(OutboundBlocked, match="unpaid"):
        allow_dialling(database, client.id, "+33612345678", START)
    with database.operator(client.id) as conn:
        pay_invoice(conn, owed, "transfer", owed.gross_cents, "VIR 9", DUE + timedelta(days=31), "test")
    allow_dialling(database, client.id, "+33612345678", START)


def test_nobody_is_suspended_before_the_day_its_formal_notice_named(
    database: Database, client: Tenant, owed: Issued
) -> None:
    assert told(database, client, 45) == ["reminder_1", "reminder_2", "formal_notice"]  # the first round comes late
    assert told(database, client, 54) == []
    allow_dialling(database, client.id, "+33612345678", START)
    assert notice_of(database)["suspension_on"] == (DUE + timedelta(days=55)).isoformat()
    assert told(database, client, 55) == ["suspension"]
    with pytest.raises(OutboundBlocked, match="unpaid"):
        allow_dialling(database, client.id, "+33612345678", START)


async def test_a_suspended_tenants_agents_answer_nobody_until_it_has_paid(
    database: Database, client: Tenant, owed: Issued, settings_home: Path
) -> None:
    with database.operator() as conn:
        agents.import_version(conn, client.id, "accueil", DENTAL.read_text(encoding="utf-8"), by=OPERATOR)
        agents.mark_tested(conn, client.id, "accueil", 1, "test", by=OPERATOR)
        agents.publish(conn, client.id, "accueil", 1, "other", by=OPERATOR)
        numbers.add(conn, NUMBER, fallback="+33145678901", by=OPERATOR)
        numbers.assign(conn, NUMBER, client.id, agent="accueil", by=OPERATOR)
    office = Office(database, settings())
    assert await office.who_answers(NUMBER) is not None
    for days in (20, 30):
        told(database, client, days)
    with pytest.raises(NoAgent, match="its tenant is suspended"):  # the dialplan takes the caller to the fallback
        await office.who_answers(NUMBER)
    with database.operator(client.id) as conn:
        pay_invoice(conn, owed, "transfer", owed.gross_cents, "VIR 9", DUE + timedelta(days=31), "test")
    assert await office.who_answers(NUMBER) is not None


def test_a_suspension_that_the_operator_lifts_opens_the_numbers_too(
    database: Database, client: Tenant, owed: Issued
) -> None:
    for days in (20, 30):
        told(database, client, days)
    with database.operator() as conn:
        assert tenants.get(conn, client.slug).status == "suspended"
        lift(conn, client.id, "unpaid", "operator")
        assert tenants.get(conn, client.slug).status == "active"


def test_contested_lines_are_held_out_and_the_rest_is_not(database: Database, client: Tenant, owed: Issued) -> None:
    with database.operator(client.id) as conn:
        opened = dispute(conn, owed, [1], "abonnement résilié", DUE, date(2026, 11, 12), by=OPERATOR)
        ((_, debt),) = debts(conn, client.id)
        assert debt.in_dunning(date(2026, 11, 20)) == owed.gross_cents - 6480
        pay_invoice(conn, owed, "transfer", owed.gross_cents - 6480, "VIR 1", date(2026, 11, 12), "test")
    assert told(database, client, 40) == []
    with database.operator(client.id) as conn:
        close_dispute(conn, opened, "rejetée", DUE + timedelta(days=41), by=OPERATOR)
        assert balance_due(conn, owed) == 6480
    assert told(database, client, 42)[-1] == "formal_notice"
    assert told(database, client, 52) == ["suspension"]


def test_a_dispute_after_eight_working_days_or_about_no_line_is_refused(
    database: Database, client: Tenant, owed: Issued
) -> None:
    with pytest.raises(Refused, match="2026-11-13"), database.operator(client.id) as conn:
        dispute(conn, owed, [1], "trop tard", DUE, date(2026, 11, 14), by=OPERATOR)
    with pytest.raises(NotFound), database.operator(client.id) as conn:
        dispute(conn, owed, [9], "quelle ligne ?", DUE, DUE, by=OPERATOR)
