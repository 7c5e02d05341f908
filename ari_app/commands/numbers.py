"""`decroche number …`: the store's commands, and the one that mends numbers in every ledger of the house."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from store.base.actor import typing_now
from store.base.console import emit, err, json_option, progress
from store.cli import number, operator_session

_COLUMNS = ["table", "column", "stored", "right", "rows", "mend", "why"]
_TOLD = ["line", "number", "last", "count", "added", "changed", "state", "why"]


@number.command("mend")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@json_option
def number_mend(dry_run: bool, as_json: bool) -> None:
    """Mend numbers that were stored before there was one numbering plan: +33692… is Réunion's +262692….

    Numbers, fallbacks, appointments and messages are rewritten; an opposition is added under the right number;
    calls and consents are named and left. Exit status: 0; 3 when some were left.

    \b
    Example: decroche number mend --dry-run
    """
    from compliance.ledgers import misread as ledgers
    from store import misread

    with operator_session() as conn:
        if dry_run:
            rows = [*misread.found(conn), *ledgers.found(conn)]
        else:
            by = typing_now()
            rows = [*misread.mend(conn, by=by), *ledgers.mend(conn, by=by)]
    emit([asdict(row) for row in rows], _COLUMNS, as_json=as_json, empty="every number is read as it is stored")
    if any(row.mend == "left" for row in rows):
        click.get_current_context().exit(3)


@number.command("import")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def number_import(path: Path, as_json: bool) -> None:
    """Take numbers in from a CSV of thousands: one a row, or a range (number and last).

    Columns, of which only the first is needed: number, last, tenant, agent, fallback, npv, ported_on (the day the
    number comes from another operator: until then nobody shows it). Known numbers are changed as the row says. Each
    row is told (--json), bad ones by their line; the others are taken in. Exit status 3 when some were bad.

    \b
    Example: decroche number import numbers.csv --json
    """
    from store.number_files import take_in

    total = path.read_bytes().count(b"\n")
    with operator_session() as conn, progress(total, what="numbers") as bar:
        told = take_in(conn, path, by=typing_now(), tell=lambda line: bar.update(bar.task_ids[0], completed=line))
    bad = [row for row in told if row.state == "bad"]
    shown = told if as_json else bad
    if shown:
        emit([asdict(row) for row in shown], _TOLD, as_json=as_json)
    done = sum(row.count for row in told if row.state != "bad")
    err.print(f"{done} numbers of {len(told) - len(bad)} rows are in; {len(bad)} rows were bad")
    if bad:
        click.get_current_context().exit(3)


__all__ = ["number"]
