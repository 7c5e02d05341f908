"""`decroche hook`: where clients' systems are told what happens, and what was sent to them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from store.base.console import HouseGroup, emit, json_option, to_json
from store.base.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.links.hooks.endpoints import Endpoint

COLUMNS = ("id", "tenant", "url", "events", "state", "took_at")
SENT = ("id", "kind", "subject", "state", "tries", "status", "tried_at", "next_at", "why")
STATES = ("waiting", "delivered", "failed")


@click.group(cls=HouseGroup)
def hook() -> None:
    """Web hooks: clients' systems are told what happens, signed as Standard Webhooks has it. `decroche work` sends.

    \b
    Example: decroche hook add --tenant dentiste --url https://crm.example.fr/decroche --event call.ended
    """


@hook.command("add")
@click.option("--tenant", "slug", required=True, help="Whose events.")
@click.option("--url", required=True, help="Where they are posted: https, a public address.")
@click.option("--event", "events", multiple=True, metavar="KIND",
              help="call.ended, booking.made … (docs/webhooks.md); may be given again; none: all.")  # fmt: skip
@click.option("--name", default="", help="What it is for.")
@json_option
def add(slug: str, url: str, events: tuple[str, ...], name: str, as_json: bool) -> None:
    """Tell an address what happens from now on. Its secret is printed once.

    \b
    Example: decroche hook add --tenant dentiste --url https://crm.example.fr/decroche --event call.ended --json
    """
    from portal.links.hooks import endpoints
    from store import tenants
    from store.base.actor import typing_now
    from store.base.settings import settings
    from store.setup import open_database

    with open_database() as db:
        with db.operator() as conn:
            whose = tenants.tenant_id(conn, slug)
        with db.operator(whose) as conn:
            made, secret = endpoints.add(
                conn, whose, url, events, name=name, by=typing_now(), now=datetime.now(UTC), of=settings()
            )  # fmt: skip
    _told(made, secret, slug, as_json)


def _told(made: Endpoint, secret: str, slug: str, as_json: bool) -> None:
    if as_json:
        click.echo(to_json(_row(made, {made.tenant_id: slug}) | {"secret": secret}))
        return
    click.echo(f"endpoint {made.id}; its secret, shown this once:\n{secret}")


def _row(one: Endpoint, names: Mapping[UUID, str]) -> dict[str, Any]:
    state = f"disabled ({one.disabled_why})" if one.disabled_at else "resting" if one.faults else "enabled"
    row = asdict(one) | {"tenant": names.get(one.tenant_id, ""), "state": state, "events": list(one.kinds)}
    del row["tenant_id"], row["kinds"]
    return row


@hook.command("set")
@click.argument("endpoint_id", type=click.UUID)
@click.option("--url", default=None, help="Where they are posted from now on: https, a public address.")
@click.option("--event", "events", multiple=True, metavar="KIND",
              help="All the events it wants then; may be given again; none: as they are.")  # fmt: skip
@click.option("--name", default=None, help="What it is for.")
@json_option
def set_hook(endpoint_id: UUID, url: str | None, events: tuple[str, ...], name: str | None, as_json: bool) -> None:
    """Another address, other events or another name. The secret stays; `hook rotate` changes it.

    \b
    Example: decroche hook set 01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d --url https://crm.example.fr/v2
    """
    from portal.links.hooks import endpoints
    from store import tenants
    from store.base.actor import typing_now
    from store.base.settings import settings
    from store.setup import open_database

    if url is None and name is None and not events:
        raise BadInput("nothing is to be changed", hint="--url, --event or --name")
    with open_database() as db, db.operator() as conn:
        made = endpoints.change(
            conn, endpoint_id, url=url, kinds=events or None, name=name, by=typing_now(), of=settings()
        )
        row = _row(made, tenants.slugs(conn))
    emit([row if as_json else row | {"events": " ".join(row["events"])}], COLUMNS, as_json=as_json)


@hook.command("list")
@click.option("--tenant", "slug", default="", help="Only this client's.")
@json_option
def list_hooks(slug: str, as_json: bool) -> None:
    """Endpoints, which events they want, when each last took one, and which are disabled.

    \b
    Example: decroche hook list --tenant dentiste
    """
    from portal.links.hooks import endpoints
    from store import tenants
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        only = tenants.tenant_id(conn, slug) if slug else None
        names = tenants.slugs(conn)
        rows = [_row(one, names) for one in endpoints.listed(conn, only)]
    shown = rows if as_json else [row | {"events": " ".join(row["events"])} for row in rows]
    emit(shown, COLUMNS, as_json=as_json, empty="no endpoint yet: decroche hook add")


@hook.command("test")
@click.argument("endpoint_id", type=click.UUID)
@json_option
def test(endpoint_id: UUID, as_json: bool) -> None:
    """Send an endpoint a message that tells nothing, now and once, and say what it answered.

    \b
    Example: decroche hook test 01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d
    """
    from portal.links.hooks import deliveries, endpoints, sending
    from store.base.actor import typing_now
    from store.base.settings import settings
    from store.setup import open_database

    with open_database() as db:
        with db.operator() as conn:
            whose = endpoints.get(conn, endpoint_id).tenant_id
        with db.operator(whose) as conn:
            made = deliveries.begin_test(conn, endpoint_id, by=typing_now(), now=datetime.now(UTC), by_job=False)
        done = sending.send_now(db, made.id, whose, settings(), lambda: datetime.now(UTC))
    emit([asdict(done)], ("id", "state", "status", "snippet", "why"), as_json=as_json)
    if done.state != "delivered":
        raise SystemExit(1)


@hook.command("deliveries")
@click.option("--tenant", "slug", default="", help="Only this client's.")
@click.option("--endpoint", "endpoint_id", type=click.UUID, default=None, help="Only what was sent there.")
@click.option("--state", type=click.Choice(STATES), default=None, help="Only those.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="So many, newest first.")
@json_option
def sent(slug: str, endpoint_id: UUID | None, state: Any, limit: int, as_json: bool) -> None:
    """What was sent in the last thirty days, and what came of it.

    \b
    Example: decroche hook deliveries --tenant dentiste --state failed
    """
    from portal.links.hooks import deliveries
    from store import tenants
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        only = tenants.tenant_id(conn, slug) if slug else None
        found = deliveries.listed(conn, tenant_id=only, endpoint_id=endpoint_id, state=state, limit=limit)
    emit([asdict(one) for one in found], SENT, as_json=as_json, empty="nothing was sent")


@hook.command("replay")
@click.argument("delivery_id", type=click.UUID, required=False)
@click.option("--failed-of", type=click.UUID, default=None, metavar="ENDPOINT", help="All that it did not take.")
@json_option
def replay(delivery_id: UUID | None, failed_of: UUID | None, as_json: bool) -> None:
    """Send a message once more, under the same id; or all that an endpoint did not take.

    \b
    Example: decroche hook replay 01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d
    """
    from portal.links.hooks import deliveries, endpoints
    from store.base.actor import typing_now
    from store.setup import open_database

    if (delivery_id is None) == (failed_of is None):
        raise BadInput("a delivery or --failed-of, one of both", hint="decroche hook deliveries has their ids")
    by, now = typing_now(), datetime.now(UTC)
    with open_database() as db:
        with db.operator() as conn:
            thing = deliveries.get(conn, delivery_id) if delivery_id else endpoints.get(conn, failed_of or UUID(int=0))
        with db.operator(thing.tenant_id) as conn:
            if delivery_id is not None:
                deliveries.replay(conn, delivery_id, by=by, now=now)
            count = 1 if delivery_id else deliveries.replay_failed(conn, thing.id, by=by, now=now)
    emit([{"id": thing.id, "replayed": count}], ("id", "replayed"), as_json=as_json)


@hook.command("rotate")
@click.argument("endpoint_id", type=click.UUID)
@json_option
def rotate(endpoint_id: UUID, as_json: bool) -> None:
    """Another secret, printed once; messages are signed under the one before too for a day.

    \b
    Example: decroche hook rotate 01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d --json
    """
    from portal.links.hooks import endpoints
    from store import tenants
    from store.base.actor import typing_now
    from store.base.settings import settings
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        found, secret = endpoints.rotate(conn, endpoint_id, by=typing_now(), now=datetime.now(UTC), of=settings())
        slug = tenants.slugs(conn)[found.tenant_id]
    _told(found, secret, slug, as_json)


@hook.command("enable")
@click.argument("endpoint_id", type=click.UUID)
@json_option
def enable(endpoint_id: UUID, as_json: bool) -> None:
    """Send to a disabled endpoint again, from the next event on.

    \b
    Example: decroche hook enable 01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d
    """
    from portal.links.hooks import endpoints
    from store.base.actor import typing_now
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        endpoints.enable(conn, endpoint_id, by=typing_now())
    emit([{"id": endpoint_id, "enabled": True}], ("id", "enabled"), as_json=as_json)


@hook.command("remove")
@click.argument("endpoint_id", type=click.UUID)
@json_option
def remove(endpoint_id: UUID, as_json: bool) -> None:
    """Take an endpoint away, with its secret and its log; nothing more is sent to it.

    \b
    Example: decroche hook remove 01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d
    """
    from portal.links.hooks import endpoints
    from store.base.actor import typing_now
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        endpoints.remove(conn, endpoint_id, by=typing_now())
    emit([{"id": endpoint_id, "removed": True}], ("id", "removed"), as_json=as_json)
