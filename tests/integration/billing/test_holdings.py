"""Agents and numbers beyond a plan: the most held at once in a month is charged where the plan has a price for it."""

from __future__ import annotations

from datetime import date

import pytest

from billing.documents.invoice import Terms
from billing.invoices.invoicing import issue, set_customer, set_seller
from billing.invoices.reconcile import reconcile_period
from billing.plans.holdings import Beyond, Holdings, beyond, note_holdings
from billing.plans.plans import BadPlan, Plan, add_plan, parse_plan, subscribe
from store.base.errors import NotFound
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.conftest import START
from tests.integration.billing.test_invoices import BUYER, OCTOBER, SELLER

PRICED = """\
title = "Accueil"
monthly_price = "49.00"
numbers = 2
extra_number = "3.50"
"""


def a_tenant_with(database: Database, tenant: Tenant, plan: str, numbers: int) -> None:
    with database.operator() as conn:
        set_seller(conn, SELLER, Terms(), by=OPERATOR)
        set_customer(conn, tenant.id, BUYER, by=OPERATOR)
        subscribe(
            conn, tenant.id, add_plan(conn, "accueil", plan, "test"), OCTOBER, accepted_by="x", accepted_at=START,
            accepted_from="web", terms_version="1", terms=b"", by=OPERATOR)  # fmt: skip
        for n in range(numbers):
            conn.execute(
                "INSERT INTO store.numbers (e164, tenant_id, added_at, assigned_at) VALUES (%s, %s, %s, %s)",
                (f"+3316200{n:04d}", tenant.id, START, START),
            )


def test_the_most_numbers_held_in_the_month_are_charged_although_some_were_given_back(
    database: Database, dentist: Tenant
) -> None:
    a_tenant_with(database, dentist, PRICED, 4)
    with database.operator(dentist.id) as conn:
        note_holdings(conn, dentist.id, OCTOBER, date(2026, 10, 8))
        conn.execute("DELETE FROM store.numbers WHERE e164 = '+33162000000'")
        issued = issue(conn, dentist, OCTOBER, date(2026, 11, 2), "test")
        assert issued is not None
        line = issued.invoice().lines[1]
        assert (line.name, line.quantity, line.unit_price, line.net_cents) == (
            "Numéro supplémentaire",
            "2",
            "3.50",
            700,
        )
        assert reconcile_period(conn, OCTOBER)[1] == []


def test_a_number_given_after_the_month_is_not_charged_with_it(database: Database, dentist: Tenant) -> None:
    a_tenant_with(database, dentist, PRICED, 2)
    with database.operator(dentist.id) as conn:
        conn.execute(
            "INSERT INTO store.numbers (e164, tenant_id, assigned_at) VALUES ('+33162009999', %s, '2026-11-01T12:00Z')",
            (dentist.id,),
        )
        issued = issue(conn, dentist, OCTOBER, date(2026, 11, 2), "test")
    assert issued is not None
    assert len(issued.invoice().lines) == 1


def test_beyond_a_plan_without_a_price_nothing_is_charged_and_the_operator_is_told_once_a_month(
    database: Database, dentist: Tenant
) -> None:
    a_tenant_with(database, dentist, PRICED.replace('extra_number = "3.50"\n', ""), 3)
    with database.operator(dentist.id) as conn:
        for day in (8, 9):
            note_holdings(conn, dentist.id, OCTOBER, date(2026, 10, day))
        issued = issue(conn, dentist, OCTOBER, date(2026, 11, 2), "test")
        told = conn.execute("SELECT audience, body FROM billing.notices WHERE kind = 'over_plan'").fetchall()
    assert issued is not None
    assert len(issued.invoice().lines) == 1
    assert told == [{"audience": "operator", "body": {"plan": "accueil", "what": "1 numbers"}}]


def test_two_plans_include_together_and_the_cheaper_price_holds() -> None:
    plans = [
        Plan("a", 1, "A", 0, 1, 2, "", {}, 5_000_000, 4_000_000),
        Plan("b", 1, "B", 0, 1, 3, "", {}, None, 3_000_000),
    ]
    assert beyond(Holdings(3, 6), plans) == [Beyond("agents", 1, 5_000_000), Beyond("numbers", 1, 3_000_000)]
    assert beyond(Holdings(2, 5), plans) == []
    assert beyond(Holdings(9, 9), []) == []


def test_a_plans_tariff_rates_the_calls_of_whoever_subscribes(database: Database, dentist: Tenant) -> None:
    with database.operator(dentist.id) as conn:
        conn.execute("SELECT set_config('app.tenant', %s, true)", (str(dentist.id),))
        plan = add_plan(conn, "accueil", PRICED + 'tariff = "standard"\n', "test")
        subscribe(
            conn, dentist.id, plan, date(2026, 10, 1), accepted_by="x", accepted_at=START, accepted_from="web",
            terms_version="1", terms=b"", by=OPERATOR)  # fmt: skip
        row = conn.execute(
            "SELECT tariff, from_at, assigned_by FROM billing.tariff_assignments ORDER BY seq DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    assert (row["tariff"], row["from_at"].isoformat(), row["assigned_by"]) == (
        "standard", "2026-09-30T22:00:00+00:00", "service:plan accueil@1"
    )  # fmt: skip


def test_a_plan_whose_tariff_is_not_there_is_refused(database: Database) -> None:
    with pytest.raises(NotFound, match="no tariff nulle-part"), database.operator() as conn:
        add_plan(conn, "accueil", PRICED + 'tariff = "nulle-part"\n', "test")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('title = "x"\nmonthly_price = "-1"\n', "line 2: monthly_price: -1 is negative"),
        ('title = "x"\nmonthly_price = "1.005"\n', "line 2: monthly_price: a monthly price has at most two decimals"),
        ('title = "x"\nmonthly_price = 49\n', "line 2: monthly_price: must be a decimal in quotes"),
        ('title = "x"\n', "line 1: monthly_price: missing"),
        ('monthly_price = "1"\nagents = -1\n', "line 2: agents: is -1; the least is 0"),
        ('monthly_price = "1"\nagent = 1\n', "line 2: agent: unknown key"),
        ('monthly_price = "1"\noption = "sms"\n', "line 2: option: must be tables"),
        ('monthly_price = "1"\n' + 2 * '[[option]]\nname = "a"\nmonthly_price = "1"\n',
         "line 6: option[2].name: 'a' is named twice"),
        ('monthly_price = "1"\n[[option]]\nmonthly_price = "1"\n', "line 2: option[1].name: missing"),
        ("title = \n", "line 1: not TOML"),
    ],
)  # fmt: skip
def test_a_bad_plan_is_told_by_line_and_field(text: str, message: str) -> None:
    with pytest.raises(BadPlan) as told:
        parse_plan("accueil", 1, text)
    assert f"accueil: {message}" in str(told.value)
