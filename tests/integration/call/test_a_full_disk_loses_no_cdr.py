"""Neither the database nor the disk takes a CDR: it is held in memory, and stored once either is back."""

from __future__ import annotations

import resource
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ari_app.demo import seed
from ari_app.desk.office import Office
from store import calls
from store.base.ids import new_id
from store.base.settings import settings
from store.calls import Cdr
from store.db import Database, DatabaseUnavailable


@contextmanager
def full_disk() -> Generator[None]:
    """No file of this process may grow (RLIMIT_FSIZE): writing fails as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class Away(Database):
    """A database that is away until it is back."""

    away = True

    def tenant(self, tenant_id: Any) -> Any:
        if self.away:
            raise DatabaseUnavailable("away")
        return super().tenant(tenant_id)


@pytest.fixture
def office(database: Database, settings_home: Path) -> Generator[Office]:
    seed.seed(database)
    away = Away(database.service_dsn, database.operator_dsn)
    yield Office(away, settings())
    away.close()


def cdr(office: Office) -> Cdr:
    now = datetime.now(UTC)
    return Cdr(
        id=new_id(), tenant_id=office.routing.tenant_of(seed.TENANT), direction="inbound", caller="+33639980100",
        callee=seed.DENTAL_FR, started_at=now - timedelta(seconds=9), answered_at=now - timedelta(seconds=8),
        ended_at=now, hangup_cause=16, hangup_side="caller", outcome="answered",
    )  # fmt: skip


def test_it_is_stored_once_the_database_is_back(office: Office) -> None:
    record = cdr(office)
    with full_disk():
        office.keep(record, [], [])
        assert (office.held, office.spool.waiting()) == (1, [])
        office.retry_spool()
        assert office.held == 1
        assert isinstance(office.db, Away)
        office.db.away = False
        office.retry_spool()
    assert office.held == 0
    with office.db.operator() as conn:
        assert calls.get(conn, record.id).cdr.outcome == "answered"


def test_it_is_spooled_once_there_is_room_again(office: Office) -> None:
    records = [cdr(office), cdr(office)]
    with full_disk():
        for record in records:
            office.keep(record, [], [])
    office.retry_spool()
    assert (office.held, len(office.spool.waiting())) == (0, 2)
    assert isinstance(office.db, Away)
    office.db.away = False
    assert office.retry_spool() == 2
    assert not list((settings().folder("spool")).glob("*.part"))
