"""`decroche calendar`: the calendars beside an agent's diary."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from store.base.console import HouseGroup, emit, json_option, out, to_json
from store.base.errors import BadInput, reason

COLUMNS = ("tenant", "agent", "name", "kind", "address", "synced_at", "fault")


@click.group(cls=HouseGroup)
def calendar() -> None:
    """Calendars beside an agent's diary: their busy times come in, bookings go out.

    \b
    Example: decroche calendar add --tenant dentiste --agent accueil --name dr --url https://cal.example.fr/dr.ics
    """


@calendar.command()
@click.option("--tenant", required=True, help="Whose calendar.")
@click.option("--agent", required=True, help="The agent whose diary it stands beside.")
@click.option("--name", required=True, help="How it is called here.")
@click.option("--url", default="", help="Address of an .ics file: its busy times are read.")
@click.option("--caldav", default="", help="Address of a CalDAV collection: busy times in, bookings out.")
@click.option("--mail", default="", help="Address that each booking is mailed to, with the ICS attached.")
@click.option("--account", default="", help="Account of the CalDAV server.")
@click.option("--password-file", type=click.Path(path_type=Path), help="File that holds its password.")
@json_option
def add(
    tenant: str, agent: str, name: str, url: str, caldav: str, mail: str, account: str, password_file: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Put a calendar beside an agent's diary: one of --url, --caldav and --mail.

    \b
    Example:
      decroche calendar add --tenant dentiste --agent accueil --name dr \\
        --caldav https://cloud.example.fr/dav/dr/rdv/ --account dr --password-file dr.txt
    """
    from portal.links import calendars
    from store import tenants
    from store.base.actor import typing_now
    from store.base.settings import settings
    from store.setup import open_database

    given: list[tuple[calendars.Kind, str]] = [("ics", url), ("caldav", caldav), ("mail", mail)]
    chosen: list[tuple[calendars.Kind, str]] = [each for each in given if each[1]]
    if len(chosen) != 1:
        raise BadInput("one address is needed, and one only", hint="--url, --caldav or --mail")
    kind, address = chosen[0]
    password = _read(password_file) if password_file else ""
    with open_database() as db:
        with db.operator() as conn:
            whose = tenants.tenant_id(conn, tenant)
        with db.operator(whose) as conn:
            made = calendars.add(
                conn, whose, agent, name, kind, address, by=typing_now(), of=settings(), account=account,
                password=password,
            )  # fmt: skip
    out.print(to_json({"id": str(made.id), "name": made.name, "kind": made.kind}) if as_json else
              f"{made.name}: decroche work reads it, and tells it of bookings")  # fmt: skip


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: {reason(error)}", hint="name a file that holds the password only") from error


@calendar.command("list")
@click.option("--tenant", default="", help="Only this client's.")
@json_option
def list_calendars(tenant: str, as_json: bool) -> None:
    """Calendars, when each was read last, and what went wrong since.

    \b
    Example: decroche calendar list --tenant dentiste
    """
    from portal.links import calendars
    from store import tenants
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        only = tenants.tenant_id(conn, tenant) if tenant else None
        names = tenants.slugs(conn)
        found = [each for each in calendars.listed(conn) if only in (None, each.tenant_id)]
    rows = [asdict(each) | {"tenant": names[each.tenant_id]} for each in found]
    for row in rows:
        del row["tenant_id"], row["tag"]
    emit(rows, COLUMNS, as_json=as_json, empty="no calendars")


@calendar.command()
@click.option("--tenant", required=True, help="Whose calendar.")
@click.argument("name")
@json_option
def remove(tenant: str, name: str, as_json: bool) -> None:
    """Take a calendar away; the bookings that it was told of stay in it.

    \b
    Example: decroche calendar remove --tenant dentiste dr
    """
    from portal.links import calendars
    from store import tenants
    from store.base.actor import typing_now
    from store.base.settings import settings
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        gone = calendars.remove(conn, tenants.tenant_id(conn, tenant), name, by=typing_now(), of=settings())
    out.print(to_json({"id": str(gone.id), "removed": gone.name}) if as_json else f"{gone.name} is removed")


@calendar.command()
@click.option("--tenant", required=True, help="Whose diary.")
@click.option("--agent", required=True, help="Which agent's.")
@click.option("--out", "path", type=click.Path(path_type=Path), required=True, help=".ics file to write.")
@json_option
def feed(tenant: str, agent: str, path: Path, as_json: bool) -> None:
    """An agent's appointments, of the last thirty days and to come, as a file that calendars take.

    \b
    Example: decroche calendar feed --tenant dentiste --agent accueil --out rendez-vous.ics
    """
    from portal.links.ics import written
    from store import bookings, tenants
    from store.base.private import write_private
    from store.setup import open_database

    now = datetime.now(UTC)
    with open_database() as db:
        with db.operator() as conn:
            whose = tenants.get(conn, tenant)
        with db.tenant(whose.id) as conn:
            found = bookings.find(conn, agent=agent, since=now - timedelta(days=30), status=None)
    write_private(path, written(found, name=f"{whose.name} ({agent})", now=now))
    out.print(to_json({"out": str(path), "appointments": len(found)}) if as_json else f"{path}: {len(found)}")


@calendar.command()
@click.option("--tenant", required=True, help="Whose diary.")
@click.option("--agent", required=True, help="Which agent's.")
@click.option("--end", "ends", is_flag=True, help="Its address opens nothing any more.")
@json_option
def address(tenant: str, agent: str, ends: bool, as_json: bool) -> None:
    """A secret address of an agent's diary on the portal, for calendars that read one; the one before it ends.

    Whoever has it reads names, numbers and times of that diary. It is shown once.

    \b
    Example: decroche calendar address --tenant dentiste --agent accueil
    """
    from portal.links import feeds
    from store import tenants
    from store.base.actor import typing_now
    from store.setup import open_database

    now, by = datetime.now(UTC), typing_now()
    with open_database() as db:
        with db.operator() as conn:
            whose = tenants.tenant_id(conn, tenant)
        with db.operator(whose) as conn:
            if ends:
                feeds.end(conn, whose, agent, now, by=by)
                found = ""
            else:
                found = feeds.address(feeds.begin(conn, whose, agent, now, by=by))
    told = f"after your portal's own address: {found}" if found else f"the diary of {agent} has no address any more"
    out.print(to_json({"agent": agent, "address": found}) if as_json else told)
