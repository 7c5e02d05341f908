"""Contracts, accounts and clients, on a real PostgreSQL: persons go in their time, and never before; sums stay."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from billing.charges.accounts import move
from billing.charges.controls import block, set_limits
from billing.documents.invoice import Line, Party, Terms, Usage, compose
from billing.invoices.invoicing import Issued, get, next_number, set_customer, set_seller, store_document
from billing.invoices.payments import pay_invoice
from billing.invoices.reconcile import reconcile_period
from billing.plans.plans import add_plan, note, subscribe
from store.db import Conn, Database
from tests.actors import OPERATOR
from tests.integration.compliance.ledger_of_tests import tenant
from tests.integration.compliance.test_a_person_has_rights_over_their_data import where_it_still_is
from tests.integration.compliance.test_what_was_kept_long_enough_goes import NOW, swept

pytestmark = pytest.mark.usefixtures("settings_home")

SELLER = Party("Opérateur Exemple SAS", "732829320", "1 rue de la Paix", "75002", "Paris", vat_number="FR44732829320")
NAME, STREET, MAIL = "Odile Quatremer", "2 impasse des Jonquilles", "odile@quatremer.example"
BUYER = Party(NAME, "404833048", STREET, "35000", "Rennes", email=MAIL)
TODAY = NOW.date()
LONG_AGO = TODAY - timedelta(days=11 * 366)
PLAN = 'title = "Accueil"\nmonthly_price = "49.00"\n'


def issued(conn: Conn, who: UUID, on: date) -> Issued:
    """An invoice of that day, paid by a transfer whose words name the payer."""
    document = compose(
        number=next_number(conn, on.year), seller=SELLER, buyer=BUYER, terms=Terms(), period=(on, on), issued_on=on,
        currency="EUR", usage=Usage(agents=(("quatremer", 60, 1, 600),)),
        lines=[Line("Communications +33", "1", "MIN", "0.6", 60), Line(NAME, "1", "C62", "1", 100, NAME, "credit")],
    )  # fmt: skip
    of = store_document(conn, who, document, on.replace(day=1), OPERATOR)
    pay_invoice(conn, of, "transfer", of.gross_cents, f"VIR {NAME} {on}", on, OPERATOR)
    return of


def hashes(superuser: Conn) -> list[dict[str, Any]]:
    return superuser.execute(
        "SELECT number, year, place, net_cents, vat_cents, gross_cents, sha256 FROM billing.invoices ORDER BY number"
    ).fetchall()


def test_an_invoice_of_over_eleven_years_names_nobody_and_keeps_its_number_sums_and_hash(
    database: Database, superuser: Conn
) -> None:
    who = tenant(database)
    with database.operator() as conn:
        old, young = issued(conn, who, LONG_AGO), issued(conn, who, LONG_AGO + timedelta(days=60))
    before = hashes(superuser)
    assert swept(database, dry_run=True)["invoices"] == 2  # the invoice, its payment
    assert swept(database)["invoices"] == 2
    assert swept(database)["invoices"] == 0
    assert hashes(superuser) == before
    with database.operator() as conn:
        left, other = get(conn, old.number).invoice(), get(conn, young.number).invoice()
    assert other == young.invoice()
    assert (left.buyer.name, left.buyer.street, left.buyer.email, left.buyer.country) == ("—", "", "", "FR")
    assert [(line.net_cents, line.name) for line in left.lines] == [(60, "Communications +33"), (100, "—")]
    assert (left.number, left.gross_cents, left.vat) == (old.number, old.gross_cents, old.invoice().vat)


def test_once_the_last_invoice_is_forgotten_nothing_of_a_closed_client_is_in_the_database(
    database: Database, superuser: Conn
) -> None:
    who = tenant(database)
    with database.operator() as conn:
        set_seller(conn, SELLER, Terms(), by=OPERATOR)
        set_customer(conn, who, BUYER, by=OPERATOR)
        set_limits(conn, who, email=MAIL, by=OPERATOR)
        issued(conn, who, LONG_AGO)
        conn.execute("UPDATE store.tenants SET name = %s, created_at = %s", (NAME, LONG_AGO))
    assert swept(database)["clients"] == 0  # it is a client still
    with database.operator() as conn:
        conn.execute("UPDATE store.tenants SET status = 'closed'")
    assert swept(database)["clients"] == 3
    with database.operator() as conn:
        conn.execute("UPDATE billing.notices SET body = '{}'")  # of today: the invoice's own
    assert [where_it_still_is(superuser, said) for said in ("Quatremer", "Jonquilles", MAIL)] == [[], [], []]


def test_the_accounts_still_agree_after_they_forgot(database: Database) -> None:
    who = tenant(database)
    with database.operator() as conn:
        issued(conn, who, LONG_AGO)
        move(conn, who, "adjustment", 5_000_000, f"geste pour {NAME}", NAME)
    month = LONG_AGO.replace(day=1)
    with database.operator() as conn:
        before = reconcile_period(conn, month)
    swept(database)
    with database.operator() as conn:
        assert reconcile_period(conn, month) == before


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE billing.invoices SET document = billing.without_persons(document), issued_by = '—'",
        "UPDATE billing.payments SET reference = id::text, noted_by = '—'",
        "UPDATE billing.movements SET reference = id::text, moved_by = '—'",
        "UPDATE billing.subscriptions SET accepted_by = '—', accepted_from = '—'",
    ],
)
def test_nothing_is_forgotten_before_its_time_even_by_the_operator(database: Database, change: LiteralString) -> None:
    who = tenant(database)
    with database.operator() as conn:
        issued(conn, who, TODAY - timedelta(days=10 * 366))
        move(conn, who, "adjustment", 5_000_000, "geste", "test")
        subscribed(conn, who, TODAY - timedelta(days=10 * 366))
    with database.operator() as conn, pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
        conn.execute(change)


@pytest.mark.parametrize(
    "change",
    ["document = document || '{\"gross_cents\": 1}'", "gross_cents = gross_cents + 1", "sha256 = repeat('0', 64)"],
)
def test_an_old_invoice_can_lose_its_persons_and_nothing_else(
    database: Database, superuser: Conn, change: LiteralString
) -> None:
    with database.operator() as conn:
        issued(conn, tenant(database), LONG_AGO)
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
        superuser.execute(f"UPDATE billing.invoices SET {change}")


def subscribed(conn: Conn, who: UUID, on: date) -> Any:
    plan = add_plan(conn, "accueil", PLAN, "test")
    at = datetime(on.year, on.month, on.day, tzinfo=UTC)
    return subscribe(
        conn, who, plan, on, accepted_by=NAME, accepted_at=at, accepted_from="192.0.2.7", terms_version="2020-01",
        terms=b"les conditions", by=OPERATOR)  # fmt: skip


@pytest.mark.parametrize(
    ("event", "years_ago", "forgotten"),
    [("notice", 6, 1), ("leave", 7, 1), ("notice", 5, 0), ("withdrawal", 9, 0), (None, 0, 0)],
)
def test_who_accepted_a_contract_is_kept_until_five_years_after_its_end(
    database: Database, superuser: Conn, event: Any, years_ago: int, forgotten: int
) -> None:
    """A withdrawal long after the seven days ends nothing; without an event the subscription runs."""
    who, on = tenant(database), TODAY - timedelta(days=10 * 366)
    with database.operator() as conn:
        of = subscribed(conn, who, on)
        if event:
            note(conn, of, event, TODAY - timedelta(days=366 * years_ago), "test")
    assert swept(database)["contracts"] == forgotten
    row = superuser.execute("SELECT accepted_by, terms_version, length(terms_sha256) AS n FROM billing.subscriptions")
    assert row.fetchone() == {"accepted_by": "—" if forgotten else NAME, "terms_version": "2020-01", "n": 64}


def test_a_withdrawal_in_its_seven_days_ends_a_contract_at_once(database: Database) -> None:
    on = TODAY - timedelta(days=5 * 366 + 10)
    with database.operator() as conn:
        note(conn, subscribed(conn, tenant(database), on), "withdrawal", on + timedelta(days=5), "test")
    assert swept(database)["contracts"] == 1


def test_lifted_suspensions_and_old_notices_go_and_stripes_events_keep_only_their_ids(
    database: Database, superuser: Conn
) -> None:
    who = tenant(database)
    with database.operator() as conn:
        block(conn, who, "operator", f"{NAME} a appelé", by=OPERATOR)  # tells the operator, too
        conn.execute("INSERT INTO billing.stripe_events VALUES ('evt_1', 'x', 'none', %s)", (f'{{"name": "{NAME}"}}',))
    assert swept(database, NOW + timedelta(days=500))["payment_events"] == 1
    later = NOW + timedelta(days=6 * 366)
    assert swept(database, later)["blocks"] == 0  # it was not lifted
    superuser.execute("UPDATE billing.blocks SET lifted_at = now(), lifted_by = 'test'")
    then = swept(database, later)
    assert then["blocks"] == 1
    assert where_it_still_is(superuser, "Quatremer") == []
    assert superuser.execute("SELECT id FROM billing.stripe_events").fetchall() == [{"id": "evt_1"}]
    assert len(superuser.execute("SELECT 1 FROM billing.notices").fetchall()) == 1
