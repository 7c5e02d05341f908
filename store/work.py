"""The worker: takes jobs one after the other, renews their lease while they are done, and waits for the next.

It sleeps in the database's own notifications, so that a job is begun at once and an idle worker costs nothing. Its
process gives way to everything else (`give_way`): the voice's cores are never its.
"""

from __future__ import annotations

import logging
import os
import select
import socket
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg

from store import jobs
from store.base.errors import BadInput, DecrocheError, NotFound
from store.base.ids import new_id
from store.db import Database, connect
from store.jobs import Held, LeaseLost

log = logging.getLogger(__name__)

Handler = Callable[[Held], None]
"""Does a job, and ends it with `Held.last` or `Held.later`; one that merely returns is taken as done."""

LEASE = timedelta(seconds=60)
PLAN_EVERY = timedelta(minutes=1)
LONGEST_WAIT = 60.0
"""Seconds after which the jobs are looked at though nothing was announced."""


def give_way() -> None:
    """This process runs only where no other has need of the processor (SCHED_IDLE; nice 19 where that is not had)."""
    os.nice(19)
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except OSError:
        log.info("this system has no idle class: nice has to do")


class Worker:
    """One at a time. `handlers`: kind of job → who does it. `lease`: how long a job is held without a sign of life.

    `plan`: what is done first, and again once a minute, so that what comes round waits. `now`: the clock by which jobs
    are due. `failures`: how many tries failed so far.
    """

    def __init__(
        self, db: Database, handlers: Mapping[str, Handler], *, lease: timedelta = LEASE,
        plan: Callable[[datetime], None] | None = None, now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._db, self._handlers, self._lease = db, dict(handlers), lease
        self._kinds = sorted(handlers)
        self._plan, self._now, self._planned_at = plan, now, datetime.min.replace(tzinfo=UTC)
        self.failures = 0
        self._name = f"{socket.gethostname()}:{os.getpid()}:{str(new_id())[-6:]}"
        self._awake, self._waker = os.pipe()
        self.stopping = threading.Event()

    def stop(self) -> None:
        """Take no further job; safe in a signal's handler."""
        self.stopping.set()
        os.write(self._waker, b"!")

    def step(self) -> bool:
        """Do one job that is due; False when none is."""
        held = jobs.take(self._db, self._kinds, self._name, self._lease, self._now())
        if held is None:
            return False
        with _renewed(held, self._lease):
            self._do(held)
        return True

    def _do(self, held: Held) -> None:
        job = held.job
        try:
            self._handlers[job.kind](held)
            self._end(held)
        except LeaseLost as error:
            log.warning("%s: %s", job.kind, error)
        except DecrocheError as error:
            log.warning("%s: [%s] %s", job.kind, error.code, error)
            self._fail(held, f"[{error.code}] {error}", for_good=isinstance(error, BadInput | NotFound))
        except Exception as error:  # the worker's edge: one job at fault does not keep the others waiting
            log.exception("%s: a fault of ours", job.kind)
            self._fail(held, f"[internal] {type(error).__name__}", for_good=False)

    def _end(self, held: Held) -> None:
        """A handler that wrote nothing has not ended its job itself."""
        with held.tenant() as conn:
            conn.execute("DELETE FROM store.jobs WHERE id = %s AND lease = %s", (held.job.id, held.job.lease))

    def _fail(self, held: Held, why: str, *, for_good: bool) -> None:
        self.failures += 1
        try:
            if jobs.failed(held, why, self._now(), for_good=for_good) == "dead":
                log.error("%s: dead after %d tries (decroche jobs list --dead)", held.job.kind, held.job.tries)
        except LeaseLost as error:
            log.warning("%s: %s", held.job.kind, error)

    def drain(self, most: int | None = None) -> int:
        """Do all that is due now, or so much of it; how many."""
        self._look_ahead()
        done = 0
        while not self.stopping.is_set() and done != most and self.step():
            done += 1
        return done

    def _look_ahead(self) -> None:
        if self._plan is None or self._now() - self._planned_at < PLAN_EVERY:
            return
        self._planned_at = self._now()
        try:
            self._plan(self._now())
        except DecrocheError as error:  # what waits already is done all the same
            log.warning("nothing was planned: [%s] %s", error.code, error)

    def run(self) -> None:
        """Do what comes until `stop`. A database that is away is waited for."""
        while not self.stopping.is_set():
            try:
                with connect(self._db.service_dsn) as ears:
                    ears.execute("LISTEN decroche_jobs")
                    while not self.stopping.is_set():
                        self.drain()
                        self.wait(ears.fileno())
                        for _ in ears.notifies(timeout=0):
                            pass
            except (DecrocheError, psycopg.OperationalError) as error:
                log.warning("no work: the database is away: %s", error)
                select.select([self._awake], [], [], 5.0)

    def wait(self, announced: int | None = None) -> None:
        """Until a job is announced (a socket that becomes readable), the next one is due, or `stop`."""
        at = jobs.next_at(self._db, self._kinds)
        left = (at - self._now()).total_seconds() if at else LONGEST_WAIT
        select.select([self._awake, *([announced] if announced is not None else [])], [], [],
                      min(max(left, 0.0), LONGEST_WAIT))  # fmt: skip

    def close(self) -> None:
        """Free what `stop` writes to."""
        os.close(self._awake)
        os.close(self._waker)


@contextmanager
def _renewed(held: Held, length: timedelta) -> Generator[None]:
    """The lease is renewed by a thread of its own while the body runs, thrice in its length."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(length.total_seconds() / 3):
            try:
                if not jobs.renew(held, length):
                    return
            except DecrocheError as error:
                log.warning("the lease of %s was not renewed: [%s] %s", held.job.kind, error.code, error)

    thread = threading.Thread(target=beat, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
