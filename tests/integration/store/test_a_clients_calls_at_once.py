"""A client's calls at once and a second: set by the operator, and exact whatever asks together."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from uuid import UUID

import pytest
from click.testing import CliRunner

from ari_app.cli import decroche
from store import audit, limits, live, tenants
from store.base.errors import BadInput
from store.base.ids import new_id
from store.base.settings import settings
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR

HOUR = timedelta(hours=1)


def call(database: Database, tenant_id: UUID, until: datetime | None = None) -> bool:
    """One more call of the client's, in a transaction of its own as a node begins it; whether it was let in."""
    now = datetime.now(UTC)
    with database.tenant(tenant_id) as conn:
        if limits.refusal(conn, tenant_id):
            return False
        live.begin(conn, live.LiveCall(tenant_id, new_id(), "leg", "n1", "inbound", now, until or now + HOUR))
        return True


def burst(database: Database, tenant_id: UUID, calls: int) -> int:
    """So many at once, by eight nodes; how many were let in."""
    with ThreadPoolExecutor(8) as nodes:
        return sum(nodes.map(lambda _: call(database, tenant_id), range(calls)))


def put(database: Database, tenant: Tenant, **changes: int) -> limits.Limits:
    with database.operator() as conn:
        return limits.put(conn, tenant.id, **changes, by=OPERATOR)  # type: ignore[arg-type]


def test_a_client_without_limits_has_any_number(database: Database, dentist: Tenant) -> None:
    assert burst(database, dentist.id, 20) == 20


def test_a_burst_of_200_at_a_limit_of_50_lets_exactly_50_in(database: Database, dentist: Tenant) -> None:
    put(database, dentist, channels=50)
    assert burst(database, dentist.id, 200) == 50


def test_two_processes_let_no_more_in_than_one(database: Database, dentist: Tenant) -> None:
    put(database, dentist, channels=50)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, spawn, _meet, (spawn.Barrier(2),)) as nodes:
        let_in = list(nodes.map(of_a_node, [database.service_dsn] * 2, [dentist.id] * 2))
    assert sum(let_in) == 50


def _meet(both: Barrier) -> None:
    both.wait(60)


def of_a_node(dsn: str, tenant_id: UUID) -> int:
    """Half of the burst, by a process of its own."""
    with Database(dsn) as database:
        return burst(database, tenant_id, 100)


def test_a_call_that_ends_makes_room_for_one(database: Database, dentist: Tenant) -> None:
    put(database, dentist, channels=3)
    assert burst(database, dentist.id, 5) == 3
    with database.tenant(dentist.id) as conn:
        live.end(conn, live.listed(conn)[0].call_id)
    assert burst(database, dentist.id, 5) == 1


def test_a_call_whose_lease_is_over_holds_no_line(database: Database, dentist: Tenant) -> None:
    put(database, dentist, channels=1)
    assert call(database, dentist.id, datetime.now(UTC) - HOUR)
    assert call(database, dentist.id)


def test_so_many_begin_within_a_second_and_more_in_the_next(database: Database, dentist: Tenant) -> None:
    put(database, dentist, cps=7)
    began = time.monotonic()
    let_in = burst(database, dentist.id, 40)
    took = time.monotonic() - began
    assert 7 <= let_in <= 7 * (1 + int(took) + 1)  # a slow machine takes more than one second for 40
    if took < 1:
        assert let_in == 7
    time.sleep(1.05)  # it is time that makes room
    assert call(database, dentist.id)


def test_another_clients_limit_is_its_own(database: Database, dentist: Tenant) -> None:
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
    put(database, dentist, channels=1)
    assert burst(database, dentist.id, 3) == 1
    assert burst(database, other.id, 3) == 3


def test_what_is_not_said_stays_and_the_act_is_noted(database: Database, dentist: Tenant) -> None:
    put(database, dentist, channels=5)
    assert put(database, dentist, cps=2) == limits.Limits(5, 2)
    assert put(database, dentist, channels=0) == limits.Limits(0, 2)
    with database.operator() as conn:
        assert [entry.action for entry in audit.find(conn, limit=3)] == ["tenant.limit"] * 3


def test_numbers_that_cannot_be_are_refused(database: Database, dentist: Tenant) -> None:
    with pytest.raises(BadInput):
        put(database, dentist, cps=5000)


def test_the_command_sets_and_shows_them(database: Database, dentist: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()
    run = CliRunner().invoke
    assert '"channels":10' in run(
        decroche, ["tenant", "limit", dentist.slug, "--channels", "10", "--json"]
    ).stdout.replace(" ", "")
    shown = run(decroche, ["tenant", "show", dentist.slug, "--json"]).stdout.replace(" ", "")
    assert '"limits":{"channels":10,"cps":0}' in shown
    settings.cache_clear()
