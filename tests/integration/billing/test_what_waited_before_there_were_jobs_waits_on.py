"""An installation that had its own leases and tries: what was done is not done again, what waited is still told."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime, timedelta

import pytest
from psycopg import sql

from store import tenants
from store.base.ids import new_id
from store.db import Conn, connect
from store.migrate import apply, load
from store.setup import SERVICE, make_roles
from tests.actors import OPERATOR
from tests.conftest import Postgres

MIGRATION = "0710_billing_works_by_jobs"


@pytest.fixture
def before(postgres: Postgres) -> Generator[Conn]:
    """A database as it was before the migration, with one client."""
    with connect(postgres.server.dsn()) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier("before")))
    try:
        with connect(postgres.server.dsn(database="before")) as conn:
            make_roles(conn, SERVICE)
            apply(conn, [migration for migration in load() if migration.name < MIGRATION])
            tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
            yield conn
    finally:
        postgres.drop("before")


def notice(conn: Conn, kind: str, **more: object) -> None:
    values = {"attempts": 0, "next_at": datetime.now(UTC), "last_error": "", "sent_at": None,
              "created_at": datetime.now(UTC), "id": new_id(), "kind": kind} | more  # fmt: skip
    conn.execute(
        """INSERT INTO billing.notices (tenant_id, id, kind, about, audience, body, attempts, next_at, last_error,
                                        sent_at, created_at)
           SELECT id, %(id)s, %(kind)s, '1', 'client', '{}', %(attempts)s, %(next_at)s, %(last_error)s, %(sent_at)s,
                  %(created_at)s FROM store.tenants""",
        values,
    )


def migrated(conn: Conn) -> list[dict[str, object]]:
    apply(conn, [migration for migration in load() if migration.name <= MIGRATION])
    return conn.execute("SELECT kind, about, due_at, tries, most_tries, why FROM store.jobs ORDER BY kind").fetchall()


@pytest.mark.parametrize(
    ("done", "next_"),
    [
        (datetime(2026, 11, 27, 7, 0, tzinfo=UTC), datetime(2026, 11, 28, 7, 0, tzinfo=UTC)),  # 08:00 in Paris
        (datetime(2026, 11, 27, 6, 59, tzinfo=UTC), datetime(2026, 11, 27, 7, 0, tzinfo=UTC)),
        (datetime(2026, 10, 24, 20, 0, tzinfo=UTC), datetime(2026, 10, 25, 7, 0, tzinfo=UTC)),  # the clocks go back
    ],
)
def test_a_step_done_waits_for_the_morning_after_it(before: Conn, done: datetime, next_: datetime) -> None:
    before.execute("INSERT INTO billing.rounds (job, done_at) VALUES ('dunning', %s), ('collect', %s)", (done, done))
    before.execute("INSERT INTO billing.rounds (job) VALUES ('endings')")  # was never done: it is due at once
    (job,) = migrated(before)
    assert (job["kind"], job["due_at"]) == ("billing.dunning", next_)


def test_what_was_not_told_is_told_as_often_as_it_would_have_been(before: Conn) -> None:
    now = datetime.now(UTC)
    waits = new_id()
    notice(before, "bundle", id=waits, attempts=3, next_at=now + timedelta(minutes=8), last_error="it answered 503")
    notice(before, "cap", sent_at=now)
    notice(before, "amount", attempts=20)
    notice(before, "flood", created_at=now - timedelta(days=8))
    (job,) = migrated(before)
    assert job == {
        "kind": "billing.tell", "about": str(waits), "due_at": now + timedelta(minutes=8), "tries": 3,
        "most_tries": 20, "why": "it answered 503",
    }  # fmt: skip
