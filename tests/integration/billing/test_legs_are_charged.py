"""A leg that leaves is charged, invoiced, counted and reconciled as the outbound call that it is, beside its call."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from ari_app.desk.calls_view import whole
from billing.charges import controls, prepaid, tariffs
from billing.charges.accounts import account, move, set_mode
from billing.charges.ledger import charge_of, record_call
from billing.charges.legs import barred, total_micros
from billing.charges.rerate import rerate
from billing.documents.invoice import Party, Terms, cents
from billing.invoices import invoicing
from billing.invoices.reconcile import reconcile_period
from store import calls
from store.base.ids import new_id
from store.calls import Cdr
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.conftest import START, TARIFF, a_cdr

SELLER = Party("Opérateur SAS", "732829320", "1 rue de la Paix", "75002", "Paris", vat_number="FR44732829320")
BUYER = Party("Cabinet Molaire", "404833048", "2 place du Marché", "35000", "Rennes")
KIND = '[legs]\nfree = ["{}"]\n' + TARIFF[TARIFF.index("[[") :]
NEXT_MONTH = date(2026, 11, 3)


def a_call(tenant: Tenant, seconds: int, at: datetime = START) -> Cdr:
    return a_cdr(tenant.id, seconds, at=at, direction="inbound", caller="+33639980100", callee="+33162001234")


def a_leg(of: Cdr, seconds: int | None, **more: Any) -> Cdr:
    values = {"direction": "outbound", "caller": "+33162001234", "callee": "+33199000001", "leg": "transfer"}
    at = (of.answered_at or of.started_at) + timedelta(seconds=20)
    return a_cdr(of.tenant_id, seconds, at=at, leg_of=of.id, **(values | more))


def kept(database: Database, *cdrs: Cdr) -> None:
    for cdr in cdrs:
        with database.tenant(cdr.tenant_id) as conn:
            record_call(conn, cdr)


def test_a_call_and_its_legs_come_to_its_total(database: Database, dentist: Tenant) -> None:
    call = a_call(dentist, 300)
    legs = [a_leg(call, None, outcome="busy"), a_leg(call, 90, callee="+33612345678")]
    kept(database, *legs, call)  # as in a call: legs are written down first
    with database.operator() as conn:
        facts = whole(conn, calls.get(conn, call.id))
        charges = [charge_of(conn, each.id) for each in (call, *legs)]
        assert total_micros(conn, call.id) == sum(c.amount_micros or 0 for c in charges if c)
    assert [(leg["kind"], leg["direction"], leg["far_party"], leg["outcome"]) for leg in facts["legs"]] == [
        ("call", "inbound", "+33639980100", "answered"),
        ("transfer", "outbound", "+33199000001", "busy"),
        ("transfer", "outbound", "+33612345678", "answered"),
    ]
    assert facts["legs"][0]["charge"] == facts["charge"]
    assert facts["legs"][2]["charge"]["answered_seconds"] == 90, "from its own answer, not the call's"
    assert facts["legs"][1]["answered_at"] is None


def test_legs_are_no_calls_of_the_list(database: Database, dentist: Tenant) -> None:
    call = a_call(dentist, 300)
    kept(database, a_leg(call, 90), call)
    with database.operator() as conn:
        assert [found.id for found in calls.find(conn, tenant_id=dentist.id)] == [call.id]


def test_a_tariff_that_lets_them_go_free_charges_them_nothing_and_rating_again_neither(
    database: Database, dentist: Tenant
) -> None:
    with database.operator() as conn:
        version = tariffs.add_version(
            conn, "kind", '[legs]\nfree = ["fallback"]\n' + TARIFF[TARIFF.index("[[") :], OPERATOR
        )
        tariffs.assign(conn, dentist.id, "kind", version.version, datetime(2026, 1, 1, tzinfo=UTC), OPERATOR)
    call = a_call(dentist, 300)
    free, paid = a_leg(call, 90, leg="fallback"), a_leg(call, 60)
    kept(database, free, paid, call)
    with database.operator(dentist.id) as conn:
        before = [charge_of(conn, each.id) for each in (free, paid)]
        done = rerate(conn, dentist.id, START - timedelta(days=1))
        assert (done.changed, done.same) == ([], 3)
    amounts = [(charge.amount_micros, charge.bundle_seconds, charge.charged_seconds) for charge in before if charge]
    assert amounts == [(0, 0, 90), (650_000, 0, 60)]


def test_a_new_tariff_prices_a_leg_again_as_the_leg_that_it_is(database: Database, dentist: Tenant) -> None:
    call = a_call(dentist, 30)
    leg = a_leg(call, 200)
    kept(database, leg, call)
    with database.operator() as conn:
        version = tariffs.add_version(
            conn, "kind", '[legs]\nfree = ["transfer"]\n' + TARIFF[TARIFF.index("[[") :], OPERATOR
        )
        tariffs.assign(conn, dentist.id, "kind", version.version, datetime(2026, 1, 1, tzinfo=UTC), OPERATOR)
    with database.operator(dentist.id) as conn:
        rerate(conn, dentist.id, START - timedelta(days=1))
        charge = charge_of(conn, leg.id)
    assert charge is not None
    assert (charge.amount_micros, charge.leg) == (0, "transfer")


def test_a_prepaid_leg_holds_its_start_and_settles_the_difference(database: Database, dentist: Tenant) -> None:
    with database.operator(dentist.id) as conn:
        set_mode(conn, dentist.id, "prepaid")
        move(conn, dentist.id, "top_up", 2_000_000, "VIR 1", OPERATOR)
    call = a_call(dentist, 300)
    leg = a_leg(call, 200, callee="+33612345678")
    with database.tenant(dentist.id) as conn:
        held = prepaid.reserve(conn, dentist.id, leg.id, "outbound", leg.callee, START, leg="transfer")
        assert held.seconds is not None
        more = prepaid.extend(conn, dentist.id, leg.id, START)
        assert more.seconds is not None
        assert more.seconds > held.seconds
    kept(database, leg)
    with database.tenant(dentist.id) as conn:
        found, charge = account(conn, dentist.id), charge_of(conn, leg.id)
    assert charge is not None
    assert (found.reserved_micros, found.balance_micros) == (0, 2_000_000 - (charge.amount_micros or 0))


def test_the_months_invoice_has_every_leg_to_the_cent(database: Database, dentist: Tenant) -> None:
    draw = random.Random(7)
    everything: list[Cdr] = []
    for day in range(1, 29):
        call = a_call(dentist, draw.randint(1, 900), datetime(2026, 10, day, 9, tzinfo=UTC))
        numbers = draw.sample(["+33199000001", "+33612345678", "+33700000001"], draw.randint(0, 3))
        everything += [call, *(a_leg(call, draw.randint(1, 500), callee=number) for number in numbers)]
    kept(database, *everything)
    with database.operator() as conn:
        invoicing.set_seller(conn, SELLER, Terms(), by=OPERATOR)
        invoicing.set_customer(conn, dentist.id, BUYER, by=OPERATOR)
    with database.operator(dentist.id) as conn:
        issued = invoicing.issue(conn, dentist, date(2026, 10, 1), NEXT_MONTH, OPERATOR)
        charges = [charge_of(conn, cdr.id) for cdr in everything]
    assert issued is not None
    micros = sum(charge.amount_micros or 0 for charge in charges if charge)
    assert issued.net_cents == cents(Fraction(micros, 10_000))
    assert issued.net_cents == sum(line.net_cents for line in issued.invoice().lines)


def witnessed(database: Database, call: Cdr, seconds: int) -> None:
    """Asterisk's CDR of a call: it writes none of whom it rings."""
    with database.tenant(call.tenant_id) as conn:
        calls.witness(conn, call.id, {"billable_seconds": str(seconds), "disposition": "ANSWERED"})


