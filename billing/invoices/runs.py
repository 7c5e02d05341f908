"""What is done for one client or for all of them: each in a transaction of its own, tried first where asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from billing.charges.controls import Notice
from billing.invoices import debit, invoicing, leaving
from billing.invoices.dunning import debts, penalty_due, run_dunning
from billing.invoices.late import Penalty, penalty_so_far
from billing.invoices.legal import known_rates
from billing.plans import plans
from store import tenants
from store.base.actor import Actor
from store.base.errors import DecrocheError
from store.db import Conn, Database, tried
from store.tenants import Tenant


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A price announced to one subscription. Micro-euros a month with its options."""

    micros: int
    applies_from: date
    leave_until: date


@dataclass(frozen=True, slots=True)
class Overdue:
    """An invoice that is late, or whose lateness is still owed. Cents; `days` 0: it is paid."""

    tenant: Tenant
    invoice: invoicing.Issued
    days: int
    unpaid: int
    contested: int
    penalty: Penalty
    penalty_due: int
    counted_until: date | None


def run_month(
    db: Database, month: date, slug: str | None, day: date, *, by: Actor, dry_run: bool = False
) -> Iterator[tuple[Tenant, invoicing.Issued | DecrocheError | None]]:
    """Issue the month's invoice of each client, or say why one is blocked; None: there is nothing to invoice."""

    def issue(tenant: Tenant) -> invoicing.Issued | None:
        with tried(db, tenant.id, dry_run) as conn:
            return invoicing.issue(conn, tenant, month, day, by)

    yield from tenants.each(_chosen(db, slug), issue)


def run_debit_notes(
    db: Database, slug: str | None, day: date, *, by: Actor, dry_run: bool = False
) -> Iterator[tuple[Tenant, list[debit.DebitNote]]]:
    """Issue each client's missing notes of what was paid late."""
    for tenant in _chosen(db, slug):
        with tried(db, tenant.id, dry_run) as conn:
            made = debit.issue_settled(conn, tenant.id, day, by=by)
        yield tenant, made


def announce_price(
    db: Database, plan: str, micros: int, slug: str | None, day: date, wished_from: date, *, by: Actor,
    dry_run: bool = False,
) -> Iterator[tuple[Tenant, list[PriceChange] | DecrocheError]]:  # fmt: skip
    """Announce a plan's new price, without options, to the subscriptions of it that run. Raises NotFound."""
    with db.operator() as conn:
        plans.get_plan(conn, plan)

    def announce(tenant: Tenant) -> list[PriceChange]:
        with tried(db, tenant.id, dry_run) as conn:
            last = max(day, wished_from)  # who has left by then is told of no price
            running = [one for one in plans.subscriptions(conn, tenant.id) if _runs(conn, one, plan, last)]
            return [_announced(conn, one, micros, day, wished_from, by) for one in running]

    yield from tenants.each(_chosen(db, slug), announce)


def _runs(conn: Conn, of: plans.Subscription, plan: str, day: date) -> bool:
    if of.plan != plan:
        return False
    end = plans.calendar_of(conn, of, day).ends_on
    return end is None or end > day


def _announced(conn: Conn, of: plans.Subscription, micros: int, day: date, wished_from: date, by: Actor) -> PriceChange:
    total = leaving.with_options(conn, of, micros)
    done = leaving.announce_price(conn, of, total, day, wished_from, by)
    return PriceChange(total, done.applies_from, done.leave_until)


def dun(db: Database, slug: str | None, day: date) -> Iterator[tuple[Tenant, list[Notice]]]:
    """Take each client's steps that are due on a day."""
    for tenant in _chosen(db, slug):
        with db.operator(tenant.id) as conn:
            told = run_dunning(conn, tenant.id, day)
        yield tenant, told


def overdue(conn: Conn, slug: str | None, day: date) -> list[Overdue]:
    """What is unpaid after its due date, and what being late costs up to `day`."""
    rates = known_rates(conn)
    found: list[Overdue] = []
    for tenant in tenants.chosen(conn, slug):
        for of, debt in debts(conn, tenant.id):
            unpaid, owed = debt.unpaid(day), penalty_due(conn, of, day)
            if day <= of.due_on or (not unpaid and owed <= 0):
                continue
            total, until = penalty_so_far(debt, day, rates)
            days = (day - of.due_on).days if unpaid else 0
            found.append(Overdue(tenant, of, days, unpaid, unpaid - debt.in_dunning(day), total, owed, until))
    return found


def _chosen(db: Database, slug: str | None) -> list[Tenant]:
    with db.operator() as conn:
        return tenants.chosen(conn, slug)
