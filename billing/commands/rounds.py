"""`decroche billing rounds|doctor`: what billing does by itself, done now; and whether it is fit to run."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

import click

from billing.commands.common import now, stripe_edge, today_in_paris
from billing.keys import key
from store.base.console import emit, json_option
from store.base.settings import settings
from store.setup import open_database


@click.command()
@json_option
@click.pass_context
def rounds(ctx: click.Context, as_json: bool) -> None:
    """Do what is due: reminders, suspensions, payments asked again, notices. `decroche work` does it too.

    Each is done by one process at a time and once a day, however often this runs (from cron, for one).
    Exit status: 3 when something failed.

    \b
    Example: decroche billing rounds
    """
    from billing.office.outbox import post_of
    from billing.office.rounds import run_due

    of = settings()
    with ExitStack() as stack:
        db = stack.enter_context(open_database())
        stripe = stack.enter_context(stripe_edge()) if key("stripe-key", of) else None
        done = run_due(db, post_of(of), now(), stripe=stripe, begins=of.billing.day_begins)
    emit([asdict(job) for job in done], ("job", "ran", "done", "failed"), as_json=as_json)
    ctx.exit(3 if any(job.failed for job in done) else 0)


@click.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Look at what billing needs (seller, tariffs, the legal rate, Stripe …) and say what to type. It changes nothing.

    Exit status: 5 when something fails; warnings may stand.

    \b
    Example: decroche billing doctor
    """
    from billing.office.checkup import examine

    with open_database() as db, db.operator() as conn:
        found = examine(conn, settings(), today_in_paris())
    if as_json:
        emit([asdict(one) for one in found], (), as_json=True)
    else:
        rows: list[dict[str, Any]] = [
            {"state": one.state, "part": one.part, "found": one.detail + (f"\n→ {one.hint}" if one.hint else "")}
            for one in found
        ]
        emit(rows, ("state", "part", "found"), as_json=False)
    ctx.exit(5 if any(one.state == "fail" for one in found) else 0)
