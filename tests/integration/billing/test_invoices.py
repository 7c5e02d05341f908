"""Invoices: unbroken numbers even when a run dies, immutable, exact to the cent, blocked by what is unrated."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from billing.charges import tariffs
from billing.charges.ledger import record_call
from billing.charges.rerate import rerate
from billing.documents.invoice import Party, Terms
from billing.invoices.crediting import credit
from billing.invoices.invoicing import Blocked, Issued, Lapsed, get, issue, listed, set_customer, set_seller
from billing.plans.plans import add_plan, subscribe
from store import tenants
from store.base.errors import BadInput, Refused
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.conftest import START, TARIFF, a_cdr

OCTOBER = date(2026, 10, 1)
SELLER = Party("Opérateur Exemple SAS", "732829320", "1 rue de la Paix", "75002", "Paris", vat_number="FR44732829320")
BUYER = Party("Cabinet Molaire", "404833048", "2 place du Marché", "35000", "Rennes")
PLAN = 'title = "Accueil"\nmonthly_price = "49.00"\n[[option]]\nname = "sms"\nmonthly_price = "5.00"\n'


@pytest.fixture
def client(database: Database, dentist: Tenant) -> Tenant:
    """The dentist, with a billing address, a subscription and three October calls (one in the bundle)."""
    with database.operator() as conn:
        set_seller(conn, SELLER, Terms(), by=OPERATOR)
        set_customer(conn, dentist.id, BUYER, by=OPERATOR)
        plan = add_plan(conn, "accueil", PLAN, "test")
        subscribe(
            conn, dentist.id, plan, date(2026, 9, 15), accepted_by="Dr Molaire", accepted_at=START,
            accepted_from="192.0.2.7", terms_version="2025-01", terms=b"les conditions", options=["sms"],
            by=OPERATOR,
        )  # fmt: skip
    with database.tenant(dentist.id) as conn:
        for number, seconds in enumerate((100, 61, 7)):
            record_call(conn, a_cdr(dentist.id, seconds, at=START + timedelta(hours=number)))
    return dentist


def run(
    database: Database, tenant: Tenant, month: date = OCTOBER, on: date = date(2026, 11, 2)
) -> Issued | None:  # fmt: skip
    with database.operator(tenant.id) as conn:
        return issue(conn, tenant, month, on, "test")


def test_an_invoice_has_the_subscription_and_the_calls_to_the_cent(database: Database, client: Tenant) -> None:
    issued = run(database, client)
    assert issued is not None
    assert [(line.name, line.quantity, line.unit_price, line.net_cents) for line in issued.invoice().lines] == [
        ("Abonnement Accueil, du 15/10/2026 au 14/11/2026", "1", "54.00", 5400),
        ("Appels émis vers la France", "1.1333", "0.6", 68),
        ("Appels émis vers la France, inclus au forfait", "1.6667", "0", 0),
        ("Mise en relation", "2", "0.05", 10),
    ]
    assert (issued.number, issued.net_cents, issued.vat_cents, issued.gross_cents) == ("2026-000001", 5478, 1096, 6574)


def test_a_month_is_invoiced_once(database: Database, client: Tenant) -> None:
    assert run(database, client) == run(database, client)


def test_a_month_that_is_not_over_is_not_invoiced(database: Database, client: Tenant) -> None:
    with pytest.raises(Blocked, match="not over"):
        run(database, client, date(2026, 11, 1))


def test_an_unrated_call_blocks_the_invoice_and_is_named_until_it_can_be_rated(
    database: Database, client: Tenant
) -> None:
    cdr = a_cdr(client.id, callee="+15550100")
    with database.tenant(client.id) as conn:
        record_call(conn, cdr)
    with pytest.raises(Blocked, match=str(cdr.id)):
        run(database, client)
    with database.operator() as conn:
        wide = tariffs.add_version(conn, "large", TARIFF + '[[rate]]\nprefix = "+1"\nprice_per_minute = "1"\n', "t")
        tariffs.assign(conn, client.id, "large", wide.version, datetime(2026, 10, 1, tzinfo=UTC), "t")
    issued = run(database, client)
    assert issued is not None
    assert issued.number == "2026-000001"  # the refused run took no number


def test_an_invoice_cannot_be_changed_by_anyone(database: Database, client: Tenant) -> None:
    run(database, client)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.operator() as conn:
        conn.execute("UPDATE billing.invoices SET gross_cents = 0, net_cents = 0, vat_cents = 0")


def test_an_invoiced_charge_is_not_rated_again(database: Database, client: Tenant) -> None:
    run(database, client)
    with database.operator(client.id) as conn:
        dear = tariffs.add_version(conn, "cher", TARIFF.replace("0.60", "6"), "t")
        done = rerate(conn, client.id, START, by=tariffs.InForce("cher", dear.version, tariffs.parsed(dear.toml)))
    assert (done.changed, len(done.invoiced)) == ([], 2)


def test_a_credit_note_gives_the_invoice_back_and_frees_its_charges(database: Database, client: Tenant) -> None:
    first = run(database, client)
    assert first is not None
    with database.operator() as conn:
        note = credit(conn, first.number, date(2026, 11, 3), "test")
    assert (note.number, note.gross_cents, note.invoice().credits) == ("2026-000002", -first.gross_cents, first.number)
    again = run(database, client, on=date(2026, 11, 3))
    assert again is not None
    assert (again.number, again.gross_cents) == ("2026-000003", first.gross_cents)
    with pytest.raises(Refused), database.operator() as conn:
        credit(conn, first.number, date(2026, 11, 3), "test")


def test_calls_are_invoiced_within_a_year_of_falling_due_and_not_after(database: Database, client: Tenant) -> None:
    """CPCE L34-2 al. 2: October's calls fall due when it ends."""
    with pytest.raises(Lapsed, match="until 2027-11-01"), database.operator(client.id) as conn:
        issue(conn, client, OCTOBER, date(2027, 11, 2), "test")
    with database.operator(client.id) as conn:
        issued = issue(conn, client, OCTOBER, date(2027, 11, 1), "test")
    assert issued is not None
    assert issued.number == "2027-000001"  # the refused run took no number


