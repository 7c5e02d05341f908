"""`decroche ticket` and `decroche maintenance`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option, out, progress, to_json
from store.base.errors import BadInput, reason

if TYPE_CHECKING:
    from portal.support.maintenance import Window
    from portal.support.tickets import Ticket
    from store.db import Conn

_TICKETS = ("number", "tenant", "subject", "severity", "state", "answer_due", "late")
_WINDOWS = ("id", "begins_at", "ends_at", "state", "what")


@contextmanager
def _operator() -> Generator[Conn]:
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        yield conn


def _row(of: Ticket, now: datetime) -> dict[str, Any]:
    """A ticket as it is printed."""
    row = asdict(of)
    for name in ("tenant_id", "id", "tenant_name", "left_seconds"):
        del row[name]
    return row | {"late": of.standing.late(now)}


@click.group(cls=HouseGroup)
def ticket() -> None:
    """Clients' questions, answered in working hours: Monday to Friday, 9:00 to 18:00 in Paris, no public holiday.

    \b
    Example: decroche ticket list --late
    """


@ticket.command("list")
@click.option("--tenant", "slug", default="", help="Only this client's.")
@click.option("--state", type=click.Choice(["open", "answered", "waiting", "closed", "all"]), default="open",
              show_default=True, help="Those in this state; open ones by when an answer is due.")  # fmt: skip
@click.option("--late", is_flag=True, help="Only those whose answer was due before now.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Rows at most.")
@json_option
def ticket_list(slug: str, state: str, late: bool, limit: int, as_json: bool) -> None:
    """Tickets to be answered, by when; or those in another state, the newest first.

    \b
    Example: decroche ticket list --tenant dentiste --state all
    """
    from portal.support import tickets
    from store import tenants

    now = datetime.now(UTC)
    with _operator() as conn:
        whose = tenants.tenant_id(conn, slug) if slug else None
        if late or state == "open":
            found = tickets.due(conn, tenant_id=whose, before=now if late else None)[:limit]
        else:
            found = tickets.listed(conn, tenant_id=whose, state="" if state == "all" else state, limit=limit)
    emit([_row(one, now) for one in found], _TICKETS, as_json=as_json, empty="no ticket")


@ticket.command("show")
@click.argument("number", type=int)
@json_option
def ticket_show(number: int, as_json: bool) -> None:
    """Ticket NUMBER with all that was written in it, notes too; the client's journal says that it was read.

    \b
    Example: decroche ticket show 12
    """
    from portal.support import writing

    with _operator() as conn:
        found, posts = writing.look(conn, number, by=typing_now())
    row = _row(found, datetime.now(UTC))
    if as_json:
        said = [
            {name: value for name, value in asdict(post).items() if name not in ("id", "ticket_id")} for post in posts
        ]
        click.echo(to_json(row | {"posts": said}))
        return
    emit([row], _TICKETS, as_json=False)
    if found.about_kind:
        out.print(f"about: {found.about_kind} {found.about_id}")
    for post in posts:
        kind = "note" if post.internal else post.side
        out.print(f"\n{post.at:%Y-%m-%d %H:%M} UTC  {kind}  {post.author}\n{post.text}")


@ticket.command("answer")
@click.argument("number", type=int)
@click.option("--text", default="", help="What is answered.")
@click.option("--file", "path", type=click.Path(path_type=Path), help="A file that holds it instead.")
@click.option("--ask", "waits", is_flag=True, help="It is a question: the clock waits for the client.")
@click.option("--note", "internal", is_flag=True, help="A note of our own: no client reads it, nobody is told.")
@json_option
def ticket_answer(number: int, text: str, path: Path | None, waits: bool, internal: bool, as_json: bool) -> None:
    """Write in ticket NUMBER; the client's people are told by mail (`decroche work`).

    \b
    Example: decroche ticket answer 12 --text "C'est corrigé depuis 10 h."
    """
    from portal.support import writing

    if bool(text) == (path is not None) or (waits and internal):
        raise BadInput("one of --text and --file is needed, and one of --ask and --note at most",
                       hint='decroche ticket answer 12 --text "…"')  # fmt: skip
    said, by, now = _read(path) if path else text, typing_now(), datetime.now(UTC)
    with _operator() as conn:
        if internal:
            done = writing.remark(conn, number, said, by=by, now=now)
        else:
            done = writing.answer(conn, number, said, by=by, now=now, waits=waits)
    emit([_row(done, now)], _TICKETS, as_json=as_json)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: {reason(error)}", hint="name a file of text in UTF-8") from error


@ticket.command("close")
@click.argument("number", type=int)
@json_option
def ticket_close(number: int, as_json: bool) -> None:
    """Ticket NUMBER is settled; whoever writes in it opens it again.

    \b
    Example: decroche ticket close 12
    """
    from portal.support import writing

    now = datetime.now(UTC)
    with _operator() as conn:
        done = writing.close(conn, number, by=typing_now(), now=now)
    emit([_row(done, now)], _TICKETS, as_json=as_json)


@click.group(cls=HouseGroup)
def maintenance() -> None:
    """Works that every client is told of: by a banner on each page, by mail, by events. No campaign calls meanwhile.

    \b
    Example: decroche maintenance add "2026-12-02 22:00" "2026-12-02 23:00" "Mise à jour d'Asterisk"
    """


def _window(of: Window, now: datetime) -> dict[str, Any]:
    return asdict(of) | {"state": of.state(now)}


@maintenance.command("add")
@click.argument("begins", metavar="BEGINS")
@click.argument("ends", metavar="ENDS")
@click.argument("what")
@click.option("--english", default="", help="The same for those who read English.")
@json_option
def maintenance_add(begins: str, ends: str, what: str, english: str, as_json: bool) -> None:
    """Tell every client of works from BEGINS to ENDS (Paris time); `decroche maintenance list --quiet` proposes hours.

    \b
    Example: decroche maintenance add "2026-12-02 22:00" "2026-12-02 23:00" "Mise à jour d'Asterisk"
    """
    from portal.support import maintenance as works

    instants, now = (works.in_paris(begins), works.in_paris(ends)), datetime.now(UTC)
    with _operator() as conn, progress(what="clients told"):
        made = works.add(conn, *instants, what, english, by=typing_now(), now=now)
    emit([_window(made, now)], _WINDOWS, as_json=as_json)


@maintenance.command("list")
@click.option("--all", "all_", is_flag=True, help="Those that are over too.")
@click.option("--quiet", "hours", type=click.IntRange(1, 24), default=None,
              help="Instead, so many hours of the week to come in which the fewest calls were.")  # fmt: skip
@json_option
def maintenance_list(all_: bool, hours: int | None, as_json: bool) -> None:
    """Works that go on or are to come; or hours that are quiet, from the calls of the last eight weeks.

    \b
    Example: decroche maintenance list --quiet 2
    """
    from portal.support import maintenance as works

    now = datetime.now(UTC)
    with _operator() as conn:
        if hours is not None:
            slots = [asdict(slot) for slot in works.proposed(conn, hours, now)]
            emit(slots, ("begins_at", "ends_at", "calls"), as_json=as_json)
            return
        found = works.listed(conn, since=None if all_ else now)
    emit([_window(one, now) for one in found], _WINDOWS, as_json=as_json, empty="no maintenance")


@maintenance.command("end")
@click.argument("window_id", metavar="ID", type=click.UUID)
@json_option
def maintenance_end(window_id: UUID, as_json: bool) -> None:
    """Works ID are over now; those that have not begun are taken back, and the clients are told.

    \b
    Example: decroche maintenance end 01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d
    """
    from portal.support import maintenance as works

    now = datetime.now(UTC)
    with _operator() as conn:
        done = works.end(conn, window_id, by=typing_now(), now=now)
    emit([_window(done, now)], _WINDOWS, as_json=as_json)
