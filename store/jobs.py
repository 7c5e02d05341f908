"""Jobs: what is to be done after something happened, outside its transaction, by whichever worker is free.

A job is written in the transaction of what it follows from, and its tenant is that transaction's. A worker takes it
under a lease that it renews; a worker that dies lets the lease run out, and another takes the job. What a job changes
in the database, and the job's end, are one transaction (`Held.last`): done once, however often it was begun. What it
does elsewhere is done at least once. One that fails is tried again later and later; one that fails for good is dead,
and stays to be looked at (`decroche jobs list`, `decroche doctor`).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from store import audit
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.db import Conn, Database

CHANNEL = "decroche_jobs"
"""The channel that wakes workers; without content."""

MOST_TRIES = 8
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
_WHY = 300

_COLUMNS: LiteralString = (
    "tenant_id, id, kind, about, state, priority, due_at, tries, most_tries, lease, held_by, held_until, why, made_at,"
    " dead_at"
)


class LeaseLost(Refused):
    """Another worker has the job now."""

    code = "lease_lost"


@dataclass(frozen=True, slots=True)
class Job:
    """`kind` says who does it, `about` the id of what to; `tries`: how often it was begun. `lease`: of who holds it."""

    tenant_id: UUID
    id: UUID
    kind: str
    about: str
    state: str
    priority: int
    due_at: datetime
    tries: int
    most_tries: int
    lease: UUID | None
    held_by: str
    held_until: datetime | None
    why: str
    made_at: datetime
    dead_at: datetime | None


def add(
    conn: Conn, kind: str, about: UUID | str, *, due_at: datetime | None = None, priority: int = 0,
    most_tries: int = MOST_TRIES,
) -> bool:  # fmt: skip
    """Have something done after this transaction; False where the same waits already (it is then due at the earlier of
    the two instants). `due_at`: not before. Higher `priority` goes first. Raises BadInput for no tenant, no kind."""
    values = {
        "id": new_id(), "kind": kind, "about": str(about), "due": due_at, "priority": priority, "most": most_tries,
        "channel": CHANNEL,
    }  # fmt: skip
    try:
        with conn.transaction():
            row = conn.execute(
                """INSERT INTO store.jobs AS j (id, kind, about, due_at, priority, most_tries)
                   VALUES (%(id)s, %(kind)s, %(about)s, coalesce(%(due)s, now()), %(priority)s, %(most)s)
                   ON CONFLICT (tenant_id, kind, about) WHERE state = 'waiting'
                   DO UPDATE SET due_at = least(j.due_at, excluded.due_at)
                   RETURNING id = %(id)s AS made, pg_notify(%(channel)s, '')""",
                values,
            ).fetchone()
    except (psycopg.errors.NotNullViolation, psycopg.errors.InsufficientPrivilege) as error:
        raise BadInput(f"job {kind}: the transaction is of no tenant", hint="db.tenant(…)") from error
    except psycopg.errors.CheckViolation as error:
        raise BadInput(f"job {kind!r} about {str(about)[:40]!r}", hint="a kind as call.analyse, and an id") from error
    assert row is not None
    return row["made"]


def standing(
    conn: Conn, kinds: Sequence[str], due_at: datetime, next_at: datetime, only: Sequence[UUID] | None = None
) -> int:
    """See to it that of each kind one job of every tenant (or of `only` these) waits or is held; how many were made
    (operator). It is due at `due_at`; where one has failed for good since then, at `next_at`."""
    done = conn.execute(
        """INSERT INTO store.jobs (tenant_id, id, kind, about, due_at, most_tries)
           SELECT t.id, gen_random_uuid(), k.kind, '',
                  CASE WHEN EXISTS (SELECT 1 FROM store.jobs d WHERE d.tenant_id = t.id AND d.kind = k.kind
                                       AND d.state = 'dead' AND d.dead_at >= %(due)s)
                       THEN %(next)s ELSE %(due)s END, %(most)s
             FROM store.tenants t CROSS JOIN unnest(%(kinds)s::text[]) AS k (kind)
            WHERE (%(only)s::uuid[] IS NULL OR t.id = ANY (%(only)s))
              AND NOT EXISTS (SELECT 1 FROM store.jobs j WHERE j.tenant_id = t.id AND j.kind = k.kind AND j.about = ''
                                 AND j.state IN ('waiting', 'held'))
           ON CONFLICT (tenant_id, kind, about) WHERE state = 'waiting' DO NOTHING""",
        {"kinds": list(kinds), "due": due_at, "next": next_at, "most": MOST_TRIES,
         "only": None if only is None else list(only)},
    )  # fmt: skip
    return done.rowcount


def hurry(conn: Conn, tenant_id: UUID, kind: str, about: UUID | str, *, most_tries: int = MOST_TRIES) -> None:
    """What waits, or failed for good, or was taken back, is due now, with tries left (operator)."""
    ours = {"tenant": tenant_id, "kind": kind, "about": str(about), "most": most_tries, "channel": CHANNEL}
    conn.execute(
        """DELETE FROM store.jobs WHERE tenant_id = %(tenant)s AND kind = %(kind)s AND about = %(about)s
              AND state = 'dead'""",
        ours,
    )
    conn.execute(
        """INSERT INTO store.jobs AS j (tenant_id, id, kind, about, most_tries)
           SELECT %(tenant)s, gen_random_uuid(), %(kind)s, %(about)s, %(most)s
            WHERE NOT EXISTS (SELECT 1 FROM store.jobs h WHERE h.tenant_id = %(tenant)s AND h.kind = %(kind)s
                                 AND h.about = %(about)s AND h.state = 'held')
           ON CONFLICT (tenant_id, kind, about) WHERE state = 'waiting'
           DO UPDATE SET due_at = least(j.due_at, now()), tries = least(j.tries, j.most_tries / 2)""",
        ours,
    )
    conn.execute("SELECT pg_notify(%(channel)s, '')", ours)


def take_back(conn: Conn, tenant_id: UUID, kind: str, about: UUID | str) -> None:
    """What waits, or failed for good, is not to be done any more (operator)."""
    conn.execute(
        "DELETE FROM store.jobs WHERE tenant_id = %s AND kind = %s AND about = %s AND state <> 'held'",
        (tenant_id, kind, str(about)),
    )


@dataclass(frozen=True, slots=True)
class Held:
    """A job under this worker's lease: all that whoever does it is given. Its transactions are of the job's tenant."""

    db: Database
    job: Job

    @contextmanager
    def tenant(self) -> Generator[Conn]:
        """A transaction of the job's tenant, to read with or to note how far it is."""
        with self.db.tenant(self.job.tenant_id) as conn:
            yield conn

    @contextmanager
    def last(self, *, operator: bool = False) -> Generator[Conn]:
        """The transaction in which the job is done: what is written in it stays only if the job was still ours.

        `operator`: the operator's own, for what a client's may not write. Raises LeaseLost at its end, and nothing of
        it is kept, where another worker took the job meanwhile.
        """
        with self.db.operator(self.job.tenant_id) if operator else self.db.tenant(self.job.tenant_id) as conn:
            yield conn
            done = conn.execute("DELETE FROM store.jobs WHERE id = %s AND lease = %s", (self.job.id, self.job.lease))
            if not done.rowcount:
                raise LeaseLost(f"job {self.job.id} is another worker's now", hint="nothing of this try was kept")

    def later(self, at: datetime) -> None:
        """Not now: it is not counted as a try. Raises LeaseLost."""
        with self.db.tenant(self.job.tenant_id) as conn:
            _give_back(conn, self.job, at, self.job.why, tries=self.job.tries - 1)


