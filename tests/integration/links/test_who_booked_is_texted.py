"""Who booked is texted by the operator's gateway: where the client wishes it, once, and not who has opposed since."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from ari_app.desk import agenda
from compliance.ledgers import oppositions
from portal.links.texts import kept, sending
from store.base.settings import Settings, settings
from store.db import Database
from store.tenants import Tenant
from store.work import Worker
from tests.actors import OPERATOR
from tests.integration.links.crm import Crm, serving
from tests.integration.links.diary import DAY, answerable, at

MOBILE, FIXED = "+33612345678", "+33162005678"


@pytest.fixture
def gateway(ours: Settings, monkeypatch: pytest.MonkeyPatch) -> Generator[Crm]:
    with serving() as there:
        there.answers = [(202, {"id": "x"})]
        monkeypatch.setenv("DECROCHE_BILLING__SMS_URL", f"{there.url}/sms")
        monkeypatch.setenv("DECROCHE_SMS_TOKEN", "t0k3n")
        settings.cache_clear()
        yield there


def wish(database: Database, tenant: Tenant, *, confirms: bool = True, reminds: bool = True) -> None:
    with database.operator(tenant.id) as conn:
        kept.put(conn, tenant.id, kept.Wish(confirms, reminds), by=OPERATOR)


def booked(database: Database, tenant: Tenant, party: str = MOBILE, hour: int = 10) -> UUID:
    asked: dict[str, Any] = {"name": "Claire Martin", "day": DAY.isoformat(), "time": f"{hour:02}:00"}
    with database.tenant(tenant.id) as conn:
        return UUID(str(agenda.book(conn, answerable(tenant), UUID(int=1), party, asked)["booking"]))


def work(database: Database, now: datetime | None = None) -> int:
    """What is due then; how many tries failed."""
    then = now or datetime.now(UTC) + timedelta(seconds=1)
    worker = Worker(database, sending.handlers(settings(), now=lambda: then), now=lambda: then)
    try:
        worker.drain()
        return worker.failures
    finally:
        worker.close()


def log(database: Database, tenant: Tenant) -> list[tuple[str, str, int, str]]:
    with database.tenant(tenant.id) as conn:
        return sorted((one.what, one.state, one.segments, one.why) for one in kept.listed(conn))


def test_it_is_confirmed_reminded_and_called_off(database: Database, dentist: Tenant, gateway: Crm) -> None:
    wish(database, dentist)
    made = booked(database, dentist)
    work(database)
    work(database, at(10) - timedelta(hours=23))
    with database.tenant(dentist.id) as conn:
        agenda.cancel(conn, answerable(dentist), MOBILE, {}, called_us=False)
    work(database)
    assert [asked.json["to"] for asked in gateway.asked] == [MOBILE] * 3
    assert [asked.headers["idempotency-key"] for asked in gateway.asked] == [
        f"{what}-{made}" for what in ("booked", "reminder", "cancelled")
    ]
    assert {asked.headers["authorization"] for asked in gateway.asked} == {"Bearer t0k3n"}
    assert all(asked.json["text"].startswith("Cabinet Molaire : ") for asked in gateway.asked)
    assert log(database, dentist) == [(what, "sent", 1, "") for what in ("booked", "cancelled", "reminder")]
    with database.operator() as conn:
        now = datetime.now(UTC)
        assert kept.counted(conn, dentist.id, now - timedelta(days=40), now + timedelta(days=40)) == 3


def test_one_that_is_moved_is_told_once(database: Database, dentist: Tenant, gateway: Crm) -> None:
    wish(database, dentist, reminds=False)
    booked(database, dentist)
    work(database)
    with database.tenant(dentist.id) as conn:
        asked = {"day": (DAY + timedelta(days=1)).isoformat(), "time": "15:00"}
        moved = agenda.reschedule(conn, answerable(dentist), UUID(int=2), MOBILE, asked, called_us=False)
    assert moved["outcome"] == "done"
    work(database)
    texts = [asked.json["text"] for asked in gateway.asked]
    assert len(texts) == 2
    assert f"{DAY:%d/%m} à 10h00 est déplacé au" in texts[1]
    assert f"{DAY + timedelta(days=1):%d/%m} à 15h00" in texts[1]
    assert log(database, dentist) == [
        ("booked", "sent", 1, ""), ("booked", "sent", 1, ""),
        ("cancelled", "skipped", 0, "it was moved, which is told"),
    ]  # fmt: skip


def test_a_gateway_that_fails_is_asked_again_under_the_same_key(
    database: Database, dentist: Tenant, gateway: Crm
) -> None:
    wish(database, dentist, reminds=False)
    booked(database, dentist)
    gateway.answers = [(503, None), (202, {})]
    assert work(database) == 1
    assert work(database, datetime.now(UTC) + timedelta(minutes=2)) == 0
    assert len({asked.headers["idempotency-key"] for asked in gateway.asked}) == 1
    assert log(database, dentist) == [("booked", "sent", 1, "")]


def test_who_books_by_a_fixed_line_and_who_opposed_since_get_none(
    database: Database, dentist: Tenant, gateway: Crm
) -> None:
    wish(database, dentist, reminds=False)
    booked(database, dentist, FIXED)
    booked(database, dentist, MOBILE, 14)
    with database.operator() as conn:
        oppositions.oppose(conn, dentist.id, MOBILE, "call", datetime.now(UTC), by=OPERATOR)
    work(database)
    assert gateway.asked == []
    assert sorted(why for *_, why in log(database, dentist)) == [
        "no French mobile booked it", "the person opposed since",
    ]  # fmt: skip


def test_a_client_that_wishes_none_has_none(database: Database, dentist: Tenant, gateway: Crm) -> None:
    booked(database, dentist)
    assert work(database) == 0
    assert gateway.asked == []
    assert log(database, dentist) == []
