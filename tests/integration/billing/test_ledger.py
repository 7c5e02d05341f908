"""A call, its charge, the month's counters and the balance change together, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from billing.charges import tariffs
from billing.charges.ledger import charge_of, record_call
from store.base.errors import NotFound
from store.calls import Action, Turn
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.conftest import START, TARIFF, a_cdr


def sums(database: Database, tenant_id: UUID) -> dict[str, int]:
    """The tenant's counters and balance."""
    with database.tenant(tenant_id) as conn:
        row = conn.execute(
            """SELECT a.balance_micros AS balance, u.calls, u.unrated_calls AS unrated, u.bundle_seconds AS bundle,
                      u.charged_seconds AS charged, u.amount_micros AS amount
                 FROM billing.accounts a JOIN billing.usage u USING (tenant_id)"""
        ).fetchone()
    assert row is not None
    return dict(row)


def test_a_call_is_stored_charged_counted_and_taken_from_the_balance(database: Database, dentist: Tenant) -> None:
    cdr = a_cdr(dentist.id, 160)
    with database.tenant(dentist.id) as conn:
        record = record_call(conn, cdr, [Turn("agent", "Bonjour", 0, 900)], [Action("hangup", {}, {}, 950)])
        assert record == charge_of(conn, cdr.id)
    assert (record.status, record.amount_micros, record.prefix) == ("rated", 650_000, "+33")
    assert record.segments == [
        {"seconds": 100, "from": "bundle", "price_per_minute": "0"},
        {"seconds": 60, "from": "charged", "price_per_minute": "0.6"},
    ]
    assert sums(database, dentist.id) == {
        "balance": -650_000, "calls": 1, "unrated": 0, "bundle": 100, "charged": 60, "amount": 650_000
    }  # fmt: skip


def test_the_same_call_twice_changes_nothing_and_has_the_same_charge(database: Database, dentist: Tenant) -> None:
    cdr = a_cdr(dentist.id, 160)
    with database.tenant(dentist.id) as conn:
        first = record_call(conn, cdr)
    before = sums(database, dentist.id)
    with database.tenant(dentist.id) as conn:
        assert record_call(conn, cdr) == first
    assert sums(database, dentist.id) == before


def test_a_call_recorded_by_many_at_once_is_charged_once(database: Database, dentist: Tenant) -> None:
    cdr = a_cdr(dentist.id, 160)

    def record(_: int) -> int | None:
        with database.tenant(dentist.id) as conn:
            return record_call(conn, cdr).amount_micros

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(record, range(12))) == {650_000}
    assert sums(database, dentist.id)["calls"] == 1


def test_calls_recorded_at_once_never_use_the_same_included_second(database: Database, dentist: Tenant) -> None:
    def record(_: int) -> int:
        with database.tenant(dentist.id) as conn:
            return record_call(conn, a_cdr(dentist.id, 30)).bundle_seconds

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(record, range(10))) == 100
    assert sums(database, dentist.id)["charged"] == 200


def test_when_the_transaction_fails_neither_the_call_nor_its_charge_is_there(
    database: Database, dentist: Tenant
) -> None:
    cdr = a_cdr(dentist.id)

    def dies_after_recording() -> None:
        with database.tenant(dentist.id) as conn:
            record_call(conn, cdr)
            raise RuntimeError("the node dies")

    with pytest.raises(RuntimeError):
        dies_after_recording()
    with database.tenant(dentist.id) as conn:
        assert charge_of(conn, cdr.id) is None
        assert conn.execute("SELECT count(*) AS n FROM store.calls").fetchone() == {"n": 0}


def test_a_call_without_a_rate_is_unrated_and_costs_null(database: Database, dentist: Tenant) -> None:
    with database.tenant(dentist.id) as conn:
        record = record_call(conn, a_cdr(dentist.id, callee="+15550100"))
    assert (record.status, record.amount_micros) == ("unrated", None)
    assert sums(database, dentist.id)["unrated"] == 1


def test_a_call_before_any_tariff_is_unrated(database: Database, dentist: Tenant) -> None:
    with database.tenant(dentist.id) as conn:
        record = record_call(conn, a_cdr(dentist.id, at=datetime(2025, 12, 31, 22, tzinfo=UTC)))
    assert (record.status, record.tariff, record.answered_seconds) == ("unrated", None, 60)
    assert record.reason == "no tariff is assigned to the tenant"


def test_an_unanswered_call_costs_zero(database: Database, dentist: Tenant) -> None:
    with database.tenant(dentist.id) as conn:
        record = record_call(conn, a_cdr(dentist.id, None))
    assert (record.status, record.amount_micros, record.billed_seconds) == ("unanswered", 0, 0)


def test_a_caller_who_hides_the_number_is_rated_by_the_rate_of_every_number(
    database: Database, dentist: Tenant
) -> None:
    with database.operator() as conn:
        everywhere = tariffs.add_version(conn, "tous", TARIFF.replace('prefix = "+33"', 'prefix = ""'), "test")
        tariffs.assign(conn, dentist.id, "tous", everywhere.version, START, "test")
    with database.tenant(dentist.id) as conn:
        record = record_call(conn, a_cdr(dentist.id, direction="inbound", caller="", callee="+33162001234"))
    assert (record.status, record.prefix) == ("rated", "")


def test_the_tariff_in_force_when_the_call_was_answered_rates_it(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        dearer = tariffs.add_version(conn, "standard", TARIFF.replace("0.60", "6.00"), "test")
        tariffs.assign(conn, dentist.id, "standard", dearer.version, START, "test")
    with database.tenant(dentist.id) as conn:
        before = record_call(conn, a_cdr(dentist.id, 10, at=datetime(2026, 10, 6, 7, 59, 59, tzinfo=UTC)))
        after = record_call(conn, a_cdr(dentist.id, 10, at=START))
    assert (before.tariff_version, after.tariff_version) == (1, 2)


def test_a_tariff_version_is_never_edited(database: Database, dentist: Tenant) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.operator() as conn:
        conn.execute("UPDATE billing.tariffs SET toml = ''")


def test_the_same_text_is_the_same_version(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        assert tariffs.add_version(conn, "standard", TARIFF, "test").version == 1
        assert tariffs.add_version(conn, "standard", TARIFF + "#", "test").version == 2


def test_an_unknown_tariff_cannot_be_assigned(database: Database, dentist: Tenant) -> None:
    with pytest.raises(NotFound), database.operator() as conn:
        tariffs.assign(conn, dentist.id, "standard", 9, START, "test")


def test_a_charge_is_never_edited(database: Database, dentist: Tenant) -> None:
    with database.tenant(dentist.id) as conn:
        record_call(conn, a_cdr(dentist.id))
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.tenant(dentist.id) as conn:
        conn.execute("UPDATE billing.charges SET amount_micros = 0")


def test_another_tenant_sees_no_charge_and_no_tariff(database: Database, dentist: Tenant) -> None:
    from store import tenants

    cdr = a_cdr(dentist.id)
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
    with database.tenant(dentist.id) as conn:
        record_call(conn, cdr)
    with database.tenant(other.id) as conn:
        assert charge_of(conn, cdr.id) is None
        assert tariffs.in_force(conn, START) is None
