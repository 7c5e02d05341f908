"""`decroche number …`: the store's commands, and the one that mends numbers in every ledger of the house."""

from __future__ import annotations

from dataclasses import asdict

import click

from store.base.actor import typing_now
from store.base.console import emit, json_option
from store.cli import number, operator_session

_COLUMNS = ["table", "column", "stored", "right", "rows", "mend", "why"]


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


__all__ = ["number"]
