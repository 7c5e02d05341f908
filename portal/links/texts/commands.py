"""`decroche sms`: texts to who booked."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import click

from store.base.console import HouseGroup, emit, json_option, out, to_json

LOG = ("tenant", "booking_id", "what", "state", "segments", "at", "why")


@click.group(cls=HouseGroup)
def sms() -> None:
    """Texts to who booked with a French mobile, by the gateway of billing.sms_url. `decroche work` sends.

    \b
    Example: decroche sms set --tenant dentiste --confirm --remind
    """


@sms.command("set")
@click.option("--tenant", "slug", required=True, help="Whose callers.")
@click.option("--confirm/--no-confirm", default=False, help="What is booked or called off is told.")
@click.option("--remind/--no-remind", default=False, help="A day before it is told again.")
@json_option
def set_sms(slug: str, confirm: bool, remind: bool, as_json: bool) -> None:
    """Which texts a client's callers get; none of the two: none.

    \b
    Example: decroche sms set --tenant dentiste --confirm --no-remind
    """
    from portal.links.texts import kept
    from store import tenants
    from store.base.actor import typing_now
    from store.base.settings import settings
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        kept.put(conn, tenants.tenant_id(conn, slug), kept.Wish(confirm, remind), by=typing_now())
    row = {"tenant": slug, "confirm": confirm, "remind": remind, "gateway": bool(settings().billing.sms_url)}
    if as_json:
        out.print(to_json(row))
        return
    lacks = "" if row["gateway"] else "; there is no gateway yet: billing.sms_url"
    click.echo(f"{slug}: confirmation {'yes' if confirm else 'no'}, reminder {'yes' if remind else 'no'}{lacks}")


@sms.command("log")
@click.option("--tenant", "slug", required=True, help="Whose callers.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="So many, latest first.")
@json_option
def log(slug: str, limit: int, as_json: bool) -> None:
    """Which texts were sent, how many SMS each took, and why others were not.

    \b
    Example: decroche sms log --tenant dentiste
    """
    from portal.links.texts import kept
    from store import tenants
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        found = kept.listed(conn, tenants.tenant_id(conn, slug), limit=limit)
    rows = [asdict(one) | {"tenant": slug} for one in found]
    for row in rows:
        del row["tenant_id"]
    emit(rows, LOG, as_json=as_json, empty="no text was sent")


@sms.command("count")
@click.option("--tenant", "slug", required=True, help="Whose callers.")
@click.option("--month", type=click.DateTime(["%Y-%m"]), default=None, help="2026-11; none: this one.")
@json_option
def count(slug: str, month: datetime | None, as_json: bool) -> None:
    """How many SMS a client's texts took in a month: what is billed for them.

    \b
    Example: decroche sms count --tenant dentiste --month 2026-11
    """
    from zoneinfo import ZoneInfo

    from portal.links.texts import kept
    from store import tenants
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        whose = tenants.get(conn, slug)
        here = ZoneInfo(whose.timezone)
        since = (month or datetime.now(UTC).astimezone(here)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        since = since.replace(tzinfo=here)
        until = since.replace(year=since.year + since.month // 12, month=since.month % 12 + 1)
        found = kept.counted(conn, whose.id, since, until)
    row = {"tenant": slug, "month": f"{since:%Y-%m}", "segments": found}
    out.print(to_json(row) if as_json else f"{slug}, {since:%Y-%m}: {found} SMS")
