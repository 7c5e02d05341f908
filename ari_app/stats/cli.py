"""`decroche stats`: a client's month of calls in figures, and the report made for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from store.base.console import emit, err, json_option, out, to_json
from store.base.private import write_private
from store.statistics import Figures, Statistics

COLUMNS = ("what", "calls", "answered", "missed", "booked", "transferred", "messages", "disclosed", "seconds")


@click.command()
@click.option("--tenant", required=True, help="Whose calls.")
@click.option("--month", "month_", default="", help="YYYY-MM; the present one.")
@click.option("--pdf", type=click.Path(path_type=Path), help="Write the month's report for the client here.")
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="The report's.")
@json_option
def stats(tenant: str, month_: str, pdf: Path | None, language: str, as_json: bool) -> None:
    """A client's calls in a month: by agent, number and hour; reasons for calling; what was not known.

    Hours and months are of the client's own clock. The reasons are the tags that the agent's file gives (after.tags).

    \b
    Example:
      decroche stats --tenant dentiste --month 2026-11 --pdf novembre.pdf
    """
    from store import statistics, tenants
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        whose = tenants.get(conn, tenant)
        asked = month_ or f"{datetime.now(UTC).astimezone(ZoneInfo(whose.timezone)):%Y-%m}"
        since, until = statistics.month(asked, whose.timezone)
        found = statistics.of_period(conn, whose.id, since, until, whose.timezone)
    if pdf is not None:
        _write(found, whose.name, language, pdf)
    if as_json:
        click.echo(to_json({"tenant": tenant, "month": asked, **found.plain()}))
        return
    emit(_rows(found), COLUMNS, as_json=False)
    for title, counts in (("reasons for calling", found.reasons), ("not known", found.unknown)):
        if counts:
            out.print(f"{title}: {', '.join(f'{name} {count}' for name, count in counts.items())}")


def _write(found: Statistics, client: str, language: str, path: Path) -> None:
    from ari_app.stats.report import page
    from billing.documents.pages import laid_out

    write_private(path, laid_out(page(found, client, "fr" if language == "fr" else "en")))
    err.print(f"{path}")


def _rows(found: Statistics) -> list[Mapping[str, Any]]:
    rows: list[tuple[str, Figures]] = [("all", found.total)]
    rows += [(f"agent {name or '—'}", figures) for name, figures in found.by_agent.items()]
    rows += [(f"number {name or '—'}", figures) for name, figures in found.by_number.items()]
    rows += [(f"{hour:02} h", figures) for hour, figures in found.by_hour.items() if figures.calls]
    return [{"what": name, **asdict(figures)} for name, figures in rows]
