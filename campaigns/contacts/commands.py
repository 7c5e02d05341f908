"""The commands of `decroche contact`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from store.base.actor import typing_now
from store.base.console import SOME_BAD, HouseGroup, emit, err, json_option, progress, to_json
from store.cli_tenant import tenant_option, tenant_session

if TYPE_CHECKING:
    from campaigns.contacts.importing import Plan, Report

contacts_option = tenant_option("contacts")
_PAGE = 1000


@click.group(cls=HouseGroup)
def contact() -> None:
    """Contacts: the people a client may want to call, from its own files.

    \b
    Example: decroche contact import clients.xlsx --tenant dentiste --list rappels
    """


def _mapped(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    for field, sign, column in pairs:
        if not (field and sign and column):
            raise click.BadParameter(f"{field + sign + column!r}: FIELD=COLUMN, as in phone='Tél. mobile'")
    return {field: column for field, _, column in pairs}


@contact.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@contacts_option
@click.option("--list", "into", required=True, help="The list they go into; made where it is new.")
@click.option("--map", "given", multiple=True, metavar="FIELD=COLUMN", callback=_mapped,
              help="Read FIELD from COLUMN (its heading, or its letter); phone, name, any other.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Tell what would become of each row, and keep nothing.")
@json_option
@click.pass_context
def contact_import(
    ctx: click.Context, file: Path, slug: str, into: str, given: dict[str, str], dry_run: bool, as_json: bool
) -> None:
    """Take in the people of FILE: CSV of any program, XLSX, XLS or ODS.

    The columns it was understood by are told on standard error before anything is kept. Only what FIELD names is kept
    of a person. Numbers are repaired where one repair is possible, and named where not. With --json, a line a row and a
    summary; else the rows that were bad or repaired.

    Exit status: 0 all rows were good, 3 some were bad, 2 the file is no such table (nothing is kept).

    \b
    Example:
      decroche contact import clients.xlsx --tenant dentiste --list rappels --map phone="Tél. mobile"
    """
    from campaigns.contacts.importing import bring, understand

    plan = understand(file, given)
    _told_columns(plan)
    with tenant_session(slug) as (conn, whose), progress(1.0, what=file.name) as bar:
        now, task = datetime.now(UTC), bar.task_ids[0]
        report = bring(conn, whose, into, plan, now, by=typing_now(), dry_run=dry_run,
                       told=lambda done: bar.update(task, completed=done))  # fmt: skip
    _told(report, into, dry_run, as_json)
    ctx.exit(SOME_BAD if report.counts["bad"] else 0)


def _told_columns(plan: Plan) -> None:
    err.print(f"{plan.path.name}: {plan.sheet.what}; headings in row {plan.columns.header or 'none'}")
    for field, heading in plan.columns.told().items():
        err.print(f"  {field} ← {heading}")
    if plan.columns.left_out:
        err.print(f"  left out: {', '.join(plan.columns.left_out)}")


def _told(report: Report, into: str, dry_run: bool, as_json: bool) -> None:
    summary = {"list": into, **report.counts, "dry_run": dry_run}
    if as_json:
        for row in report:
            click.echo(to_json({key: row[key] for key in ("row", "e164", "status", "reason")}))
        click.echo(to_json({"summary": {**summary, "columns": report.columns, "file": report.what}}))
        return
    for row in report:
        if row["reason"]:
            click.echo(f"row {row['row']}: {row['status']}: {row['e164'] or ''} {row['reason']}".replace("  ", " "))
    emit([summary], tuple(summary), as_json=False)


@contact.command("list")
@contacts_option
@click.option("--list", "name", help="The people of this list; else the lists there are.")
@json_option
def contact_list(slug: str, name: str | None, as_json: bool) -> None:
    """The lists of a client, or the people of one.

    \b
    Example: decroche contact list --tenant dentiste --list rappels
    """
    from campaigns.contacts import book

    with tenant_session(slug) as (conn, whose):
        if name is None:
            rows = [asdict(each) for each in book.lists(conn, whose)]
            emit(rows, ("name", "contacts", "made_at"), as_json=as_json, empty="no list")
            return
        after, none_yet = "", True
        while page := book.in_list(conn, whose, name, after=after, limit=_PAGE):
            emit([asdict(each) for each in page], ("e164", "name", "company", "postcode", "party"), as_json=as_json)
            after, none_yet = page[-1].e164, False
    if none_yet and not as_json:
        err.print("nobody stands in it")


def _number(text: str) -> str:
    from store.base.numbering import e164

    return e164(text)


@contact.command("show")
@contacts_option
@click.argument("number")
@json_option
def contact_show(slug: str, number: str, as_json: bool) -> None:
    """What is kept of NUMBER.

    \b
    Example: decroche contact show --tenant dentiste 0612345678
    """
    from campaigns.contacts import book

    with tenant_session(slug) as (conn, whose):
        found = asdict(book.get(conn, whose, _number(number)))
    if as_json:
        click.echo(to_json(found))
        return
    shown = {**found, "lists": ", ".join(found["lists"]), **found.pop("fields")}
    emit([{"what": key, "is": value} for key, value in shown.items()], ("what", "is"), as_json=False)


@contact.command("remove")
@contacts_option
@click.argument("number")
@click.option("--list", "only_from", default="", help="Out of this list only; else out of all of them.")
@json_option
def contact_remove(slug: str, number: str, only_from: str, as_json: bool) -> None:
    """Take NUMBER out of a list, or out of the book; consents and oppositions stay.

    \b
    Example: decroche contact remove --tenant dentiste 0612345678 --list rappels
    """
    from campaigns.contacts import book

    with tenant_session(slug) as (conn, whose):
        found = book.remove(conn, whose, _number(number), by=typing_now(), only_from=only_from)
    row = {"e164": found.e164, "removed_from": only_from or "all"}
    emit([row], tuple(row), as_json=as_json)


if __name__ == "__main__":
    contact()
