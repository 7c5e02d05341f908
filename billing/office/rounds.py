"""What billing does by itself: tells what waits, asks Stripe again, takes the day's steps. Safe to run anywhere, often.

Each job is held under a lease in the database (`billing.rounds`): two processes do not do it both, and one that dies
holds it up for minutes only. Every job is idempotent besides: a lease that ran out costs work, never money.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from billing.invoices.dunning import run_dunning
from billing.invoices.leaving import close_ended
from billing.office.low_balance import tell_low
from billing.office.outbox import Post, deliver
from billing.plans.holdings import look
from billing.rating.tariff import PARIS
from store import tenants
from store.base.actor import service
from store.base.errors import DecrocheError
from store.db import Database

if TYPE_CHECKING:
    from billing.stripe.stripe_edge import Stripe

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
RETRY = timedelta(minutes=5)
ASK_AGAIN = timedelta(minutes=10)
_HERE = f"{socket.gethostname()}:{os.getpid()}"


@dataclass(frozen=True, slots=True)
class Round:
    """What one job did: `done` items, `failed` ones; `ran` False: not due yet, or another process has it."""

    job: str
    ran: bool
    done: int = 0
    failed: int = 0


def go_round(db: Database, post: Post, now: datetime, *, stripe: Stripe | None = None, begins: int = 8) -> list[Round]:
    """Do every job that is due (operator). `begins`: the hour in Paris from which the day's steps are taken."""
    morning = last_morning(now, begins)
    today = now.astimezone(PARIS).date()
    done = [
        _held(db, "dunning", morning, now, lambda: _dunning(db, today)),
        _held(db, "holdings", morning, now, lambda: _holdings(db, today)),
        _held(db, "endings", morning, now, lambda: _endings(db, today)),
    ]
    if stripe is not None:
        edge = stripe
        done.append(
            _held(db, "collect", now - ASK_AGAIN, now, lambda: _ask_again(db, edge, now.astimezone(PARIS).date()))
        )
    done.append(Round("low balances", True, tell_low(db)))
    done.append(Round("notices", True, *deliver(db, post, 20)))  # last: what was just written is told
    return done


def last_morning(now: datetime, begins: int) -> datetime:
    """The latest instant at which a day's work began: today's hour in Paris, or yesterday's before it."""
    local = now.astimezone(PARIS)
    day = local.date() if local.hour >= begins else local.date() - timedelta(days=1)
    return datetime.combine(day, time(begins), PARIS)


def _held(db: Database, job: str, since: datetime, now: datetime, do: Callable[[], tuple[int, int]]) -> Round:
    """Do a job that was not done since an instant, under its lease."""
    if not _take(db, job, since, now):
        return Round(job, False)
    try:
        done, failed = do()
    except BaseException:
        _give_back(db, job, now + RETRY, None)
        raise
    _give_back(db, job, now, now)
    return Round(job, True, done, failed)


def _take(db: Database, job: str, since: datetime, now: datetime) -> bool:
    with db.operator() as conn:
        conn.execute("INSERT INTO billing.rounds (job) VALUES (%s) ON CONFLICT DO NOTHING", (job,))
        taken = conn.execute(
            """UPDATE billing.rounds SET held_until = %(until)s, held_by = %(who)s
                WHERE job = %(job)s AND held_until <= %(now)s AND done_at < %(since)s""",
            {"until": now + LEASE, "who": _HERE, "job": job, "now": now, "since": since},
        )
    return bool(taken.rowcount)


def _give_back(db: Database, job: str, until: datetime, done_at: datetime | None) -> None:
    with db.operator() as conn:
        conn.execute(
            """UPDATE billing.rounds SET held_until = %s, done_at = coalesce(%s, done_at)
                WHERE job = %s AND held_by = %s""",
            (until, done_at, job, _HERE),
        )


def _each(db: Database, what: str, do: Callable[[tenants.Tenant], int]) -> tuple[int, int]:
    """For every tenant; one whose data is at fault does not keep the others waiting."""
    done = failed = 0
    with db.operator() as conn:
        everyone = tenants.listed(conn)
    for tenant in everyone:
        try:
            done += do(tenant)
        except DecrocheError as error:
            failed += 1
            log.error("%s of %s: [%s] %s", what, tenant.slug, error.code, error)
        except Exception:
            failed += 1
            log.exception("%s of %s: a fault of ours", what, tenant.slug)
    return done, failed


def _dunning(db: Database, today: date) -> tuple[int, int]:
    def steps(tenant: tenants.Tenant) -> int:
        with db.operator(tenant.id) as conn:
            return len(run_dunning(conn, tenant.id, today))

    return _each(db, "dunning", steps)


def _holdings(db: Database, today: date) -> tuple[int, int]:
    def count(tenant: tenants.Tenant) -> int:
        with db.operator(tenant.id) as conn:
            look(conn, tenant.id, today.replace(day=1), today + timedelta(days=1))
        return 1

    return _each(db, "agents and numbers", count)


def _endings(db: Database, today: date) -> tuple[int, int]:
    def end(tenant: tenants.Tenant) -> int:
        with db.operator(tenant.id) as conn:
            return close_ended(conn, tenant, today)

    return _each(db, "the end of access", end)


def _ask_again(db: Database, stripe: Stripe, today: date) -> tuple[int, int]:
    """Attempts and refunds whose end is not known: Stripe is asked what became of them."""
    from billing.stripe import collect
    from billing.stripe.refunds import ask_open

    with db.operator() as conn:
        rows = conn.execute(
            """SELECT i.number FROM billing.stripe_attempts a JOIN billing.invoices i ON i.id = a.invoice_id
                WHERE a.state IN ('asked', 'processing', 'requires_action') AND a.asked_at < now() - interval '1 minute'
                ORDER BY a.asked_at LIMIT 100"""
        ).fetchall()
    done = failed = 0
    for row in rows:
        try:
            asked = collect.collect(db, stripe, row["number"], by=service("rounds"), today=today)
            done += asked.state == "succeeded"
        except DecrocheError as error:
            failed += 1
            log.warning("invoice %s: [%s] %s", row["number"], error.code, error)
    again, wrong = ask_open(db, stripe, today)
    return done + again, failed + wrong
