"""`decroche person` and `decroche key`: who may come in, and with what. `portal` and `api` are in web/commands.py."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import click

from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, err, json_option, to_json

if TYPE_CHECKING:
    from portal.people.managing import Added
    from store.db import Conn
    from store.tenants import Tenant

_PEOPLE = ("email", "name", "tenant", "roles", "second_step", "sessions", "ended_at")
_KEYS = ("id", "tenant", "name", "scopes", "expires_at", "used_at", "ended_at")


@contextmanager
def _operator(slug: str = "") -> Generator[tuple[Conn, Tenant | None]]:
    from store import tenants
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        yield conn, tenants.get(conn, slug) if slug else None


@click.group(cls=HouseGroup)
def person() -> None:
    """People who sign in to the portal, and the clients they work for.

    \b
    Example: decroche person add claire@cabinet.fr --tenant dentiste --role titulaire
    """


@person.command("add")
@click.argument("email")
@click.option("--tenant", "slug", default="", help="The client they work for; none for the operator's own people.")
@click.option(
    "--role", "roles", multiple=True, required=True, metavar="ROLE",
    help="titulaire, responsable, rédacteur, lecteur, comptable; admin or support of the operator.",
)  # fmt: skip
@click.option("--name", default="", help="As the portal greets them.")
@json_option
def person_add(email: str, slug: str, roles: tuple[str, ...], name: str, as_json: bool) -> None:
    """Let EMAIL in: a one-use link and a first password, printed once. Again with another client: they work for both.

    \b
    Example: decroche person add claire@cabinet.fr --tenant dentiste --role titulaire --name "Claire Roux"
    """
    from portal.people import managing

    with _operator(slug) as (conn, tenant):
        done = managing.add(conn, email, tenant, roles, name=name, by=typing_now(), now=datetime.now(UTC))
    _told(done, slug, as_json)


def _told(done: Added, slug: str, as_json: bool) -> None:
    """The link and password, once; a person who has a password already keeps it."""
    path = f"/invitation/{done.link}" if done.link else ""
    row = {"id": done.id, "email": done.email, "tenant": slug or None, "roles": list(done.roles), "link": path or None,
           "password": done.password or None}  # fmt: skip
    if as_json:
        click.echo(to_json(row))
        return
    emit([row | {"roles": ", ".join(done.roles)}], ("email", "tenant", "roles"), as_json=False)
    if done.password:
        click.echo(f"first password, shown this once: {done.password}")
    if path:
        click.echo(f"or a link to choose one, good once for 7 days: {path}")
    else:
        err.print("this person has a password already, and keeps it")


@person.command("invite")
@click.argument("email")
@click.option("--tenant", "slug", required=True, help="The client they work for.")
@click.option("--role", "roles", multiple=True, required=True, metavar="ROLE",
              help="titulaire, responsable, rédacteur, lecteur, comptable; may be given again.")  # fmt: skip
@click.option("--name", default="", help="As the portal greets them.")
@json_option
def person_invite(email: str, slug: str, roles: tuple[str, ...], name: str, as_json: bool) -> None:
    """Let EMAIL in by a letter with a one-use link, which `decroche work` sends; no password is told to anybody.

    \b
    Example: decroche person invite lea@cabinet.fr --tenant dentiste --role lecteur --name "Léa Petit"
    """
    from portal.people import team

    with _operator(slug) as (conn, tenant):
        assert tenant is not None
        made = team.invite(conn, tenant.id, email, roles, name=name, by=typing_now(), now=datetime.now(UTC))
    emit([{"id": made, "email": email, "tenant": slug}], ("id", "email", "tenant"), as_json=as_json)


@person.command("roles")
@click.argument("email")
@click.option("--tenant", "slug", required=True, help="The client they work for.")
@click.option("--role", "roles", multiple=True, required=True, metavar="ROLE", help="All the roles they have then.")
@json_option
def person_roles(email: str, slug: str, roles: tuple[str, ...], as_json: bool) -> None:
    """EMAIL has these roles from now on, and no others.

    \b
    Example: decroche person roles lea@cabinet.fr --tenant dentiste --role rédacteur --role comptable
    """
    from portal.people import team

    with _operator(slug) as (conn, tenant):
        assert tenant is not None
        one = team.by_email(conn, tenant.id, email, datetime.now(UTC))
        held = team.change_roles(conn, tenant.id, one.person_id, roles, by=typing_now())
    row = {"email": one.email, "tenant": slug, "roles": held if as_json else ", ".join(held)}
    emit([row], ("email", "tenant", "roles"), as_json=as_json)


@person.command("list")
@click.option("--tenant", "slug", default="", help="Only this client's people.")
@json_option
def person_list(slug: str, as_json: bool) -> None:
    """People, the clients they work for, in which roles.

    \b
    Example: decroche person list --tenant dentiste
    """
    from portal.people import managing

    with _operator(slug) as (conn, tenant):
        rows = [asdict(one) for one in managing.listed(conn, tenant.id if tenant else None)]
    shown = rows if as_json else [row | {"roles": ", ".join(row["roles"])} for row in rows]
    emit(shown, _PEOPLE, as_json=as_json, empty="nobody yet: decroche person add")


@person.command("end")
@click.argument("email")
@click.option("--tenant", "slug", default="", help="Only their work for this client; all of it when not given.")
@json_option
def person_end(email: str, slug: str, as_json: bool) -> None:
    """EMAIL comes in no more; their sessions end at once.

    \b
    Example: decroche person end claire@cabinet.fr --tenant dentiste
    """
    from portal.people import managing

    with _operator(slug) as (conn, tenant):
        cut = managing.end(conn, email, tenant, by=typing_now(), now=datetime.now(UTC))
    emit([{"email": email, "tenant": slug or None, "sessions_cut": cut}], ("email", "tenant", "sessions_cut"),
         as_json=as_json)  # fmt: skip


@person.command("reset")
@click.argument("email")
@json_option
def person_reset(email: str, as_json: bool) -> None:
    """EMAIL lost password or telephone: both are void, every session ends, and a one-use link is printed.

    \b
    Example: decroche person reset claire@cabinet.fr
    """
    from portal.people import managing

    with _operator() as (conn, _):
        done = managing.reset(conn, email, by=typing_now(), now=datetime.now(UTC))
    _told(done, "", as_json)


@click.group(cls=HouseGroup)
def key() -> None:
    """Keys of clients' systems, for the API.

    \b
    Example: decroche key add --tenant dentiste --scope calls --json
    """


@key.command("add")
@click.option("--tenant", "slug", required=True, help="Whose data it opens.")
@click.option("--scope", "scopes", multiple=True, required=True,
              help="calls, transcripts, numbers, audio, invoices, usage, hooks, tickets; again for more.")  # fmt: skip
@click.option("--name", default="", help="What it is for.")
@click.option("--days", type=click.IntRange(1, 3650), default=None, help="It ends after so many days.")
@json_option
def key_add(slug: str, scopes: tuple[str, ...], name: str, days: int | None, as_json: bool) -> None:
    """A new key, printed once: the database keeps its hash only.

    \b
    Example: decroche key add --tenant dentiste --scope calls --scope transcripts --name CRM --days 365 --json
    """
    from portal.people import keys

    with _operator(slug) as (conn, tenant):
        assert tenant is not None
        made, text = keys.add(conn, tenant, scopes, name=name, days=days, by=typing_now(), now=datetime.now(UTC))
    if as_json:
        click.echo(to_json({"id": made, "key": text}))
        return
    click.echo(f"key {made}, shown this once:\n{text}")


@key.command("list")
@click.option("--tenant", "slug", default="", help="Only this client's keys.")
@json_option
def key_list(slug: str, as_json: bool) -> None:
    """Keys, when they were last used, and when they end.

    \b
    Example: decroche key list --tenant dentiste
    """
    from portal.people import keys

    with _operator(slug) as (conn, tenant):
        rows = [asdict(one) for one in keys.listed(conn, tenant.id if tenant else None)]
    shown = rows if as_json else [row | {"scopes": ", ".join(row["scopes"])} for row in rows]
    emit(shown, _KEYS, as_json=as_json, empty="no key yet: decroche key add")


@key.command("end")
@click.argument("key_id", type=click.UUID)
@json_option
def key_end(key_id: UUID, as_json: bool) -> None:
    """The key opens nothing from now on.

    \b
    Example: decroche key end 01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d
    """
    from portal.people import keys

    with _operator() as (conn, _):
        keys.end(conn, key_id, by=typing_now(), now=datetime.now(UTC))
    emit([{"id": key_id, "ended": True}], ("id", "ended"), as_json=as_json)
