"""`decroche told`: whom of a client's people is told what callers left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from store.base.console import HouseGroup, emit, json_option, out, to_json

if TYPE_CHECKING:
    from portal.links.told.deciding import Reader

COLUMNS = ("tenant", "name", "email", "phone", "mail", "sms", "quiet", "digest")
KIND = click.Choice(("message", "booking", "cancelled", "callback", "transfer_failed"))


@click.group(cls=HouseGroup)
def told() -> None:
    """A client's own people, told by mail and SMS what callers left. `decroche work` tells.

    \b
    Example: decroche told add --tenant dentiste --name Léa --email lea@example.fr --mail message --mail booking
    """


@told.command("add")
@click.option("--tenant", "slug", required=True, help="Whose people.")
@click.option("--name", required=True, help="Who.")
@click.option("--email", default="", help="Where mails go.")
@click.option("--phone", default="", help="Where SMS go.")
@click.option("--mail", "mails", type=KIND, multiple=True, help="Told by mail, with the contact sheet; again for more.")
@click.option("--sms", "texts", type=KIND, multiple=True, help="Told by SMS; again for more.")
@click.option("--quiet", default="", help="Not then: 20:00-08:00, in the client's time; what comes waits.")
@click.option("--digest", default="", help="Mails wait for then, and come as one: 18:00.")
@json_option
def add(
    slug: str, name: str, email: str, phone: str, mails: tuple[str, ...], texts: tuple[str, ...], quiet: str,
    digest: str, as_json: bool,
) -> None:  # fmt: skip
    """Tell one more of a client's people what callers leave from now on.

    \b
    Example:
      decroche told add --tenant dentiste --name Léa --email lea@example.fr --mail message --digest 18:00 \\
        --phone 0612345678 --sms transfer_failed --quiet 20:00-08:00
    """
    from portal.links.told import deciding, readers
    from store import tenants
    from store.base.actor import typing_now
    from store.setup import open_database

    hours, at = deciding.span(quiet), deciding.clock(digest) if digest else None
    with open_database() as db, db.operator() as conn:
        made = readers.add(
            conn, tenants.tenant_id(conn, slug), name, email=email, phone=phone, mails=mails, texts=texts, quiet=hours,
            digest_at=at, by=typing_now(),
        )  # fmt: skip
    out.print(to_json(_row(made, slug)) if as_json else f"{made.name} is told from now on")


def _row(one: Reader, slug: str) -> dict[str, Any]:
    quiet = f"{one.quiet_from:%H:%M}-{one.quiet_until:%H:%M}" if one.quiet_from and one.quiet_until else ""
    return {
        "tenant": slug, "name": one.name, "email": one.email, "phone": one.phone, "mail": list(one.mails),
        "sms": list(one.texts), "quiet": quiet, "digest": f"{one.digest_at:%H:%M}" if one.digest_at else "",
    }  # fmt: skip


@told.command("list")
@click.option("--tenant", "slug", default="", help="Only this client's.")
@json_option
def list_told(slug: str, as_json: bool) -> None:
    """Who is told what, by which way, and when not.

    \b
    Example: decroche told list --tenant dentiste
    """
    from portal.links.told import readers
    from store import tenants
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        only = tenants.tenant_id(conn, slug) if slug else None
        names = tenants.slugs(conn)
        rows = [_row(one, names[one.tenant_id]) for one in readers.listed(conn, only)]
    shown = rows if as_json else [row | {"mail": " ".join(row["mail"]), "sms": " ".join(row["sms"])} for row in rows]
    emit(shown, COLUMNS, as_json=as_json, empty="nobody is told: decroche told add")


@told.command("remove")
@click.option("--tenant", "slug", required=True, help="Whose people.")
@click.argument("name")
@json_option
def remove(slug: str, name: str, as_json: bool) -> None:
    """Tell one of them nothing any more.

    \b
    Example: decroche told remove --tenant dentiste Léa
    """
    from portal.links.told import readers
    from store import tenants
    from store.base.actor import typing_now
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        gone = readers.remove(conn, tenants.tenant_id(conn, slug), name, by=typing_now())
    out.print(to_json({"name": gone.name, "removed": True}) if as_json else f"{gone.name} is told nothing any more")
