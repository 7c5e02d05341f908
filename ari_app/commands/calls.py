"""`decroche calls` (what calls were) and `decroche call` (placing them)."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from ari_app.desk.calls_view import row, whole
from ari_app.service import control
from store import calls as kept
from store import tenants
from store.base import spreadsheet
from store.base.console import emit, err, json_option, out, to_json
from store.base.errors import BadInput
from store.base.private import write_private
from store.base.settings import settings
from store.base.spreadsheet import PARIS
from store.db import Conn, Database
from store.setup import open_database

COLUMNS = ["id", "paris time", "way", "caller", "callee", "secs", "agent", "outcome", "price"]

SHORT = 12
"""Characters of an id's end that the list shows: 48 random bits."""


@click.group()
def calls() -> None:
    """What calls were: list, show, trace, export, timeline.

    \b
    Example:
      decroche calls list --tenant dentiste --limit 20
    """


def _id(conn: Conn, text: str) -> UUID:
    """A call's id, given whole or by its end, as the list shows it."""
    try:
        return UUID(text)
    except ValueError:
        return kept.by_end(conn, text)


def _line(call: dict[str, Any]) -> dict[str, Any]:
    """A call as the list shows it: what fits 100 columns; an id's end is what tells it from others."""
    started = datetime.fromisoformat(call["started_at"]).astimezone(PARIS)
    return call | {
        "id": call["id"][-SHORT:], "paris time": f"{started:%m-%d %H:%M}",
        "way": "chat" if call["channel"] == "chat" else {"inbound": "in", "outbound": "out"}[call["direction"]],
        "secs": call["seconds"],
    }  # fmt: skip


def _found(db: Database, tenant: str, limit: int, **filters: Any) -> list[dict[str, Any]]:
    with db.operator() as conn:
        tenant_id = tenants.tenant_id(conn, tenant) if tenant else None
        found = kept.find(conn, tenant_id=tenant_id, limit=limit, **filters)
        names = {t.id: t.slug for t in tenants.listed(conn)}
        return [row(conn, cdr, names.get(cdr.tenant_id, "")) for cdr in found]


@calls.command("list")
@click.option("--tenant", default="", help="Only this tenant's.")
@click.option("--direction", type=click.Choice(["inbound", "outbound"]), help="Only these.")
@click.option("--channel", type=click.Choice(kept.CHANNELS), help="By telephone, or in writing on a client's site.")
@click.option("--since", type=click.DateTime(), default=None, help="Paris time.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Rows at most.")
@json_option
def list_calls(
    tenant: str, direction: str | None, channel: kept.Channel | None, since: datetime | None, limit: int, as_json: bool
) -> None:  # fmt: skip
    """The latest calls, newest first. Other commands take a call by its id, whole or by the end shown here.

    \b
    Example:
      decroche calls list --direction inbound --limit 10
    """
    with open_database() as db:
        rows = _found(db, tenant, limit, direction=direction, channel=channel, since=_in_paris(since))
    emit(
        rows if as_json else [_line(r) for r in rows],
        list(rows[0]) if as_json and rows else COLUMNS,
        as_json=as_json,
        empty="no calls yet",
    )


def _in_paris(at: datetime | None) -> datetime | None:
    """What was typed without an offset is the clock on the wall."""
    return at.replace(tzinfo=PARIS) if at else None


@calls.command()
@click.argument("call_id")
@json_option
def show(call_id: str, as_json: bool) -> None:
    """One call: who, when, what was said, heard and done, what it cost and why it was lawful.

    \b
    Example:
      decroche calls show ff82e6cce165 --json
    """
    with open_database() as db, db.operator() as conn:
        facts = whole(conn, kept.get(conn, _id(conn, call_id)))
    if as_json:
        click.echo(to_json(facts))
    else:
        from ari_app.desk.calls_view import transcript

        for line in transcript(facts):
            out.print(line, markup=False, soft_wrap=True)


@calls.command()
@click.option("--tenant", default="", help="Only this tenant's.")
@click.option("--limit", type=click.IntRange(min=1), default=10_000, show_default=True, help="Rows at most.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV (UTF-8, semicolons) instead of JSON lines.")
@json_option
def export(tenant: str, limit: int, as_csv: bool, as_json: bool) -> None:
    """Every call, one a line: JSON lines, or CSV that a French spreadsheet opens.

    In the CSV decimals have a comma, telephone numbers are text, and times are of Paris, as their heading says.

    \b
    Example:
      decroche calls export --tenant dentiste --csv > calls.csv
    """
    with open_database() as db:
        rows = _found(db, tenant, limit)
    if as_csv and not as_json:
        sys.stdout.write(spreadsheet.written(rows, list(rows[0]) if rows else COLUMNS))
    else:
        emit(rows, [], as_json=True)


