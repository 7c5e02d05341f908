"""`decroche jobs`: what waits to be done after calls, and what could not be done."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

import click

from store import jobs as kept
from store import tenants
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option, out, to_json
from store.base.errors import BadInput
from store.setup import open_database

COLUMNS = ("id", "tenant", "kind", "state", "due_at", "tries", "why")


@click.group(cls=HouseGroup)
def jobs() -> None:
    """What waits to be done after calls (`decroche work` does it), and what could not be done.

    \b
    Example: decroche jobs list --dead
    """


@jobs.command("list")
@click.option("--dead", is_flag=True, help="Only those that failed for good.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Rows at most.")
@json_option
def list_jobs(dead: bool, limit: int, as_json: bool) -> None:
    """Jobs of every client, the first due first.

    \b
    Example: decroche jobs list --dead --json
    """
    with open_database() as db, db.operator() as conn:
        found = kept.listed(conn, state="dead" if dead else None, limit=limit)
        names = {tenant.id: tenant.slug for tenant in tenants.listed(conn)}
    emit([_row(job, names[job.tenant_id]) for job in found], COLUMNS, as_json=as_json, empty="nothing waits")


def _row(job: kept.Job, tenant: str) -> dict[str, Any]:
    shown = asdict(job)
    for hidden in ("tenant_id", "lease"):
        del shown[hidden]
    return shown | {"tenant": tenant}


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadInput(f"{text!r} is no job's id", hint="decroche jobs list --dead") from error


@jobs.command()
@click.argument("job_id")
@json_option
def retry(job_id: str, as_json: bool) -> None:
    """Try again a job that failed for good.

    \b
    Example: decroche jobs retry 0199f0c2-6f2e-7f0a-9d53-6b1f0f7f4c11
    """
    with open_database() as db, db.operator() as conn:
        kept.revive(conn, _id(job_id), by=typing_now())
    out.print(to_json({"id": job_id, "done": "retry"}) if as_json else "it waits for the next worker")


@jobs.command()
@click.argument("job_id")
@json_option
def drop(job_id: str, as_json: bool) -> None:
    """Let a job that failed for good go undone.

    \b
    Example: decroche jobs drop 0199f0c2-6f2e-7f0a-9d53-6b1f0f7f4c11
    """
    with open_database() as db, db.operator() as conn:
        kept.drop(conn, _id(job_id), by=typing_now())
    out.print(to_json({"id": job_id, "done": "drop"}) if as_json else "dropped")
