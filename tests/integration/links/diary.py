"""A diary with a calendar beside it, as the tests of both write and ask them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agents.loading import EXAMPLES, load
from ari_app.desk import agenda
from ari_app.desk.office_types import Answerable
from portal.links import calendars
from portal.links import jobs as linked
from portal.links.calendars import SYNC, Calendar
from store.base.ids import new_id
from store.base.settings import Settings
from store.db import Database
from store.tenants import Tenant
from store.work import Worker
from tests.actors import OPERATOR

PARIS = ZoneInfo("Europe/Paris")
DAY = date.today() + timedelta(days=14)  # noqa: DTZ011  any day to come


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(DAY.year, DAY.month, DAY.day, hour, minute, tzinfo=PARIS)


def event(hour: int, **more: str) -> str:
    """An hour of that day, as a calendar has it."""
    lines = [
        f"DTSTART:{at(hour).astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTEND:{at(hour + 1).astimezone(UTC):%Y%m%dT%H%M%SZ}",
    ]
    return "\n".join([*lines, *(f"{name.upper()}:{value}" for name, value in more.items())])


def beside(database: Database, tenant: Tenant, ours: Settings, kind: str, address: str, **more: Any) -> Calendar:
    with database.operator(tenant.id) as conn:
        return calendars.add(
            conn,
            tenant.id,
            "accueil",
            kind,
            kind,
            address,
            by=OPERATOR,
            of=ours,
            **more,  # type: ignore[arg-type]
        )


def worked(database: Database, ours: Settings) -> int:
    worker = Worker(database, linked.handlers(ours))
    try:
        return worker.drain()
    finally:
        worker.close()


def again(database: Database, kind: str = SYNC) -> None:
    """What waits is due now."""
    with database.operator() as conn:
        conn.execute("UPDATE store.jobs SET due_at = now() WHERE kind = %s", (kind,))


def answerable(tenant: Tenant) -> Answerable:
    agent = load(EXAMPLES / "dental.fr.yaml").agent.model_copy(update={"hours": None})
    return Answerable(tenant.id, tenant.slug, "+33162001234", agent, "accueil", 1, "Europe/Paris")


def book(database: Database, tenant: Tenant, hour: int, name: str = "Claire Martin") -> dict[str, Any]:
    with database.tenant(tenant.id) as conn:
        asked = {"name": name, "day": DAY.isoformat(), "time": f"{hour:02}:00", "minutes": "60"}
        return dict(agenda.book(conn, answerable(tenant), new_id(), "+33612345678", asked))


def cancel(database: Database, tenant: Tenant) -> dict[str, Any]:
    with database.tenant(tenant.id) as conn:
        return dict(agenda.cancel(conn, answerable(tenant), "+33612345678", {}, called_us=False))
