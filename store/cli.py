"""The store's commands: `tenant`, `number`, `audit`, `database`. They run as the operator."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import click

from store import audit as log
from store import limits, numbers, tenants
from store.base import console
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option
from store.base.errors import DecrocheError
from store.base.settings import settings
from store.cli_database import database
from store.db import Conn
from store.setup import open_database

__all__ = ["audit", "database", "number", "operator_session", "tenant"]

_TENANT_COLUMNS = ["slug", "name", "country", "timezone", "status", "created_at"]
_NUMBER_COLUMNS = ["e164", "tenant", "agent", "verified_npv", "fallback", "ported_on"]
_AUDIT_COLUMNS = ["seq", "at", "who", "action", "subject", "tenant"]


class AuditBroken(DecrocheError):
    """The audit log has been tampered with."""

    code = "audit_broken"
    exit_status = 1


@contextmanager
def operator_session() -> Generator[Conn]:
    """One operator's transaction on the settings' database, for a command."""
    with open_database() as db, db.operator() as conn:
        yield conn


@click.group(cls=HouseGroup)
def tenant() -> None:
    """Tenants: the clients whose calls agents answer.

    \b
    Example: decroche tenant add dentiste --name "Cabinet Molaire"
    """


@tenant.command("add")
@click.argument("slug")
@click.option("--name", required=True, help="The client's name, as people say it.")
@click.option("--country", default="FR", show_default=True, help="ISO 3166-1 code.")
@click.option("--timezone", default="Europe/Paris", show_default=True, help="IANA name.")
@json_option
def tenant_add(slug: str, name: str, country: str, timezone: str, as_json: bool) -> None:
    """Add a tenant; SLUG is its short name (a-z, 0-9, -).

    \b
    Example: decroche tenant add dentiste --name "Cabinet Molaire"
    """
    with operator_session() as conn:
        made = tenants.add(conn, slug, name, country=country, timezone=timezone, by=typing_now())
    emit([asdict(made)], _TENANT_COLUMNS, as_json=as_json)


@tenant.command("list")
@json_option
def tenant_list(as_json: bool) -> None:
    """List every tenant.

    \b
    Example: decroche tenant list --json
    """
    with operator_session() as conn:
        emit([asdict(t) for t in tenants.listed(conn)], _TENANT_COLUMNS, as_json=as_json, empty="no tenant yet")


@tenant.command("show")
@click.argument("slug")
@json_option
def tenant_show(slug: str, as_json: bool) -> None:
    """Show one tenant and its numbers.

    \b
    Example: decroche tenant show dentiste
    """
    with operator_session() as conn:
        found = tenants.get(conn, slug)
        its = [asdict(n) | {"tenant": slug} for n in numbers.listed(conn, found.id)]
        bounds = asdict(limits.limits_of(conn, found.id))
    if as_json:
        click.echo(console.to_json(asdict(found) | {"numbers": its, "limits": bounds}))
        return
    emit([asdict(found)], _TENANT_COLUMNS, as_json=False)
    emit([bounds], ["channels", "cps"], as_json=False)
    emit(its, _NUMBER_COLUMNS, as_json=False, empty="no number yet: decroche number assign")


@tenant.command("limit")
@click.argument("slug")
@click.option("--channels", type=click.IntRange(min=0), help="Calls in progress at once, in and out; 0: any number.")
@click.option("--cps", type=click.IntRange(0, limits.MOST_CPS), help="Calls begun within any second; 0: any number.")
@json_option
def tenant_limit(slug: str, channels: int | None, cps: int | None, as_json: bool) -> None:
    """Say how many calls a client may have, over all nodes; without options, show it. Calls in progress go on.

    A caller who is put through to somebody counts twice: two lines are used.

    \b
    Example: decroche tenant limit dentiste --channels 10 --cps 2
    """
    with operator_session() as conn:
        tenant_id = tenants.get(conn, slug).id
        if channels is None and cps is None:
            found = limits.limits_of(conn, tenant_id)
        else:
            found = limits.put(conn, tenant_id, channels=channels, cps=cps, by=typing_now())
    emit([{"tenant": slug} | asdict(found)], ["tenant", "channels", "cps"], as_json=as_json)


@click.group(cls=HouseGroup)
def number() -> None:
    """Phone numbers, and who answers them.

    \b
    Example: decroche number assign +33162001234 --tenant dentiste --agent accueil
    """


@number.command("add")
@click.argument("number_text", metavar="NUMBER")
@click.option("--npv", is_flag=True, help="A verified polyvalent number: automated calls may show it.")
@click.option("--fallback", help="Where calls go when no agent can take them.")
@json_option
def number_add(number_text: str, npv: bool, fallback: str | None, as_json: bool) -> None:
    """Take NUMBER (E.164, or as written in France) into the stock.

    \b
    Example: decroche number add "01 62 00 12 34" --npv
    """
    with operator_session() as conn:
        made = numbers.add(conn, number_text, verified_npv=npv, fallback=fallback, by=typing_now())
    emit([asdict(made)], _NUMBER_COLUMNS, as_json=as_json)


@number.command("assign")
@click.argument("number_text", metavar="NUMBER")
@click.option("--tenant", "slug", required=True, help="Whose number it is.")
@click.option("--agent", help="The agent that answers it.")
@click.option("--fallback", help="Where calls go when no agent can take them.")
@json_option
def number_assign(number_text: str, slug: str, agent: str | None, fallback: str | None, as_json: bool) -> None:
    """Give NUMBER to a tenant and its agent; again to change them.

    \b
    Example: decroche number assign +33162001234 --tenant dentiste --agent accueil
    """
    with operator_session() as conn:
        owner = tenants.get(conn, slug)
        made = numbers.assign(conn, number_text, owner.id, agent=agent, fallback=fallback, by=typing_now())
    emit([asdict(made) | {"tenant": slug}], _NUMBER_COLUMNS, as_json=as_json)


@number.command("release")
@click.argument("number_text", metavar="NUMBER")
@json_option
def number_release(number_text: str, as_json: bool) -> None:
    """Take NUMBER back from its tenant into the stock.

    \b
    Example: decroche number release +33162001234
    """
    with operator_session() as conn:
        made = numbers.release(conn, number_text, by=typing_now())
    emit([asdict(made)], _NUMBER_COLUMNS, as_json=as_json)


@number.command("list")
@click.option("--tenant", "slug", help="Only this tenant's.")
@json_option
def number_list(slug: str | None, as_json: bool) -> None:
    """List numbers, the stock's too.

    \b
    Example: decroche number list --tenant dentiste
    """
    with operator_session() as conn:
        names = {t.id: t.slug for t in tenants.listed(conn)}
        whose = tenants.get(conn, slug).id if slug else None
        rows = [
            asdict(n) | {"tenant": names[n.tenant_id] if n.tenant_id else None} for n in numbers.listed(conn, whose)
        ]
    emit(rows, _NUMBER_COLUMNS, as_json=as_json, empty="no number yet: decroche number add")


@click.group(cls=HouseGroup)
def audit() -> None:
    """The audit log: who did what, and the proof that nobody rewrote it.

    \b
    Example: decroche audit verify
    """


@audit.command("verify")
@json_option
def audit_verify(as_json: bool) -> None:
    """Check the whole chain, and note its end in the home folder; exit status 1 when it is broken.

    \b
    Example: decroche audit verify --json
    """
    folder = settings().folder()
    with operator_session() as conn:
        end, faults = log.verify(conn, log.read_anchors(folder))
    if not faults:
        log.note_anchor(folder, end)
    facts = {
        "entries": end.seq,
        "intact": not faults,
        "end": {"seq": end.seq, "hash": end.hash.hex()},
        "faults": [asdict(fault) for fault in faults],
    }
    if as_json:
        click.echo(console.to_json(facts))
    elif not faults:
        console.out.print(f"intact: {end.seq} entries, ending in {end.hash.hex()[:16]}…")
    else:
        emit([asdict(fault) for fault in faults], ["seq", "kind", "what"], as_json=False)
    if faults:
        raise AuditBroken(
            f"the audit log is broken in {len(faults)} place{'s' if len(faults) > 1 else ''}",
            hint="keep the database as it is, and compare it with a backup",
        )


@audit.command("list")
@click.option("--tenant", "slug", help="Only this tenant's.")
@click.option("--action", help="Only this action, such as number.assign.")
@click.option("--subject", help="Only what was done to this, such as number:+33162001234.")
@click.option("--before", type=click.IntRange(min=1), help="Only entries before this one: the next page.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="Entries at most.")
@json_option
def audit_list(
    slug: str | None, action: str | None, subject: str | None, before: int | None, limit: int, as_json: bool
) -> None:
    """List acts, newest first.

    \b
    Example: decroche audit list --tenant dentiste --action number.assign
    """
    with operator_session() as conn:
        whose = tenants.get(conn, slug).id if slug else None
        found = log.find(conn, tenant_id=whose, action=action, subject=subject, before=before, limit=limit)
        rows = _audit_rows(conn, found)
    emit(rows, _AUDIT_COLUMNS, as_json=as_json, empty="no act yet")


@audit.command("tail")
@click.option("--lines", default=20, show_default=True, type=click.IntRange(1, 10_000), help="Entries to begin with.")
@json_option
def audit_tail(lines: int, as_json: bool) -> None:
    """The last acts, oldest first.

    \b
    Example: decroche audit tail --lines 5
    """
    with operator_session() as conn:
        rows = _audit_rows(conn, log.find(conn, limit=lines))
    emit(rows[::-1], _AUDIT_COLUMNS, as_json=as_json, empty="no act yet")


def _audit_rows(conn: Conn, entries: list[log.Entry]) -> list[dict[str, Any]]:
    names = {t.id: t.slug for t in tenants.listed(conn)}
    return [
        asdict(e)
        | {"at": e.at.isoformat(timespec="seconds"), "tenant": names.get(e.tenant_id) if e.tenant_id else None}
        for e in entries
    ]


if __name__ == "__main__":
    click.Group(commands={"tenant": tenant, "number": number, "audit": audit, "database": database})()
