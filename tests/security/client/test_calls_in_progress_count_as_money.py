"""M3: thresholds see what is being spent, not only what has been; dear islands are a new country."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from ari_app.desk.till import Till
from billing.charges import controls, tariffs
from billing.charges.controls import OutboundBlocked, allow_dialling, set_limits
from store import live, tenants
from store.base.ids import new_id
from store.base.parties import Parties
from store.db import Database
from tests.actors import OPERATOR

TARIFF = """\
decimals = 4
[[rate]]
prefix = "+33"
price_per_minute = "1.00"
[[rate]]
prefix = "+6"
price_per_minute = "1.00"
"""
FRANCE = "+33612345678"


@pytest.fixture
def client(database: Database) -> UUID:
    with database.operator() as conn:
        tenant = tenants.add(conn, "acme", "Acme", by=OPERATOR)
        version = tariffs.add_version(conn, "standard", TARIFF, OPERATOR)
        tariffs.assign(conn, tenant.id, "standard", version.version, datetime(2026, 1, 1, tzinfo=UTC), OPERATOR)
        return tenant.id


def in_progress(database: Database, tenant: UUID, calls: int, *, minutes: int, left: int) -> None:
    """So many calls out, begun `minutes` ago, that may last `left` minutes more."""
    now = datetime.now(UTC)
    since, until = now - timedelta(minutes=minutes), now + timedelta(minutes=left)
    with database.tenant(tenant) as conn:
        for _ in range(calls):
            live.begin(conn, live.LiveCall(tenant, new_id(), "x", "n", "outbound", since, until, callee=FRANCE))


def blocked(database: Database, tenant: UUID) -> bool:
    with database.tenant(tenant) as conn:
        return conn.execute("SELECT 1 FROM billing.blocks WHERE lifted_at IS NULL").fetchone() is not None


def test_ten_calls_worth_a_hundred_euros_suspend_the_eleventh(database: Database, client: UUID) -> None:
    in_progress(database, client, 10, minutes=11, left=4)
    with pytest.raises(OutboundBlocked, match="spent in an hour"):
        allow_dialling(database, client, FRANCE, datetime.now(UTC))
    assert blocked(database, client)


def test_calls_that_may_yet_cost_as_much_make_the_next_one_wait_and_suspend_nothing(
    database: Database, client: UUID
) -> None:
    in_progress(database, client, 10, minutes=2, left=13)
    with pytest.raises(OutboundBlocked, match="calls in progress may bring the hour"):
        allow_dialling(database, client, FRANCE, datetime.now(UTC))
    assert not blocked(database, client)


def test_calls_in_progress_do_not_pass_the_cap_together(database: Database, client: UUID) -> None:
    with database.operator() as conn:
        set_limits(conn, client, month_cap_micros=20_000_000, by=OPERATOR)
    in_progress(database, client, 1, minutes=1, left=14)
    allow_dialling(database, client, FRANCE, datetime.now(UTC))
    in_progress(database, client, 1, minutes=1, left=14)
    with pytest.raises(OutboundBlocked, match="may reach the month's cap"):
        allow_dialling(database, client, FRANCE, datetime.now(UTC))


async def test_of_orders_at_once_no_more_pass_than_are_allowed(database: Database, client: UUID) -> None:
    with database.operator() as conn:
        set_limits(conn, client, calls_at_once=2, by=OPERATOR)
    till = Till(database, timedelta(minutes=17))
    ids = [new_id() for _ in range(6)]
    ends = await asyncio.gather(
        *(till.open(client, i, Parties("outbound", "", FRANCE)) for i in ids), return_exceptions=True
    )
    taken = [call for call, end in zip(ids, ends, strict=True) if end is None]
    assert len(taken) == 2
    assert sum(isinstance(end, OutboundBlocked) for end in ends) == 4
    await till.close(client, taken[0])
    assert await till.open(client, new_id(), Parties("outbound", "", FRANCE)) is None


@pytest.mark.parametrize("number", ["+681721234", "+687251234", "+68940123456", "+508411234", "+37799123456"])
def test_a_first_call_to_a_dear_island_suspends(database: Database, client: UUID, number: str) -> None:
    with pytest.raises(OutboundBlocked, match="new destination country"):
        allow_dialling(database, client, number, datetime.now(UTC))
    assert blocked(database, client)


def test_an_island_that_the_operator_names_is_known(database: Database, client: UUID) -> None:
    with database.operator() as conn:
        set_limits(conn, client, known_countries=("FR", "NC"), by=OPERATOR)
    allow_dialling(database, client, "+687251234", datetime.now(UTC))
    with database.tenant(client) as conn:
        assert "NC" in controls.limits_of(conn, client).known_countries