def take(
    db: Database, kinds: Sequence[str], worker: str, length: timedelta, now: datetime | None = None
) -> Held | None:
    """The next job of these kinds that is due at `now`, of any tenant, under a lease of that length; None: there is
    none."""
    with db.service() as conn, conn.cursor(row_factory=class_row(Job)) as cursor:
        job = cursor.execute(
            f"SELECT {_COLUMNS} FROM store.take_job(%s, %s, %s, coalesce(%s, now()))",
            (list(kinds), worker, length, now),
        ).fetchone()
    return Held(db, job) if job else None


def renew(held: Held, length: timedelta) -> bool:
    """Prolong the lease; False where it is another's."""
    with held.tenant() as conn:
        done = conn.execute(
            "UPDATE store.jobs SET held_until = clock_timestamp() + %s WHERE id = %s AND lease = %s",
            (length, held.job.id, held.job.lease),
        )
    return done.rowcount == 1


def failed(held: Held, why: str, now: datetime, *, for_good: bool = False) -> str:
    """A try failed: it waits for the next one, or is dead (`for_good`, or tried often enough). "waiting" or "dead".

    Raises LeaseLost.
    """
    job = held.job
    with held.tenant() as conn:
        if not for_good and job.tries < job.most_tries:
            _give_back(conn, job, now + pause(job.tries), why, tries=job.tries)
            return "waiting"
        done = conn.execute(
            """UPDATE store.jobs SET state = 'dead', dead_at = now(), lease = NULL, held_until = NULL, why = %s
                WHERE id = %s AND lease = %s""",
            (why[:_WHY], job.id, job.lease),
        )
        if not done.rowcount:
            raise LeaseLost(f"job {job.id} is another worker's now")
    return "dead"


