"""What billing does by itself: once a day whichever process comes first, in the morning, and again after a crash."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.charges.accounts import move, set_mode
from billing.charges.controls import set_limits
from billing.invoices.invoicing import Issued, set_customer
from billing.office.back_office import own_jobs
from billing.office.outbox import Post
from billing.office.rounds import COLLECT, LOOK_AGAIN, Round, last_morning, next_morning, plan, run_due
from billing.plans.plans import get_plan, subscribe
from billing.stripe.collect import collect
from billing.stripe.stripe_edge import Stripe, StripeDown
from store import jobs, tenants
from store.base.ids import new_id
from store.base.settings import Settings
from store.db import Conn, Database
from store.tenants import Tenant
from store.work import Worker
from tests.actors import OPERATOR, today
from tests.integration.billing.conftest import START
from tests.integration.billing.test_invoices import BUYER, OCTOBER, client, run
from tests.integration.billing.test_outbox import Ear, at, ear
from tests.integration.billing.test_stripe import FakeStripe, due, fake, owed, stripe

__all__ = ["client", "ear", "fake", "owed", "stripe"]

NOON = datetime(2026, 12, 3, 11, 0, tzinfo=UTC)  # the invoice of 2 November is 31 days late


def job(done: list[Round], name: str) -> Round:
    return next(one for one in done if one.job == name)


def steps(database: Database) -> list[str]:
    with database.operator() as conn:
        rows = conn.execute(
            "SELECT kind FROM billing.notices WHERE about LIKE '2026-0%' ORDER BY created_at"
        ).fetchall()
    return sorted(row["kind"] for row in rows if row["kind"] not in ("bundle", "invoice"))


def test_the_days_steps_are_taken_once_a_day_and_told(
    database: Database, client: Tenant, owed: Issued, ear: Ear
) -> None:
    post = Post(allowed=("127.0.0.1:*",))
    with database.operator() as conn:
        set_limits(conn, client.id, webhook=at(ear), by=OPERATOR)
    first = run_due(database, post, NOON)
    assert job(first, "dunning") == Round("dunning", True, 1)  # one step a day
    assert job(first, "notices").done == len(ear.heard) > 1  # the step, and the alerts of the calls
    assert not job(run_due(database, post, NOON + timedelta(hours=5)), "dunning").ran
    later = [job(run_due(database, post, NOON + timedelta(days=days)), "dunning").done for days in (1, 7, 17, 27)]
    assert later == [0, 1, 1, 1]
    assert steps(database) == ["formal_notice", "reminder_1", "reminder_2", "suspension"]


def test_of_many_processes_at_once_one_takes_the_days_steps(database: Database, client: Tenant, owed: Issued) -> None:
    with ThreadPoolExecutor(4) as pool:
        every = list(pool.map(lambda _: run_due(database, Post(), NOON), range(4)))
    assert sum(job(done, "dunning").ran for done in every) == 1


def test_a_step_whose_process_died_is_taken_up_when_its_lease_is_over(
    database: Database, client: Tenant, owed: Issued, superuser: Conn
) -> None:
    plan(database, NOON)
    assert jobs.take(database, ["billing.dunning"], "dead:1", timedelta(minutes=10), NOON) is not None
    assert not job(run_due(database, Post(), NOON), "dunning").ran
    superuser.execute("UPDATE store.jobs SET held_until = now() - interval '1 second' WHERE state = 'held'")
    assert job(run_due(database, Post(), NOON), "dunning") == Round("dunning", True, 1)


def test_every_clients_day_waits_for_the_next_morning(database: Database, client: Tenant, owed: Issued) -> None:
    run_due(database, Post(), NOON)
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
    plan(database, NOON)
    plan(database, NOON)
    with database.operator() as conn:
        found = {one.tenant_id: one.due_at for one in jobs.listed(conn, kind="billing.dunning")}
    assert found == {client.id: next_morning(NOON, 8), other.id: last_morning(NOON, 8)}


def test_a_step_that_failed_for_good_is_taken_again_the_next_morning(
    database: Database, client: Tenant, superuser: Conn
) -> None:
    now = datetime.now(UTC)
    plan(database, now)
    superuser.execute("UPDATE store.jobs SET state = 'dead', dead_at = now()")
    plan(database, now)
    with database.operator() as conn:
        due = {one.due_at for one in jobs.listed(conn, state="waiting")}
    assert due == {next_morning(now, 8)}


def test_one_tenant_at_fault_does_not_keep_the_others_from_their_steps(
    database: Database, client: Tenant, owed: Issued
) -> None:
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
        set_customer(conn, other.id, BUYER, by=OPERATOR)
        subscribe(
            conn, other.id, get_plan(conn, "accueil"), OCTOBER, accepted_by="x", accepted_at=START,
            accepted_from="web", terms_version="1", terms=b"", by=OPERATOR)  # fmt: skip
        conn.execute(
            """INSERT INTO billing.disputes (tenant_id, id, invoice_id, lines, reason, received_on)
               VALUES (%s, %s, %s, '{99}', 'a line that is not there', '2026-11-03')""",
            (client.id, new_id(), owed.id),
        )
    run(database, other)
    assert job(run_due(database, Post(), NOON), "dunning") == Round("dunning", True, 1, 1)
    with database.operator() as conn:
        (failed,) = [one for one in jobs.listed(conn, kind="billing.dunning") if one.tries]
    assert (failed.tenant_id, failed.due_at) == (client.id, NOON + timedelta(minutes=1)), "and it is tried again"


def test_nobody_is_reminded_before_the_morning() -> None:
    before, after = datetime(2026, 12, 3, 6, 59, tzinfo=UTC), datetime(2026, 12, 3, 7, 0, tzinfo=UTC)
    assert last_morning(before, 8) == datetime(2026, 12, 2, 7, 0, tzinfo=UTC)
    assert last_morning(after, 8) == after
    assert next_morning(before, 8) == after
    assert next_morning(after, 8) == after + timedelta(days=1)


def test_a_payment_whose_end_was_not_known_is_asked_for_again(
    database: Database, client: Tenant, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    fake.away = True
    with pytest.raises(StripeDown):
        collect(database, stripe, owed.number, by=OPERATOR, today=today())
    fake.away = False
    with database.operator() as conn:
        conn.execute("UPDATE billing.stripe_attempts SET asked_at = asked_at - interval '2 minutes'")
    assert job(run_due(database, Post(), datetime.now(UTC), stripe=stripe), "collect").done == 1
    assert (due(database, owed), fake.charged) == (0, owed.gross_cents)


def test_a_payment_that_stays_open_is_asked_for_again_later(
    database: Database, client: Tenant, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    fake.away = True
    with pytest.raises(StripeDown):
        collect(database, stripe, owed.number, by=OPERATOR, today=today())
    with database.operator() as conn:
        conn.execute("UPDATE billing.stripe_attempts SET asked_at = asked_at - interval '2 minutes'")
    now = datetime.now(UTC)
    assert job(run_due(database, Post(), now, stripe=stripe), "collect") == Round("collect", True, 0, 1)
    assert not job(run_due(database, Post(), now + timedelta(minutes=9), stripe=stripe), "collect").ran
    with database.operator() as conn:
        (waiting,) = jobs.listed(conn, kind=COLLECT)
    assert (waiting.tries, waiting.due_at) == (0, now + timedelta(minutes=10))


def test_a_prepaid_client_whose_balance_runs_low_is_told_once_for_each_top_up(
    database: Database, client: Tenant, ear: Ear
) -> None:
    post = Post(allowed=("127.0.0.1:*",))
    with database.operator() as conn:
        set_limits(conn, client.id, webhook=at(ear), by=OPERATOR, low_balance_micros=50_000_000)
        set_mode(conn, client.id, "prepaid")
    assert not job(run_due(database, post, NOON), "low balances").done, "who never paid in is not told"
    with database.operator() as conn:
        move(conn, client.id, "top_up", 20_000_000, "VIR 1", "test")
    later = NOON + LOOK_AGAIN
    assert job(run_due(database, post, later), "low balances") == Round("low balances", True, 1)
    assert job(run_due(database, post, later + LOOK_AGAIN), "low balances") == Round("low balances", True, 0)
    assert [json.loads(body)["kind"] for body, _ in ear.heard].count("low_balance") == 1


def test_the_worker_takes_the_days_step_and_tells_it(
    database: Database, client: Tenant, owed: Issued, ear: Ear, settings_home: Any
) -> None:
    with database.operator() as conn:
        set_limits(conn, client.id, webhook=at(ear), by=OPERATOR)
    of = Settings(outward={"allowed": ["127.0.0.1:*"]})  # pyright: ignore[reportCallIssue, reportArgumentType]
    began = datetime.now(UTC)  # the clock runs on from noon, and fast: what failed on a loaded machine is tried again

    def now() -> datetime:
        return NOON + 60 * (datetime.now(UTC) - began)

    with own_jobs(database, of, now) as (handlers, planned):
        worker = Worker(database, handlers, plan=planned, now=now)
        working = threading.Thread(target=worker.run)
        working.start()
        try:
            until(lambda: steps(database) == ["reminder_1"] and all_told(database))
        finally:
            worker.stop()
            working.join()
            worker.close()
    assert [json.loads(body)["kind"] for body, _ in ear.heard].count("reminder_1") == 1


def until(look: Callable[[], bool]) -> None:
    """Until another thread's work is seen in the database."""
    deadline = time.monotonic() + 150
    while not look():
        assert time.monotonic() < deadline, "it was not done"
        time.sleep(0.05)


def all_told(database: Database) -> bool:
    """Nothing waits to be told."""
    with database.operator() as conn:
        return not conn.execute("SELECT 1 FROM billing.notices WHERE sent_at IS NULL").fetchall()
