"""A CDR that the database can never take is put aside and told; those of others behind it are stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from agents.bounds import cleaned
from ari_app.desk.spool import Spool
from billing.charges.ledger import record_call
from store import calls, tenants
from store.base.ids import new_id
from store.calls import Action, Cdr, Turn
from store.db import Database, DatabaseUnavailable
from store.tenants import Tenant
from tests.actors import OPERATOR

START = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def two(database: Database) -> tuple[Tenant, Tenant]:
    with database.operator() as conn:
        return tenants.add(conn, "a", "A", by=OPERATOR), tenants.add(conn, "b", "B", by=OPERATOR)


def cdr(tenant: Tenant) -> Cdr:
    return Cdr(
        id=new_id(), tenant_id=tenant.id, direction="inbound", caller="+33612345678", callee="+33162001234",
        started_at=START, answered_at=START, ended_at=START + timedelta(seconds=30), hangup_cause=16,
        hangup_side="caller", outcome="answered",
    )  # fmt: skip


def store(database: Database, record: Cdr, turns: list[Turn], actions: list[Action]) -> None:
    with database.tenant(record.tenant_id) as conn:
        record_call(conn, record, turns, actions)


@pytest.mark.parametrize("fault", ["nul", "clock"])
def test_what_can_never_be_stored_does_not_wait_before_another_tenants(
    database: Database, two: tuple[Tenant, Tenant], tmp_path: Path, fault: str
) -> None:
    spool, bad, good = Spool(tmp_path), cdr(two[0]), cdr(two[1])
    if fault == "nul":
        spool.keep(bad, [Turn("agent", "Bon\0jour", 0, 100, 100)], [])
    else:  # an answer after the end: a clock that stepped back
        spool.keep(replace(bad, answered_at=START + timedelta(seconds=60)), [], [])
    spool.keep(good, [], [])
    assert spool.retry(lambda *whole: store(database, *whole)) == 1
    assert [path.stem for path in spool.refused()] == [str(bad.id)]
    assert spool.refused()[0].with_suffix(".txt").read_text(encoding="utf-8")
    assert spool.waiting() == []
    with database.operator() as conn:
        assert calls.get(conn, good.id).cdr.id == good.id


def test_a_file_that_is_no_cdr_is_put_aside(database: Database, two: tuple[Tenant, Tenant], tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    (tmp_path / "0.json").write_text("{", encoding="utf-8")
    spool.keep(cdr(two[1]), [], [])
    assert spool.retry(lambda *whole: store(database, *whole)) == 1
    assert len(spool.refused()) == 1


@pytest.mark.parametrize("away", [DatabaseUnavailable("away"), psycopg.OperationalError("gone")])
def test_while_the_database_is_away_everything_waits(
    two: tuple[Tenant, Tenant], tmp_path: Path, away: Exception
) -> None:
    spool, asked = Spool(tmp_path), list[str]()

    def failing(record: Cdr, _turns: list[Turn], _actions: list[Action]) -> None:
        asked.append(str(record.id))
        raise away

    spool.keep(cdr(two[0]), [], [])
    spool.keep(cdr(two[1]), [], [])
    assert spool.retry(failing) == 0
    assert (len(asked), len(spool.waiting()), spool.refused()) == (1, 2, [])


def test_what_engines_and_callers_bring_is_mended() -> None:
    assert cleaned("Bon\0jour\ud800,\n\tvoilà\x07.") == "Bonjour,\n\tvoilà."
