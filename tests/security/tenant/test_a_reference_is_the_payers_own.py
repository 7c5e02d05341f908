"""Two clients who write the same words on their transfers are both credited; one who writes them twice is, once."""

from __future__ import annotations

from datetime import date

import pytest

from billing.charges.accounts import account, set_mode
from billing.documents.invoice import Terms
from billing.invoices.invoicing import set_customer, set_seller
from billing.invoices.payments import Method
from billing.invoices.topups import top_up
from store import tenants
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.test_invoices import BUYER, SELLER

DAY = date(2026, 10, 5)


@pytest.fixture
def two(database: Database) -> list[Tenant]:
    with database.operator() as conn:
        set_seller(conn, SELLER, Terms(days=30), by=OPERATOR)
        made = [tenants.add(conn, slug, slug, by=OPERATOR) for slug in ("acme", "beta")]
        for tenant in made:
            set_customer(conn, tenant.id, BUYER, by=OPERATOR)
            set_mode(conn, tenant.id, "prepaid")
    return made


def counted(database: Database, tenant: Tenant, method: Method = "transfer") -> bool:
    with database.operator(tenant.id) as conn:
        return top_up(conn, tenant, 5000, "VIR 1", DAY, "test", method=method)[1]


def test_the_same_words_of_two_clients_are_two_transfers(database: Database, two: list[Tenant]) -> None:
    assert [counted(database, tenant) for tenant in (*two, *two)] == [True, True, False, False]
    with database.operator() as conn:
        assert [account(conn, tenant.id).balance_micros for tenant in two] == [50_000_000, 50_000_000]


def test_what_the_card_company_names_is_one_payment_whoever_it_is_put_to(database: Database, two: list[Tenant]) -> None:
    assert [counted(database, tenant, "card") for tenant in two] == [True, False]
