"""Ending a subscription and changing its price, by the contract: checked, told to the client, credited."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from billing.documents.invoice import Terms
from billing.invoices.balances import balance_due
from billing.invoices.crediting import credit_notes
from billing.invoices.invoicing import Issued, issue, issue_order, set_customer, set_seller
from billing.invoices.leaving import (
    announce_price,
    close_ended,
    give_notice,
    leave_for_price,
    open_subscription,
    withdraw,
)
from billing.invoices.payments import pay_invoice
from billing.plans.plans import Subscription, add_plan, calendar_of, subscribe, subscriptions
from billing.stripe.refunds import overpaid
from store import tenants
from store.base.errors import NotFound, Refused
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.test_invoices import BUYER, SELLER

EURO = 1_000_000
PLAN = 'title = "Accueil"\nmonthly_price = "31.00"\n[[option]]\nname = "sms"\nmonthly_price = "5.00"\n'


@pytest.fixture
def client(database: Database, dentist: Tenant) -> Tenant:
    with database.operator() as conn:
        set_seller(conn, SELLER, Terms(), by=OPERATOR)
        set_customer(conn, dentist.id, BUYER, by=OPERATOR)
        add_plan(conn, "accueil", PLAN, "test")
    return dentist


def subscribed(
    database: Database, tenant: Tenant, starts_on: date, options: tuple[str, ...] = (), *, again: bool = False
) -> Subscription:
    from billing.plans.plans import get_plan

    with database.operator() as conn:
        return subscribe(
            conn, tenant.id, get_plan(conn, "accueil"), starts_on, accepted_by="Dr Molaire",
            accepted_at=datetime(2026, 9, 1, 10, 30, tzinfo=UTC), accepted_from="192.0.2.7", terms_version="2025-01",
            terms=b"les conditions", options=options, by=OPERATOR, again=again)  # fmt: skip


def told(database: Database, kind: str) -> list[dict[str, str]]:
    with database.operator() as conn:
        return [r["body"] for r in conn.execute("SELECT body FROM billing.notices WHERE kind = %s", (kind,))]


def test_who_accepted_which_terms_when_and_from_where_is_kept_with_their_hash(
    database: Database, client: Tenant
) -> None:
    subscribed(database, client, date(2026, 10, 1))
    with database.tenant(client.id) as conn:
        (kept,) = subscriptions(conn, client.id)
    assert (kept.accepted_by, kept.accepted_from, kept.terms_version) == ("Dr Molaire", "192.0.2.7", "2025-01")
    assert kept.accepted_at == datetime(2026, 9, 1, 10, 30, tzinfo=UTC)
    assert kept.terms_sha256 == "89c120f57b0f465c6309c8e4ca2e76835ed531c33af06c093777d0ca3cf356b3"


def test_notice_in_renewal_ends_access_with_the_period_and_the_client_is_told(
    database: Database, client: Tenant
) -> None:
    of = subscribed(database, client, date(2025, 3, 15))
    with database.operator() as conn:
        after = give_notice(conn, of, date(2026, 5, 20), "test")
    assert (after.ends_on, after.last_access_on, after.delete_from) == (
        date(2026, 6, 30), date(2026, 7, 14), date(2026, 7, 15)
    )  # fmt: skip
    assert told(database, "leaving")[0]["last_access_on"] == "2026-07-14"


def test_notice_is_given_once(database: Database, client: Tenant) -> None:
    of = subscribed(database, client, date(2025, 3, 15))
    with database.operator() as conn:
        give_notice(conn, of, date(2026, 5, 20), "test")
    with pytest.raises(Refused, match="already"), database.operator() as conn:
        give_notice(conn, of, date(2026, 6, 1), "test")


def test_a_subscription_billed_at_its_order_is_not_billed_again_with_its_month(
    database: Database, client: Tenant
) -> None:
    of = subscribed(database, client, date(2026, 10, 1))
    with database.operator(client.id) as conn:
        order = issue_order(conn, client, of, date(2026, 10, 1), "test")
        assert (order.net_cents, order.due_on) == (3100, date(2026, 10, 1))
        assert issue(conn, client, date(2026, 10, 1), date(2026, 11, 2), "test") is None
        with pytest.raises(Refused, match="already"):
            issue_order(conn, client, of, date(2026, 10, 2), "test")


def paid_at_order(database: Database, client: Tenant) -> tuple[Subscription, Issued]:
    of = subscribed(database, client, date(2026, 10, 1))
    with database.operator(client.id) as conn:
        order = issue_order(conn, client, of, date(2026, 10, 1), "test")
        pay_invoice(conn, order, "transfer", order.gross_cents, "VIR 1", date(2026, 10, 2), "test")
    return of, order


def test_a_withdrawal_in_time_credits_what_was_not_performed_and_it_can_be_refunded(
    database: Database, client: Tenant
) -> None:
    of, order = paid_at_order(database, client)
    with database.operator(client.id) as conn:
        done = withdraw(conn, of, date(2026, 10, 8), "test")
        (note,) = credit_notes(conn, order)
        assert (note.number, note.net_cents, note.invoice().lines[0].key) == (done.credit_note, -2300, "line:1")
        assert overpaid(conn, order) == 2760  # 23 of 31 days at a euro a day, and the VAT
        assert issue(conn, client, date(2026, 10, 1), date(2026, 11, 2), "test") is None  # the month adds nothing


def test_a_withdrawal_before_any_invoice_leaves_only_the_performed_part_to_bill(
    database: Database, client: Tenant
) -> None:
    of = subscribed(database, client, date(2026, 10, 1))
    with database.operator(client.id) as conn:
        assert withdraw(conn, of, date(2026, 10, 3), "test").credit_note == ""
        issued = issue(conn, client, date(2026, 10, 1), date(2026, 11, 2), "test")
    assert issued is not None
    assert issued.net_cents == 300


def test_a_withdrawal_on_the_eighth_day_is_refused_and_nothing_is_noted(database: Database, client: Tenant) -> None:
    of, order = paid_at_order(database, client)
    with pytest.raises(Refused, match="2026-10-08"), database.operator(client.id) as conn:
        withdraw(conn, of, date(2026, 10, 9), "test")
    with database.operator() as conn:
        assert calendar_of(conn, of, date(2026, 10, 9)).ends_on is None
        assert balance_due(conn, order) == 0


def test_an_announced_price_waits_thirty_days_for_a_period_and_the_client_is_told_until_when_it_may_leave(
    database: Database, client: Tenant
) -> None:
    of = subscribed(database, client, date(2025, 3, 15), ("sms",))
    with database.operator() as conn:
        done = announce_price(conn, of, 40 * EURO, date(2026, 5, 20), date(2026, 6, 1), "test")
        assert (done.applies_from, done.leave_until) == (date(2026, 7, 15), date(2026, 7, 14))
        left = leave_for_price(conn, of, date(2026, 7, 14), "test")
    assert left.ends_on == left.last_access_on == date(2026, 7, 14)
    (body,) = told(database, "price_change")
    assert (body["from"], body["price"], body["before"]) == ("2026-07-15", "40.0000", "36.0000")


def test_a_second_price_change_within_the_year_is_refused_or_waits_for_it(database: Database, client: Tenant) -> None:
    of = subscribed(database, client, date(2025, 3, 15))
    with database.operator() as conn:
        announce_price(conn, of, 40 * EURO, date(2026, 5, 20), date(2026, 6, 1), "test")
        with pytest.raises(Refused, match="ahead already"):
            announce_price(conn, of, 41 * EURO, date(2026, 6, 20), date(2026, 8, 1), "test")
        later = announce_price(conn, of, 41 * EURO, date(2026, 8, 1), date(2026, 9, 1), "test")
    assert later.applies_from == date(2027, 7, 15)


def test_no_client_leaves_for_a_price_that_was_not_announced(database: Database, client: Tenant) -> None:
    of = subscribed(database, client, date(2025, 3, 15))
    with pytest.raises(Refused, match="no announced price"), database.operator() as conn:
        leave_for_price(conn, of, date(2026, 7, 14), "test")
    with database.operator() as conn:
        assert calendar_of(conn, of, date(2026, 7, 14)).ends_on is None


def test_of_several_subscriptions_one_is_named_and_an_ended_one_is_not_meant(
    database: Database, client: Tenant
) -> None:
    old = subscribed(database, client, date(2025, 3, 15))
    with database.operator() as conn:
        give_notice(conn, old, date(2026, 5, 20), "test")
    with pytest.raises(NotFound), database.operator() as conn:
        open_subscription(conn, client.id, date(2026, 9, 1))
    new = subscribed(database, client, date(2026, 9, 1))
    with database.operator() as conn:
        assert open_subscription(conn, client.id, date(2026, 9, 1)).id == new.id
        with pytest.raises(Refused, match="runs since 2026-09-01"):
            subscribed(database, client, date(2026, 9, 2))
        subscribed(database, client, date(2026, 9, 2), again=True)
    with pytest.raises(Refused, match="2 subscriptions"), database.operator() as conn:
        open_subscription(conn, client.id, date(2026, 9, 3))


def test_access_ends_the_day_after_the_last_and_the_operator_is_told_to_delete(
    database: Database, client: Tenant
) -> None:
    of = subscribed(database, client, date(2025, 3, 15))
    with database.operator() as conn:
        give_notice(conn, of, date(2026, 5, 20), "test")
        assert not close_ended(conn, client, date(2026, 7, 14))
        assert close_ended(conn, client, date(2026, 7, 15))
        assert tenants.get(conn, client.slug).status == "closed"
    assert told(database, "ended")[0]["last_access_on"] == "2026-07-14"
    subscribed(database, client, date(2026, 8, 1))
    with database.operator() as conn:
        assert tenants.get(conn, client.slug).status == "active"


def test_a_tenant_that_never_subscribed_is_left_alone(database: Database, client: Tenant) -> None:
    with database.operator() as conn:
        assert not close_ended(conn, client, date(2030, 1, 1))
