"""The commands that move a campaign and tell where it stands: launch, pause, resume, stop, requeue, report, export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from campaigns.contacts.commands import contacts_option
from store.base.actor import typing_now
from store.base.console import as_lines, emit, json_option, progress, to_json
from store.cli_tenant import tenant_session

if TYPE_CHECKING:
    from campaigns.campaigns import Campaign

_STANDS = ("name", "state", "paused_why", "running_since", "ended_at")


def _named(command: Callable[..., None]) -> Callable[..., None]:
    return click.argument("name")(contacts_option(json_option(command)))


@click.command("launch")
@_named
def launch(name: str, slug: str, as_json: bool) -> None:
    """Begin NAME: from now on the running service (`decroche serve`) calls its people, within its hours and the law's.

    Its lists as they stand now are whom it calls; later additions are for another campaign.

    \b
    Example: decroche campaign launch rappels-dec --tenant dentiste --json
    """
    from campaigns.dialling import course

    with tenant_session(slug) as (conn, whose), progress(what="people looked at") as bar:
        counts = course.launch(
            conn, whose, name, datetime.now(UTC), by=typing_now(), judged_one=lambda: bar.advance(bar.task_ids[0])
        )
    emit([{"name": name, "state": "running", **counts}], ("name", "state", *counts), as_json=as_json)


@click.command("pause")
@_named
@click.option("--why", default="", help="Kept with it.")
def pause(name: str, slug: str, why: str, as_json: bool) -> None:
    """Let no more calls of NAME begin; those in progress go on to their end.

    \b
    Example: decroche campaign pause rappels-dec --tenant dentiste --why "standard débordé"
    """
    from campaigns.dialling import course

    by = typing_now()
    with tenant_session(slug) as (conn, whose):
        _told(course.pause(conn, whose, name, why or f"by {by}", by=by), as_json)


@click.command("resume")
@_named
def resume(name: str, slug: str, as_json: bool) -> None:
    """Let a paused NAME go on. What made it pause is counted anew.

    \b
    Example: decroche campaign resume rappels-dec --tenant dentiste
    """
    from campaigns.dialling import course

    with tenant_session(slug) as (conn, whose):
        _told(course.resume(conn, whose, name, datetime.now(UTC), by=typing_now()), as_json)


@click.command("stop")
@_named
def stop(name: str, slug: str, as_json: bool) -> None:
    """End NAME for good: nobody of it is called any more. Calls in progress go on to their end.

    \b
    Example: decroche campaign stop rappels-dec --tenant dentiste
    """
    from campaigns.dialling import course

    with tenant_session(slug) as (conn, whose):
        waiting = course.stop(conn, whose, name, datetime.now(UTC), by=typing_now())
    emit([{"name": name, "state": "stopped", "not_called": waiting}], ("name", "state", "not_called"), as_json=as_json)


@click.command("requeue")
@_named
def requeue(name: str, slug: str, as_json: bool) -> None:
    """Call again the people of NAME whose call's end nobody saw (`unknown`): somebody has looked, and says so.

    \b
    Example: decroche campaign requeue rappels-dec --tenant dentiste
    """
    from campaigns.dialling import course

    with tenant_session(slug) as (conn, whose):
        people = course.requeue(conn, whose, name, datetime.now(UTC), by=typing_now())
    emit([{"name": name, "requeued": people}], ("name", "requeued"), as_json=as_json)


@click.command("report")
@_named
def report(name: str, slug: str, as_json: bool) -> None:
    """Where NAME stands: its people by state, what their calls came to, minutes, money, and who waits for what.

    \b
    Example: decroche campaign report rappels-dec --tenant dentiste --json
    """
    from campaigns.dialling import reporting

    with tenant_session(slug) as (conn, whose):
        found = reporting.report(conn, whose, name).as_json()
    if as_lines(as_json):
        click.echo(to_json(found))
        return
    plain = {
        key: value for key, value in found.items() if not isinstance(value, dict | list) and value not in ("", None)
    }
    emit([plain], tuple(plain), as_json=False)
    if len(found["versions"]) > 1:
        emit(found["versions"], tuple(found["versions"][0]), as_json=False)
        told = found["difference"]
        click.echo(f"difference between {told['low']:+.1%} and {told['high']:+.1%}, 19 times in 20: "
                   + ("it is shown" if told["shown"] else "none is shown yet"))  # fmt: skip
    for what in ("people", "outcomes", "calls", "waits"):
        rows = [{what: name, "count": count} for name, count in found[what].items()]
        if rows:
            emit(rows, (what, "count"), as_json=False)


@click.command("export")
@_named
def export(name: str, slug: str, as_json: bool) -> None:
    """The people of NAME, what became of each and when: CSV as a spreadsheet in France takes it; --json: a line each.

    \b
    Example: decroche campaign export rappels-dec --tenant dentiste > rappels-dec.csv
    """
    from campaigns.dialling import reporting
    from store.base.spreadsheet import written

    with tenant_session(slug) as (conn, whose):
        if as_json:
            for line in reporting.lines(conn, whose, name):
                click.echo(to_json(asdict(line)))
            return
        rows: list[dict[str, Any]] = [
            {**asdict(line), "why": ", ".join(line.why)} for line in reporting.lines(conn, whose, name)
        ]
    click.echo(written(rows, reporting.EXPORTED), nl=False)


@click.command("callbacks")
@contacts_option
@json_option
def callbacks(slug: str, as_json: bool) -> None:
    """The calls that were agreed on in calls: their slot, and whether each was kept.

    \b
    Example: decroche campaign callbacks --tenant dentiste --json
    """
    from campaigns.dialling import agreed

    with tenant_session(slug) as (conn, whose):
        rows = [asdict(each) for each in agreed.listed(conn, whose)]
    columns = ("e164", "agent", "from_at", "to_at", "state", "outcome")
    emit(rows, columns, as_json=as_json, empty="no callback was agreed on")


def _told(found: Campaign, as_json: bool) -> None:
    emit([asdict(found)], _STANDS, as_json=as_json)


COMMANDS = (launch, pause, resume, stop, requeue, report, export, callbacks)
