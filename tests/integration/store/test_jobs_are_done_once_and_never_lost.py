"""Jobs: taken under a lease, done once, tried again, dead when they cannot be done; and the events beside them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from store import events, jobs, messages
from store.base.errors import BadInput, NotFound, Unavailable
from store.base.ids import new_id
from store.db import Conn, Database
from store.jobs import Held, LeaseLost
from store.tenants import Tenant
from store.work import Handler, Worker
from tests.actors import OPERATOR

ROOT = Path(__file__).parents[3]
KIND = "test.leave"
MINUTE = timedelta(minutes=1)


def give(database: Database, tenant: Tenant, about: str = "a", kind: str = KIND, **more: object) -> bool:
    with database.tenant(tenant.id) as conn:
        return jobs.add(conn, kind, about, **more)  # type: ignore[arg-type]


def leave(held: Held) -> None:
    """A job that leaves a message, in the transaction that ends it."""
    with held.last() as conn:
        messages.leave(conn, held.job.tenant_id, "accueil", held.job.about)


def left(database: Database) -> list[str]:
    with database.operator() as conn:
        return sorted(message.text for message in messages.find(conn))


def all_jobs(database: Database) -> list[jobs.Job]:
    with database.operator() as conn:
        return jobs.listed(conn)


class TakenBack(Exception):
    """Takes a transaction back."""


class Worked:
    """Workers that are closed at the end."""

    def __init__(self, database: Database) -> None:
        self.database, self.made = database, list[Worker]()

    def __call__(self, handler: Handler = leave, *, lease: timedelta = MINUTE) -> Worker:
        self.made.append(Worker(self.database, {KIND: handler}, lease=lease))
        return self.made[-1]


@pytest.fixture
def worker(database: Database) -> Generator[Worked]:
    made = Worked(database)
    yield made
    for one in made.made:
        one.close()


def test_a_job_is_done_in_its_own_tenants_transaction_and_is_gone(
    database: Database, dentist: Tenant, worker: Worked
) -> None:
    give(database, dentist)
    assert worker().drain() == 1
    with database.tenant(dentist.id) as conn:
        assert [message.text for message in messages.find(conn)] == ["a"]
    assert all_jobs(database) == []


def test_a_job_of_a_transaction_taken_back_was_never_given(database: Database, dentist: Tenant) -> None:
    with suppress(TakenBack), database.tenant(dentist.id) as conn:
        jobs.add(conn, KIND, "a")
        raise TakenBack
    assert all_jobs(database) == []


def test_the_tenant_is_the_transactions_and_a_transaction_of_none_gives_no_job(
    database: Database, dentist: Tenant, townhall: Tenant
) -> None:
    give(database, dentist)
    with database.tenant(townhall.id) as conn:
        assert jobs.listed(conn) == []
    with database.service() as conn, pytest.raises(BadInput, match="of no tenant"):
        jobs.add(conn, KIND, "a")


def test_the_same_waits_once_and_is_due_at_the_earlier_instant(database: Database, dentist: Tenant) -> None:
    soon, later = (datetime.now(UTC) + timedelta(hours=n) for n in (1, 2))
    assert give(database, dentist, due_at=later)
    assert not give(database, dentist, due_at=soon)
    assert [job.due_at for job in all_jobs(database)] == [soon]


def test_what_is_given_while_the_same_is_being_done_is_done_after_it(
    database: Database, dentist: Tenant, worker: Worked
) -> None:
    def again(held: Held) -> None:
        if left(database) == []:
            assert give(database, dentist)
        leave(held)

    give(database, dentist)
    assert worker(again).drain() == 2
    assert left(database) == ["a", "a"]


def test_two_workers_never_do_the_same_job(database: Database, dentist: Tenant, worker: Worked) -> None:
    for n in range(40):
        give(database, dentist, f"{n:02}")
    threads = [threading.Thread(target=worker().drain) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert left(database) == [f"{n:02}" for n in range(40)]


WORKER = """
import sys, time
from datetime import timedelta
from store.db import Database
from store.work import Worker
from store import messages

def stuck(held):
    with held.last() as conn:
        messages.leave(conn, held.job.tenant_id, "accueil", "half done")
        print("begun", flush=True)
        time.sleep(600)

