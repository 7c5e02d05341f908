"""Controls: alerts once at each threshold, the cap and fraud block outbound, the operator is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from billing.charges.controls import OutboundBlocked, allow_dialling, lift, set_limits
from billing.charges.ledger import record_call
from store.base.errors import BadInput
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.conftest import START, a_cdr

NOW = START + timedelta(hours=1)


def told(database: Database, tenant: Tenant) -> list[tuple[str, str, str]]:
    with database.tenant(tenant.id) as conn:
        rows = conn.execute("SELECT kind, about, audience FROM billing.notices ORDER BY created_at, about").fetchall()
    return [(row["kind"], row["about"], row["audience"]) for row in rows]


def talk(database: Database, tenant: Tenant, seconds: int, **more: Any) -> None:
    with database.tenant(tenant.id) as conn:
        record_call(conn, a_cdr(tenant.id, seconds, **more))


def test_the_client_is_told_at_80_and_at_100_percent_of_the_bundle_once_each(
    database: Database, dentist: Tenant
) -> None:
    talk(database, dentist, 79)
    assert told(database, dentist) == []
    talk(database, dentist, 1)
    assert told(database, dentist) == [("bundle", "2026-10 80 %", "client")]
    for _ in range(3):
        talk(database, dentist, 30)
    assert told(database, dentist)[1:] == [("bundle", "2026-10 100 %", "client")]


def test_the_client_is_told_at_the_amounts_it_set(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        set_limits(conn, dentist.id, bundle_percents=(), alert_micros=(1_000_000,), by=OPERATOR)
    for seconds in (100, 60, 60):
        talk(database, dentist, seconds)
    assert told(database, dentist) == [("amount", "2026-10 1.0000", "client")]


def test_the_months_cap_blocks_outbound_until_the_next_month(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        set_limits(conn, dentist.id, month_cap_micros=600_000, spend_an_hour_micros=0, by=OPERATOR)
    allow_dialling(database, dentist.id, "+33612345678", NOW)
    talk(database, dentist, 160)
    with pytest.raises(OutboundBlocked, match="cap"):
        allow_dialling(database, dentist.id, "+33612345678", NOW)
    allow_dialling(database, dentist.id, "+33612345678", NOW + timedelta(days=31))


def test_too_many_calls_in_a_minute_suspend_outbound_and_the_operator_is_told_and_can_lift_it(
    database: Database, dentist: Tenant
) -> None:
    with database.operator() as conn:
        set_limits(conn, dentist.id, calls_a_minute=3, by=OPERATOR)
    for second in range(3):
        talk(database, dentist, 1, at=NOW - timedelta(seconds=10 + second))
    for _ in range(2):
        with pytest.raises(OutboundBlocked, match="3 outbound calls in a minute"):
            allow_dialling(database, dentist.id, "+33612345678", NOW)
    assert [(kind, audience) for kind, _, audience in told(database, dentist)] == [("blocked", "operator")]
    with database.operator() as conn:
        assert lift(conn, dentist.id, "fraud", "operator")
    allow_dialling(database, dentist.id, "+33612345678", NOW + timedelta(minutes=2))


def test_too_much_spent_in_an_hour_suspends_outbound(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        set_limits(conn, dentist.id, spend_an_hour_micros=600_000, by=OPERATOR)
    talk(database, dentist, 160)
    with pytest.raises(OutboundBlocked, match="spent in an hour"):
        allow_dialling(database, dentist.id, "+33612345678", START + timedelta(minutes=59))


def test_a_first_call_to_a_new_country_suspends_outbound_and_a_known_one_does_not(
    database: Database, dentist: Tenant
) -> None:
    allow_dialling(database, dentist.id, "+262692123456", NOW)
    talk(database, dentist, 1, callee="+4930123456")
    allow_dialling(database, dentist.id, "+4930999999", NOW)
    with pytest.raises(OutboundBlocked, match="new destination country, LV"):
        allow_dialling(database, dentist.id, "+37167123456", NOW)


def test_a_negative_limit_is_refused(database: Database, dentist: Tenant) -> None:
    with pytest.raises(BadInput, match="month_cap_micros"), database.operator() as conn:
        set_limits(conn, dentist.id, month_cap_micros=-1, by=OPERATOR)