@calls.command()
@click.argument("call_id")
@click.option("--out", "path", type=click.Path(path_type=Path), required=True, help="SVG file to write.")
def timeline(call_id: str, path: Path) -> None:
    """A picture of the call: who spoke when, what was thought, interruptions, the disclosure.

    \b
    Example:
      decroche calls timeline ff82e6cce165 --out call.svg
    """
    from ari_app.desk.timeline import draw

    with open_database() as db, db.operator() as conn:
        facts = whole(conn, kept.get(conn, _id(conn, call_id)))
    write_private(path, draw(facts))
    out.print(f"{path}")


@calls.command()
@click.argument("call_id")
@json_option
def trace(call_id: str, as_json: bool) -> None:
    """One call on one time line: its trunks, legs, turns and their stages, actions, and what the service logged of it.

    Milliseconds from the call's start. The log is this machine's: another node's calls are traced there.

    \b
    Example:
      decroche calls trace ff82e6cce165
    """
    from ari_app.desk import trace as traced

    with open_database() as db, db.operator() as conn:
        facts = json.loads(to_json(whole(conn, kept.get(conn, _id(conn, call_id)))))
    steps = traced.trace(facts, _log())
    emit([asdict(step) for step in steps], ["ms", "part", "what"], as_json=as_json)


def _log() -> Iterator[str]:
    """The service's log, the oldest file first."""
    for path in sorted(settings().folder("logs").glob("decroche.log*"), reverse=True):
        with path.open(encoding="utf-8", errors="replace") as lines:
            yield from lines


@click.group()
def call() -> None:
    """Place calls.

    \b
    Example:
      decroche call place --tenant dentiste --agent rappel --to +33639980100
    """


@call.command("place")
@click.option("--tenant", required=True, help="Whose call it is.")
@click.option("--agent", required=True, help="Which of its agents speaks.")
@click.option("--to", "to", required=True, help="The number to ring.")
@click.option("--purpose", type=click.Choice(["service", "contract", "callback", "press", "canvassing"]), default=None,
              help="Why; the agent's own purpose otherwise.")  # fmt: skip
@click.option(
    "--party",
    type=click.Choice(["consumer", "business"]),
    default="consumer",
    show_default=True,
    help="Who is called: the law differs.",
)
@click.option("--postcode", default="", help="Where the person is: decides the lawful hours.")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="What the agent is to know.")
@click.option("--at", default=None, help="Judge the call at this instant (ISO 8601); the call is not placed.")
@click.option("--no-wait", is_flag=True, help="Do not wait for the call's end.")
@json_option
def place(
    tenant: str, agent: str, to: str, purpose: str | None, party: str, postcode: str, variables: tuple[str, ...],
    at: str | None, no_wait: bool, as_json: bool,
) -> None:  # fmt: skip
    """Ask compliance, then ring. Exit status 1 when the law forbids it: the reasons and articles are said.

    \b
    Example:
      decroche call place --tenant dentiste --agent rappel --to +33639980100 --var patient="Mme Martin"
    """
    asked = control.ask(
        settings(), "place", seconds=settings().call.max_seconds + 120, tenant=tenant, agent=agent, to=to,
        purpose=purpose or "", party=party, postcode=postcode, variables=_variables(variables), at=at,
        check_only=at is not None, wait=not no_wait,
    )  # fmt: skip
    try:
        answer = asyncio.run(asked)
    except KeyboardInterrupt:
        err.print("no longer waiting; a call that rings or is talking goes on: decroche status, decroche calls list")
        raise
    decision = answer["decision"]
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    elif decision["allowed"]:
        out.print(f"allowed: {_told(decision)}", markup=False)
        if answer["placed"]:
            out.print(f"call {answer['call']}" + ("" if no_wait else f": decroche calls show {answer['call']}"))
    if not decision["allowed"]:
        err.print(f"refused: {_told(decision)}", style="red", markup=False)
        raise SystemExit(1)


def _told(decision: dict[str, Any]) -> str:
    language = "fr" if os.environ.get("LANG", "").startswith("fr") else "en"
    return str(decision["explanation"][language])


def _variables(pairs: Sequence[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise BadInput(f"--var {pair!r} is not NAME=VALUE", hint='--var patient="Mme Martin"')
    return dict(pair.split("=", 1) for pair in pairs)
