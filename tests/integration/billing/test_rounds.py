"""What billing does by itself: once a day whichever process comes first, in the morning, and again after a crash."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.charges.controls import set_limits
from billing.invoices.invoicing import Issued, set_customer
from billing.office import rounds
from billing.office.back_office import back_office
from billing.office.outbox import Post
from billing.office.rounds import Round, go_round, last_morning
from billing.plans.plans import get_plan, subscribe
from billing.stripe.collect import collect
from billing.stripe.stripe_edge import Stripe, StripeDown
from store import tenants
from store.base.ids import new_id
from store.base.settings import Settings
from store.db import Database
from store.tenants import Tenant
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
    first = go_round(database, post, NOON)
    assert job(first, "dunning") == Round("dunning", True, 1)  # one step a day
    assert job(first, "notices").done == len(ear.heard) > 1  # the step, and the alerts of the calls
    assert not job(go_round(database, post, NOON + timedelta(hours=5)), "dunning").ran
    later = [job(go_round(database, post, NOON + timedelta(days=days)), "dunning").done for days in (1, 7, 17, 27)]
    assert later == [0, 1, 1, 1]
    assert steps(database) == ["formal_notice", "reminder_1", "reminder_2", "suspension"]


def test_of_many_processes_at_once_one_takes_the_days_steps(database: Database, client: Tenant, owed: Issued) -> None:
    with ThreadPoolExecutor(4) as pool:
        every = list(pool.map(lambda _: go_round(database, Post(), NOON), range(4)))
    assert sum(job(done, "dunning").ran for done in every) == 1


def test_a_job_whose_process_died_is_taken_up_when_its_lease_is_over(
    database: Database, client: Tenant, owed: Issued
) -> None:
    with database.operator() as conn:
        conn.execute(
            "INSERT INTO billing.rounds (job, held_until, held_by) VALUES ('dunning', %s, 'dead:1')",
            (NOON + rounds.LEASE,),
        )
    assert not job(go_round(database, Post(), NOON), "dunning").ran
    assert job(go_round(database, Post(), NOON + rounds.LEASE), "dunning").ran


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
    assert job(go_round(database, Post(), NOON), "dunning") == Round("dunning", True, 1, 1)


def test_nobody_is_reminded_before_the_morning() -> None:
    before, after = datetime(2026, 12, 3, 6, 59, tzinfo=UTC), datetime(2026, 12, 3, 7, 0, tzinfo=UTC)
    assert last_morning(before, 8) == datetime(2026, 12, 2, 7, 0, tzinfo=UTC)
    assert last_morning(after, 8) == after


def test_a_payment_whose_end_was_not_known_is_asked_for_again(
    database: Database, client: Tenant, stripe: Stripe, fake: FakeStripe, owed: Issued
) -> None:
    fake.away = True
    with pytest.raises(StripeDown):
        collect(database, stripe, owed.number, by=OPERATOR, today=today())
    fake.away = False
    with database.operator() as conn:
        conn.execute("UPDATE billing.stripe_attempts SET asked_at = asked_at - interval '2 minutes'")
    assert job(go_round(database, Post(), datetime.now(UTC), stripe=stripe), "collect").done == 1
    assert (due(database, owed), fake.charged) == (0, owed.gross_cents)


async def test_the_back_office_goes_its_rounds_while_it_is_open(
    database: Database, client: Tenant, owed: Issued, settings_home: Any
) -> None:
    async with back_office(database, Settings()):  # pyright: ignore[reportCallIssue]
        async with asyncio.timeout(20):
            while not await asyncio.to_thread(_was_done, database):
                await asyncio.sleep(0.05)


def _was_done(database: Database) -> bool:
    with database.operator() as conn:
        row = conn.execute("SELECT done_at > '-infinity' AS done FROM billing.rounds WHERE job = 'dunning'").fetchone()
    return bool(row and row["done"])
