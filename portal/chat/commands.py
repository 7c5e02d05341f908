"""`decroche chat`: on which sites of a client an agent may be written to."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from store.base.console import HouseGroup, emit, err, json_option, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.chat.widgets import Widget

COLUMNS = ("id", "tenant", "agent", "origins", "state")


@click.group(cls=HouseGroup)
def chat() -> None:
    """Agents in writing on clients' sites: the same file, scenario and actions as on the telephone.

    Conversations that are over are listed with calls: decroche calls list --channel chat

    \b
    Example: decroche chat add --tenant dentiste --agent accueil --origin https://www.cabinet.fr
    """


@chat.command("add")
@click.option("--tenant", "slug", required=True, help="Whose agent.")
@click.option("--agent", required=True, help="Which one; it is written to once a version of it is live.")
@click.option("--origin", "sites", multiple=True, required=True, metavar="https://HOST",
              help="A site on which it may stand, exactly; may be given again.")  # fmt: skip
@json_option
def add(slug: str, agent: str, sites: tuple[str, ...], as_json: bool) -> None:
    """Let an agent be written to from these sites, and no other. Prints the tag for their pages.

    \b
    Example: decroche chat add --tenant dentiste --agent accueil --origin https://www.cabinet.fr --json
    """
    from portal.chat import widgets
    from store import tenants
    from store.base.actor import typing_now
    from store.base.settings import settings
    from store.setup import open_database

    with open_database() as db:
        with db.operator() as conn:
            whose = tenants.tenant_id(conn, slug)
        with db.operator(whose) as conn:
            made = widgets.add(conn, whose, agent, sites, by=typing_now(), now=datetime.now(UTC))
    tag = widgets.tag(made, settings().portal.url)
    if not settings().chat.serve:
        err.print("nobody answers there yet: set chat.serve = true, and start decroche portal again", markup=False)
    if as_json:
        click.echo(to_json(_row(made, {made.tenant_id: slug}) | {"tag": tag}))
    else:
        click.echo(f"widget {made.id}; for the pages of {', '.join(made.origins)}:\n{tag}")


def _row(one: Widget, names: Mapping[UUID, str]) -> dict[str, Any]:
    row = asdict(one) | {"tenant": names.get(one.tenant_id, ""), "state": "ended" if one.ended_at else "open"}
    del row["tenant_id"]
    return row | {"origins": list(one.origins)}


@chat.command("list")
@click.option("--tenant", "slug", default="", help="Only this client's.")
@json_option
def list_widgets(slug: str, as_json: bool) -> None:
    """Widgets, the newest first, with their sites; those that have ended too.

    \b
    Example: decroche chat list --tenant dentiste
    """
    from portal.chat import widgets
    from store import tenants
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        only = tenants.tenant_id(conn, slug) if slug else None
        names = tenants.slugs(conn)
        rows = [_row(one, names) for one in widgets.listed(conn, only)]
    shown = rows if as_json else [row | {"origins": " ".join(row["origins"])} for row in rows]
    emit(shown, COLUMNS, as_json=as_json, empty="no agent is written to yet: decroche chat add")


@chat.command("end")
@click.argument("widget_id", type=click.UUID)
@json_option
def end(widget_id: UUID, as_json: bool) -> None:
    """A widget opens nothing any more: its key is refused from now on, in conversations that go on too.

    \b
    Example: decroche chat end 01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d
    """
    from portal.chat import widgets
    from store import tenants
    from store.base.actor import typing_now
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        ended = widgets.end(conn, widget_id, by=typing_now(), now=datetime.now(UTC))
        row = _row(ended, tenants.slugs(conn))
    emit([row], COLUMNS, as_json=as_json)