with Database(sys.argv[1]) as db:
    Worker(db, {"test.leave": stuck}, lease=timedelta(seconds=1)).step()
"""


def killed_in_mid_job(database: Database) -> None:
    """A worker in a process of its own that takes the job, begins to write, and is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, database.service_dsn], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_a_worker_killed_in_mid_job_leaves_it_to_another_and_nothing_half_done(
    database: Database, dentist: Tenant, worker: Worked
) -> None:
    give(database, dentist)
    killed_in_mid_job(database)
    assert [(job.state, job.tries) for job in all_jobs(database)] == [("held", 1)]
    other = worker()
    while not other.step():  # until the dead one's lease is over
        other.wait()
    assert left(database) == ["a"]
    assert all_jobs(database) == []


def test_a_job_that_kills_its_workers_is_dead_in_the_end(database: Database, dentist: Tenant, worker: Worked) -> None:
    give(database, dentist, most_tries=1)
    killed_in_mid_job(database)
    other = worker()
    while other.step() or all_jobs(database)[0].state == "held":
        other.wait()
    (job,) = all_jobs(database)
    assert (job.state, job.why) == ("dead", "its worker died or hung, 1 times")
    assert left(database) == []


def test_a_worker_that_lost_its_lease_writes_nothing(
    database: Database, dentist: Tenant, worker: Worked, superuser: Conn
) -> None:
    def slow(held: Held) -> None:
        superuser.execute("UPDATE store.jobs SET held_until = now() - interval '1 second'")
        assert worker(leave).step()  # another takes it over and does it
        with pytest.raises(LeaseLost), held.last() as conn:
            messages.leave(conn, held.job.tenant_id, "accueil", "too late")
        raise LeaseLost

    give(database, dentist)
    worker(slow).step()
    assert left(database) == ["a"]
    assert all_jobs(database) == []


def test_a_job_that_takes_longer_than_its_lease_keeps_it_by_heartbeats(
    database: Database, dentist: Tenant, worker: Worked
) -> None:
    leases = set[datetime | None]()

    def long(held: Held) -> None:
        lease = timedelta(seconds=0.6)
        before = datetime.now(UTC)
        while datetime.now(UTC) - before < 3 * lease:
            leases.add(all_jobs(database)[0].held_until)
            assert jobs.take(database, [KIND], "another", lease) is None
        leave(held)

    give(database, dentist)
    worker(long, lease=timedelta(seconds=0.6)).step()
    assert left(database) == ["a"]
    assert len(leases) > 3


def test_a_failed_job_waits_longer_each_time_and_is_dead_at_last(
    database: Database, dentist: Tenant, worker: Worked, superuser: Conn
) -> None:
    def fails(held: Held) -> None:
        raise Unavailable("the calendar is away")

    give(database, dentist, most_tries=3)
    waits: list[float] = []
    for _ in range(3):
        before = datetime.now(UTC)
        assert worker(fails).drain() == 1
        (job,) = all_jobs(database)
        waits.append(round((job.due_at - before).total_seconds() / 60, 1))
        superuser.execute("UPDATE store.jobs SET due_at = now() WHERE state = 'waiting'")
    assert waits[:2] == [1.0, 2.0]
    assert (job.state, job.tries, job.why) == ("dead", 3, "[unavailable] the calendar is away")
    assert worker(leave).drain() == 0  # a dead job is never taken


@pytest.mark.parametrize("error", [BadInput("not an id"), NotFound("no such call")])
def test_what_another_try_cannot_mend_is_dead_at_once(
    database: Database, dentist: Tenant, worker: Worked, error: Exception
) -> None:
    def fails(held: Held) -> None:
        raise error

    give(database, dentist)
    worker(fails).drain()
    assert [job.state for job in all_jobs(database)] == ["dead"]


def test_a_poison_job_does_not_keep_the_others_waiting(database: Database, dentist: Tenant, worker: Worked) -> None:
    def picky(held: Held) -> None:
        if held.job.about == "poison":
            raise ZeroDivisionError("a person's words: Claire Martin")
        leave(held)

    for about in ("poison", "b", "c"):
        give(database, dentist, about)
    worker(picky).drain()
    assert left(database) == ["b", "c"]
    assert [(job.about, job.why) for job in all_jobs(database)] == [("poison", "[internal] ZeroDivisionError")]