def pause(tries: int) -> timedelta:
    """How long a job waits after so many failures: a minute, two, four, … six hours at most."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (min(tries, 20) - 1)) if tries > 0 else _FIRST_PAUSE


def _give_back(conn: Conn, job: Job, due_at: datetime, why: str, *, tries: int) -> None:
    """It waits again; where the same waits already, that one stands for it."""
    ours = {"id": job.id, "lease": job.lease}
    if not conn.execute("SELECT 1 FROM store.jobs WHERE id = %(id)s AND lease = %(lease)s FOR UPDATE", ours).rowcount:
        raise LeaseLost(f"job {job.id} is another worker's now")
    try:
        with conn.transaction():
            conn.execute(
                """UPDATE store.jobs SET state = 'waiting', due_at = %(due)s, why = %(why)s, tries = %(tries)s,
                          lease = NULL, held_until = NULL, held_by = '' WHERE id = %(id)s""",
                ours | {"due": due_at, "why": why[:_WHY], "tries": max(0, tries)},
            )
    except psycopg.errors.UniqueViolation:
        conn.execute("DELETE FROM store.jobs WHERE id = %(id)s", ours)


def next_at(db: Database, kinds: Sequence[str]) -> datetime | None:
    """When the next job of these kinds may be taken; None when none waits."""
    with db.service() as conn:
        row = conn.execute("SELECT store.next_job_at(%s) AS at", (list(kinds),)).fetchone()
    return row["at"] if row else None


def listed(conn: Conn, *, state: str | None = None, kind: str | None = None, limit: int = 1000) -> list[Job]:
    """Jobs that `conn` may see, the first due first."""
    with conn.cursor(row_factory=class_row(Job)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM store.jobs
                 WHERE (%(state)s::text IS NULL OR state = %(state)s) AND (%(kind)s::text IS NULL OR kind = %(kind)s)
                 ORDER BY due_at, id LIMIT %(limit)s""",
            {"state": state, "kind": kind, "limit": limit},
        ).fetchall()


def waiting(conn: Conn, kind: str) -> int:
    """How many jobs of a kind `conn` sees that are still to be done."""
    row = conn.execute("SELECT count(*) AS n FROM store.jobs WHERE kind = %s AND state <> 'dead'", (kind,)).fetchone()
    return row["n"] if row else 0


def revive(conn: Conn, job_id: UUID, *, by: Actor) -> None:
    """Try a dead job again from the start (operator). Raises NotFound; where the same waits already, that one does."""
    job = _dead(conn, job_id)
    try:
        with conn.transaction():
            conn.execute(
                "UPDATE store.jobs SET state = 'waiting', tries = 0, due_at = now(), dead_at = NULL WHERE id = %s",
                (job_id,),
            )
    except psycopg.errors.UniqueViolation:
        conn.execute("DELETE FROM store.jobs WHERE id = %s", (job_id,))
    conn.execute("SELECT pg_notify(%s, '')", (CHANNEL,))
    audit.note(conn, by, "job.revive", f"job:{job_id}", job.tenant_id, kind=job.kind)


def drop(conn: Conn, job_id: UUID, *, by: Actor) -> None:
    """Let a dead job go undone (operator). Raises NotFound."""
    job = _dead(conn, job_id)
    conn.execute("DELETE FROM store.jobs WHERE id = %s", (job_id,))
    audit.note(conn, by, "job.drop", f"job:{job_id}", job.tenant_id, kind=job.kind)


def _dead(conn: Conn, job_id: UUID) -> Job:
    found = next((job for job in listed(conn, state="dead", limit=100_000) if job.id == job_id), None)
    if found is None:
        raise NotFound(f"no dead job {job_id}", hint="decroche jobs list --dead")
    return found


def counted(conn: Conn, before: datetime) -> tuple[int, int]:
    """Every client's jobs that were due before then and that nobody has taken, and those that failed for good."""
    row = conn.execute(
        """SELECT count(*) FILTER (WHERE state = 'waiting' AND due_at < %s) AS late,
                  count(*) FILTER (WHERE state = 'dead') AS dead FROM store.jobs""",
        (before,),
    ).fetchone()
    assert row is not None
    return row["late"], row["dead"]