def test_calls_claimed_in_time_may_be_invoiced_again_after_the_year(database: Database, client: Tenant) -> None:
    first = run(database, client)
    assert first is not None
    with database.operator(client.id) as conn:
        credit(conn, first.number, date(2027, 12, 1), "test")
        again = issue(conn, client, OCTOBER, date(2027, 12, 2), "test")
    assert again is not None
    assert again.gross_cents == first.gross_cents


def test_an_emergency_call_is_on_no_detailed_page(database: Database, client: Tenant) -> None:
    other_day = START + timedelta(days=3)
    with database.tenant(client.id) as conn:
        record_call(conn, a_cdr(client.id, 600, callee="112", at=other_day))
    issued = run(database, client)
    assert issued is not None
    page = issued.invoice().usage
    assert [day for day, _, _ in page.days] == [START.date().isoformat()]
    assert [name for name, *_ in page.destinations] == ["Appels émis vers la France"]
    assert sum(calls for _, calls, *_ in page.agents) == 3


def test_runs_at_once_number_without_gap(database: Database, client: Tenant) -> None:
    clients = [client]
    with database.operator() as conn:
        plan = add_plan(conn, "accueil", PLAN, "test")
        for number in range(9):
            clients.append(tenants.add(conn, f"client-{number}", "Client", by=OPERATOR))
            set_customer(conn, clients[-1].id, BUYER, by=OPERATOR)
            subscribe(
                conn, clients[-1].id, plan, OCTOBER, accepted_by="x", accepted_at=START, accepted_from="web",
                terms_version="1", terms=b"", by=OPERATOR)  # fmt: skip
    with ThreadPoolExecutor(5) as pool:
        numbers = sorted(i.number for i in pool.map(lambda t: run(database, t), clients) if i)
    assert numbers == [f"2026-{n:06d}" for n in range(1, 11)]


_KILLED = """
import os, sys
from datetime import date
from store.db import Database
from store import tenants
from billing.invoices import invoicing
with Database(sys.argv[1], sys.argv[2]) as db:
    with db.operator() as conn:
        tenant = tenants.get(conn, sys.argv[3])
    with db.operator(tenant.id) as conn:
        invoicing.issue(conn, tenant, date(2026, 10, 1), date(2026, 11, 2), "killed")
        os.kill(os.getpid(), 9)
"""


def test_a_run_killed_after_numbering_leaves_no_gap_and_no_half(database: Database, client: Tenant) -> None:
    arguments = [database.service_dsn, database.operator_dsn, client.slug]
    died = subprocess.run([sys.executable, "-c", _KILLED, *arguments], check=False, capture_output=True, text=True)
    assert died.returncode == -9, died.stderr
    with database.operator() as conn:
        assert listed(conn) == []
    issued = run(database, client)
    assert issued is not None
    assert issued.number == "2026-000001"


def test_a_client_without_a_billing_address_is_told_and_takes_no_number(database: Database, client: Tenant) -> None:
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
        plan = add_plan(conn, "accueil", PLAN, "test")
        subscribe(
            conn, other.id, plan, OCTOBER, accepted_by="x", accepted_at=START, accepted_from="web",
            terms_version="1", terms=b"", by=OPERATOR)  # fmt: skip
    with pytest.raises(BadInput, match="mairie has no billing address"):
        run(database, other)
    issued = run(database, client)
    assert issued is not None
    assert issued.number == "2026-000001"


def test_another_tenant_sees_no_invoice(database: Database, client: Tenant) -> None:
    run(database, client)
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
    with database.tenant(other.id) as conn:
        assert listed(conn) == []
    with database.tenant(client.id) as conn:
        assert get(conn, "2026-000001").gross_cents == 6574