def test_a_dead_job_is_tried_again_or_let_go_and_the_audit_log_says_by_whom(
    database: Database, dentist: Tenant, worker: Worked
) -> None:
    def fails(held: Held) -> None:
        raise NotFound

    for about in ("a", "b"):
        give(database, dentist, about)
    worker(fails).drain()
    first, second = all_jobs(database)
    with database.operator() as conn:
        jobs.revive(conn, first.id, by=OPERATOR)
        jobs.drop(conn, second.id, by=OPERATOR)
        noted = conn.execute("SELECT record::json ->> 'action' AS act FROM store.audit ORDER BY seq DESC LIMIT 2")
        assert [row["act"] for row in noted] == ["job.drop", "job.revive"]
    worker().drain()
    assert left(database) == [first.about]
    with database.operator() as conn, pytest.raises(NotFound):
        jobs.revive(conn, new_id(), by=OPERATOR)


def test_a_job_put_off_is_not_counted_as_a_try(database: Database, dentist: Tenant, worker: Worked) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    give(database, dentist)
    worker(lambda held: held.later(at)).drain()
    assert [(job.state, job.tries, job.due_at) for job in all_jobs(database)] == [("waiting", 0, at)]


def test_a_waiting_worker_begins_a_job_as_soon_as_it_is_given(
    database: Database, dentist: Tenant, worker: Worked
) -> None:
    begun = threading.Event()

    def mark(held: Held) -> None:
        leave(held)
        begun.set()

    one = worker(mark)
    thread = threading.Thread(target=one.run)
    thread.start()
    try:
        give(database, dentist)
        assert begun.wait(30)
    finally:
        one.stop()
        thread.join()
    assert left(database) == ["a"]


def test_a_workers_process_gives_way_to_all_others() -> None:
    code = "import os; from store.work import give_way; give_way(); print(os.nice(0), os.sched_getscheduler(0))"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told.split() == ["19", str(os.SCHED_IDLE)]


# -- events


def test_events_are_numbered_within_a_tenant_in_the_order_in_which_they_were_committed(
    database: Database, dentist: Tenant, townhall: Tenant
) -> None:
    for tenant, kinds in ((dentist, ("call.ended", "booking.made")), (townhall, ("call.ended",))):
        for kind in kinds:
            with database.tenant(tenant.id) as conn:
                events.note(conn, kind, "x")
    with database.tenant(dentist.id) as conn:
        assert [(e.seq, e.kind) for e in events.after(conn)] == [(1, "call.ended"), (2, "booking.made")]
        assert [e.seq for e in events.after(conn, 1)] == [2]
    with database.tenant(townhall.id) as conn:
        assert [(e.seq, e.kind) for e in events.after(conn)] == [(1, "call.ended")]


def test_an_event_of_a_transaction_taken_back_never_happened_and_leaves_no_gap(
    database: Database, dentist: Tenant
) -> None:
    with suppress(TakenBack), database.tenant(dentist.id) as conn:
        events.note(conn, "call.ended", "x")
        raise TakenBack
    with database.tenant(dentist.id) as conn:
        assert events.note(conn, "call.ended", "y") == 1


def test_an_event_announces_itself_without_content(database: Database, dentist: Tenant) -> None:
    with psycopg.connect(database.service_dsn, autocommit=True) as ears:
        ears.execute("LISTEN decroche")
        with database.tenant(dentist.id) as conn:
            events.note(conn, "call.ended", "x")
        told = next(ears.notifies(timeout=30))
    assert told.payload == f"{dentist.id} call.ended x"


def test_an_event_needs_a_tenant_a_kind_and_an_id(database: Database, dentist: Tenant) -> None:
    with database.service() as conn, pytest.raises(BadInput, match="of no tenant"):
        events.note(conn, "call.ended", "x")
    for kind, subject in (("Call Ended", "x"), ("call.ended", ""), ("call.ended", "x" * 101)):
        with database.tenant(dentist.id) as conn, pytest.raises(BadInput):
            events.note(conn, kind, subject)