@pytest.mark.parametrize(("leg_seconds", "found"), [(90, []), (400, ["duration_off"])])
def test_a_leg_is_reconciled_with_asterisks_cdr_of_its_call(
    database: Database, dentist: Tenant, leg_seconds: int, found: list[str]
) -> None:
    call = a_call(dentist, 300)
    leg = a_leg(call, leg_seconds)
    kept(database, leg, call)
    witnessed(database, call, 300)
    with database.operator() as conn:
        compared, differences = reconcile_period(conn, date(2026, 10, 1))
    assert compared == 2
    of_leg = [each.kind for each in differences if each.subject == str(leg.id)]
    assert of_leg == [*found, "not_invoiced"]
    assert "missing" not in [each.kind for each in differences]


def test_a_leg_spent_within_the_hour_counts_as_fraud_does(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        controls.set_limits(conn, dentist.id, by=OPERATOR, spend_an_hour_micros=1_000_000)
    call = a_call(dentist, 300)
    kept(database, a_leg(call, 290, callee="+33612345678"), call)
    with pytest.raises(controls.OutboundBlocked, match="spent in an hour"):
        controls.allow_dialling(database, dentist.id, "+33199000001", START + timedelta(minutes=10))


def test_a_leg_at_the_operators_expense_leaves_though_an_invoice_is_unpaid_but_never_where_fraud_is_seen(
    database: Database, dentist: Tenant
) -> None:
    with database.operator() as conn:
        controls.block(conn, dentist.id, "unpaid", "2026-000001", by=OPERATOR)
    controls.allow_dialling(database, dentist.id, "+33199000001", START, free=True)
    with pytest.raises(controls.OutboundBlocked):
        controls.allow_dialling(database, dentist.id, "+33199000001", START)
    with database.operator() as conn:
        controls.block(conn, dentist.id, "fraud", "too many islands", by=OPERATOR)
    with pytest.raises(controls.OutboundBlocked, match="fraud"):
        controls.allow_dialling(database, dentist.id, "+33199000001", START, free=True)


def test_the_switch_is_told_no_fallback_of_who_may_dial_nothing(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        assert barred(conn) == set()
        set_mode(conn, dentist.id, "prepaid")
        assert barred(conn) == {dentist.id}
        set_mode(conn, dentist.id, "postpaid")
        controls.block(conn, dentist.id, "fraud", "too many islands", by=OPERATOR)
        assert barred(conn) == {dentist.id}


def test_another_clients_call_shows_none_of_our_legs(database: Database, dentist: Tenant) -> None:
    call = a_call(dentist, 300)
    kept(database, replace(a_leg(call, 90), leg_of=new_id()), call)
    with database.operator() as conn:
        assert calls.legs(conn, call.id) == []
