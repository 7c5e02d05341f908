"""What billing does by itself: a client's work of the day, payments asked again, notices told. Jobs like any other.

Each is a job of its client (`store/jobs.py`): taken under a lease, done once, tried again where it failed. A step of
the day and its job's end are one transaction, in which the next morning's is made. `decroche work` does them as they
come due; `run_due` does all that is due now, wherever it runs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from billing.charges.controls import TELL
from billing.invoices.dunning import run_dunning
from billing.invoices.leaving import close_ended
from billing.office.low_balance import prepaid, tell_low
from billing.office.outbox import Post
from billing.office.telling import tell_one
from billing.plans.holdings import note_holdings
from billing.rating.tariff import PARIS
from store import jobs, tenants
from store.base.actor import service
from store.base.errors import DecrocheError
from store.db import Conn, Database
from store.jobs import Held
from store.work import Handler, Worker

if TYPE_CHECKING:
    from billing.stripe.stripe_edge import Stripe

log = logging.getLogger(__name__)

ASK_AGAIN = timedelta(minutes=10)
COLLECT = "billing.collect"
"""Payments and refunds of a client whose end is not known."""

LOOK_AGAIN = timedelta(minutes=5)
LOW = "billing.low_balance"
"""A prepaid client's balance looked at."""

Count = tuple[int, int]
"""What was done, and what failed and is asked again though its job did not."""
Step = Callable[[Conn, UUID, date], int]
"""A client's work of a day, in one operator's transaction: how much was done."""


def _dunning(conn: Conn, tenant_id: UUID, today: date) -> int:
    return len(run_dunning(conn, tenant_id, today))


def _holdings(conn: Conn, tenant_id: UUID, today: date) -> int:
    note_holdings(conn, tenant_id, today.replace(day=1), today + timedelta(days=1))
    return 1


def _endings(conn: Conn, tenant_id: UUID, today: date) -> int:
    found = [tenant for tenant in tenants.listed(conn) if tenant.id == tenant_id]
    return sum(close_ended(conn, tenant, today) for tenant in found)


DAILY: Mapping[str, Step] = {
    "billing.dunning": _dunning, "billing.holdings": _holdings, "billing.endings": _endings,
}  # fmt: skip
"""Kind of job → what is done once a day for each client."""


@dataclass(frozen=True, slots=True)
class Round:
    """What was done of one kind: `done` items, `failed` jobs; `ran` False: none was due, or others had them."""

    job: str
    ran: bool
    done: int = 0
    failed: int = 0


def handlers(
    db: Database, post: Post, *, stripe: Stripe | None = None, begins: int = 8,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    told: Callable[[str, Count], None] = lambda _kind, _count: None,
) -> dict[str, Handler]:  # fmt: skip
    """Kind of job → who does it. `begins`: the hour in Paris at which the day's work begins; `told`: hears of each job
    what it did."""

    def heard(kind: str, do: Callable[[Held], Count]) -> Handler:
        return lambda held: told(kind, do(held))

    found = {kind: heard(kind, partial(_day, step, now, begins)) for kind, step in DAILY.items()}
    found[LOW] = heard(LOW, partial(_low, now))
    if stripe is not None:
        found[COLLECT] = heard(COLLECT, partial(_ask_again, db, stripe, now))
    found[TELL] = heard(TELL, lambda held: (tell_one(held, post, now()), 0))
    return found


def plan(db: Database, now: datetime, *, begins: int = 8, collecting: bool = False) -> None:
    """See to it that every client's work of the day waits or is held, and that what Stripe has not settled is asked
    again (operator). A step that failed for good today is taken again tomorrow."""
    with db.operator() as conn:
        jobs.standing(conn, list(DAILY), last_morning(now, begins), next_morning(now, begins))
        if those := prepaid(conn):
            jobs.standing(conn, [LOW], now, now + LOOK_AGAIN, those)
        if collecting and (open_ones := _unsettled(conn)):
            jobs.standing(conn, [COLLECT], now, now + ASK_AGAIN, open_ones)


