"""Dunning: told once a step, suspended, lifted by the payment itself; contested lines are held out."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from ari_app.desk.office import Office
from ari_app.desk.routing import NoAgent
from billing.charges.controls import TELL, OutboundBlocked, allow_dialling, lift
from billing.invoices.balances import balance_due
from billing.invoices.dunning import close_dispute, debts, dispute, run_dunning
from billing.invoices.invoicing import Issued
from billing.invoices.payments import pay_invoice
from billing.office.outbox import Post
from billing.office.telling import deliver, told_by_hand
from store import agents, numbers, tenants
from store.base.errors import BadInput, NotFound, Refused
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


def taken(database: Database, tenant: Tenant, days: int) -> list[str]:
    """The steps taken so many days after the due date; what they tell reaches nobody yet."""
    with database.operator(tenant.id) as conn:
        return [notice.kind for notice in run_dunning(conn, tenant.id, DUE + timedelta(days=days))]


def told(database: Database, tenant: Tenant, days: int) -> list[str]:
    """As `taken`, and a letter tells them on the same day."""
    found = taken(database, tenant, days)
    reached(database, days)
    return found


def reached(database: Database, days: int) -> None:
    """Every step that waits is told by a letter that came so many days after the due date."""
    on = DUE + timedelta(days=days)
    with database.operator() as conn:
        waiting = conn.execute(
            "SELECT id FROM billing.notices WHERE taken_on IS NOT NULL AND told_on IS NULL"
        ).fetchall()
        for row in waiting:
            told_by_hand(conn, row["id"], on, "LRAR 1A 234", by=OPERATOR, today=on)


ALL_STEPS = (3, 10, 20, 30)
"""When each step is taken, where each was told at once."""


def notice_of(database: Database) -> dict[str, Any]:
    """What the formal notice says."""
    with database.operator() as conn:
        row = conn.execute("SELECT body FROM billing.notices WHERE kind = 'formal_notice'").fetchone()
    assert row is not None
    return row["body"]


def test_each_step_is_told_once_and_the_last_suspends_outbound_until_it_is_paid(
    database: Database, client: Tenant, owed: Issued
) -> None:
    assert [told(database, client, days) for days in (0, 3, 4, 10, 19, 20, 30, 30)] == [
        [], ["reminder_1"], [], ["reminder_2"], [], ["formal_notice"], ["suspension"], []
    ]  # fmt: skip
    with pytest.raises(OutboundBlocked, match="unpaid"):
        allow_dialling(database, client.id, "+33612345678", START)
    with database.operator(client.id) as conn:
        pay_invoice(conn, owed, "transfer", owed.gross_cents, "VIR 9", DUE + timedelta(days=31), "test")
    allow_dialling(database, client.id, "+33612345678", START)


def test_a_formal_notice_that_reached_nobody_suspends_nobody_and_counts_from_its_telling(
    database: Database, client: Tenant, owed: Issued
) -> None:
    for days in (3, 10):
        told(database, client, days)
    assert taken(database, client, 20) == ["formal_notice"]
    for days in (30, 60, 90):
        assert taken(database, client, days) == []
    allow_dialling(database, client.id, "+33612345678", START)
    assert notice_of(database)["suspension_on"] == (DUE + timedelta(days=100)).isoformat(), "told anew with its day"
    reached(database, 91)
    assert taken(database, client, 100) == []
    allow_dialling(database, client.id, "+33612345678", START)
    assert taken(database, client, 101) == ["suspension"]
    with pytest.raises(OutboundBlocked, match="unpaid"):
        allow_dialling(database, client.id, "+33612345678", START)


def test_a_letter_is_noted_once_and_never_before_the_step_it_tells(
    database: Database, client: Tenant, owed: Issued
) -> None:
    taken(database, client, 3)
    with database.operator() as conn:
        row = conn.execute("SELECT id FROM billing.notices WHERE kind = 'reminder_1'").fetchone()
    assert row is not None
    with pytest.raises(BadInput, match="after"), database.operator() as conn:
        told_by_hand(conn, row["id"], DUE, "LRAR", by=OPERATOR, today=DUE + timedelta(days=3))
    reached(database, 4)
    with pytest.raises(Refused, match="told on"), database.operator() as conn:
        told_by_hand(conn, row["id"], DUE + timedelta(days=5), "LRAR", by=OPERATOR, today=DUE + timedelta(days=5))


def test_what_was_paid_before_its_reminder_went_out_is_not_asked_for_any_more(
    database: Database, client: Tenant, owed: Issued
) -> None:
    taken(database, client, 3)
    with database.operator(client.id) as conn:
        pay_invoice(conn, owed, "transfer", owed.gross_cents, "VIR 9", DUE + timedelta(days=4), "test")
    taken(database, client, 5)
    assert deliver(database, Post())[0] == 0
    with database.operator() as conn:
        waits = conn.execute(
            """SELECT 1 FROM store.jobs j JOIN billing.notices n ON j.about = n.id::text
                WHERE j.kind = %s AND n.kind = 'reminder_1'""",
            (TELL,),
        ).fetchone()
    assert waits is None


def test_nobody_is_suspended_before_the_day_its_formal_notice_named(
    database: Database, client: Tenant, owed: Issued
) -> None:
    assert [told(database, client, days) for days in (45, 46, 52, 62)] == [
        ["reminder_1"], [], ["reminder_2"], ["formal_notice"]
    ]  # fmt: skip
    assert told(database, client, 71) == []
    allow_dialling(database, client.id, "+33612345678", START)
    assert notice_of(database)["suspension_on"] == (DUE + timedelta(days=72)).isoformat()
    assert told(database, client, 72) == ["suspension"]
    with pytest.raises(OutboundBlocked, match="unpaid"):
        allow_dialling(database, client.id, "+33612345678", START)


def test_looking_at_a_day_that_is_past_lifts_nothing(database: Database, client: Tenant, owed: Issued) -> None:
    for days in ALL_STEPS:
        told(database, client, days)
    assert taken(database, client, 1) == []
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
    assert await office.routing.who_answers(NUMBER) is not None
    for days in ALL_STEPS:
        told(database, client, days)
    with pytest.raises(NoAgent, match="its tenant is suspended"):  # the dialplan takes the caller to the fallback
        await office.routing.who_answers(NUMBER)
    with database.operator(client.id) as conn:
        pay_invoice(conn, owed, "transfer", owed.gross_cents, "VIR 9", DUE + timedelta(days=31), "test")
    assert await office.routing.who_answers(NUMBER) is not None


def test_a_suspension_that_the_operator_lifts_opens_the_numbers_too(
    database: Database, client: Tenant, owed: Issued
) -> None:
    for days in ALL_STEPS:
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
    assert [told(database, client, days) for days in (42, 49, 59, 69)] == [
        ["reminder_1"], ["reminder_2"], ["formal_notice"], ["suspension"]
    ]  # fmt: skip


def test_a_dispute_after_eight_working_days_or_about_no_line_is_refused(
    database: Database, client: Tenant, owed: Issued
) -> None:
    with pytest.raises(Refused, match="2026-11-13"), database.operator(client.id) as conn:
        dispute(conn, owed, [1], "trop tard", DUE, date(2026, 11, 14), by=OPERATOR)
    with pytest.raises(NotFound), database.operator(client.id) as conn:
        dispute(conn, owed, [9], "quelle ligne ?", DUE, DUE, by=OPERATOR)


def test_lines_are_contested_once_and_in_the_order_of_days(database: Database, client: Tenant, owed: Issued) -> None:
    with database.operator(client.id) as conn:
        dispute(conn, owed, [1], "abonnement résilié", DUE, date(2026, 11, 12), by=OPERATOR)
        with pytest.raises(Refused, match="contested already"):
            dispute(conn, owed, [1, 2], "encore", DUE, date(2026, 11, 12), by=OPERATOR)
        with pytest.raises(BadInput, match="was received on"):
            dispute(conn, owed, [2], "avant la facture", DUE - timedelta(days=30), DUE, by=OPERATOR)
        ((_, debt),) = debts(conn, client.id)
        assert debt.in_dunning(date(2026, 11, 20)) == owed.gross_cents - 6480