def run_due(db: Database, post: Post, now: datetime, *, stripe: Stripe | None = None, begins: int = 8) -> list[Round]:
    """Do every job that is due (operator). `begins`: the hour in Paris from which the day's steps are taken."""
    plan(db, now, begins=begins, collecting=stripe is not None)
    counts: dict[str, Count] = {}

    def told(kind: str, count: Count) -> None:
        done, failed = counts.get(kind, (0, 0))
        counts[kind] = done + count[0], failed + count[1]

    found: list[Round] = []
    # notices last: what was just written is told
    for kind, handler in handlers(db, post, stripe=stripe, begins=begins, now=lambda: now, told=told).items():
        with closing(Worker(db, {kind: handler}, now=lambda: now)) as worker:
            taken = worker.drain(MOST_TOLD if kind == TELL else None)
            ran = bool(taken) or kind == TELL
            done, failed = counts.get(kind, (0, 0))
            found.append(Round(NAMES.get(kind, kind.partition(".")[2]), ran, done, failed + worker.failures))
    return found


MOST_TOLD = 20
"""Notices told in one round: each may wait for a server that is slow."""
NAMES = {TELL: "notices", LOW: "low balances"}


def last_morning(now: datetime, begins: int) -> datetime:
    """The latest instant at which a day's work began: today's hour in Paris, or yesterday's before it."""
    local = now.astimezone(PARIS)
    day = local.date() if local.hour >= begins else local.date() - timedelta(days=1)
    return datetime.combine(day, time(begins), PARIS)


def next_morning(now: datetime, begins: int) -> datetime:
    """The first instant after now at which a day's work begins."""
    return datetime.combine(last_morning(now, begins).date() + timedelta(days=1), time(begins), PARIS)


def _day(step: Step, now: Callable[[], datetime], begins: int, held: Held) -> Count:
    """Take a client's step of today, and have tomorrow's wait, in the transaction that ends the job."""
    at = now()
    with held.last(operator=True) as conn:
        done = step(conn, held.job.tenant_id, at.astimezone(PARIS).date())
        jobs.add(conn, held.job.kind, held.job.about, due_at=next_morning(at, begins))
    return done, 0


def _low(now: Callable[[], datetime], held: Held) -> Count:
    """Look at a prepaid client's balance, and again in a while."""
    with held.last(operator=True) as conn:
        done = tell_low(conn, held.job.tenant_id)
        jobs.add(conn, LOW, held.job.about, due_at=now() + LOOK_AGAIN)
    return int(done), 0


def _unsettled(conn: Conn) -> list[UUID]:
    """The clients who have a payment or a refund that Stripe has not settled."""
    rows = conn.execute(
        """SELECT tenant_id FROM billing.stripe_attempts WHERE state IN ('asked', 'processing', 'requires_action')
           UNION SELECT tenant_id FROM billing.stripe_refunds WHERE state = 'asked'"""
    ).fetchall()
    return [row["tenant_id"] for row in rows]


def _ask_again(db: Database, stripe: Stripe, now: Callable[[], datetime], held: Held) -> Count:
    """Ask Stripe what became of a client's payments and refunds; while one is open, it is asked again later."""
    from billing.stripe import collect
    from billing.stripe.refunds import ask_open

    tenant_id, today = held.job.tenant_id, now().astimezone(PARIS).date()
    with db.operator() as conn:
        rows = conn.execute(
            """SELECT i.number FROM billing.stripe_attempts a JOIN billing.invoices i ON i.id = a.invoice_id
                WHERE a.tenant_id = %s AND a.state IN ('asked', 'processing', 'requires_action')
                  AND a.asked_at < now() - interval '1 minute' ORDER BY a.asked_at LIMIT 100""",
            (tenant_id,),
        ).fetchall()
    done = failed = 0
    for row in rows:
        try:
            asked = collect.collect(db, stripe, row["number"], by=service("rounds"), today=today)
            done += asked.state == "succeeded"
        except DecrocheError as error:
            failed += 1
            log.warning("invoice %s: [%s] %s", row["number"], error.code, error)
    again, wrong = ask_open(db, stripe, today, tenant_id)
    with db.operator() as conn:
        still = tenant_id in _unsettled(conn)
    if still:
        held.later(now() + ASK_AGAIN)
    return done + again, failed + wrong
