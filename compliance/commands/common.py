"""What the commands over ledgers share: whose ledger, which file, what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from store.base.console import SOME_BAD, emit, to_json
from store.cli_tenant import tenant_option

if TYPE_CHECKING:
    from compliance.ledgers.tabular import Report


ledger_option = tenant_option("ledger")


file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


def told(ctx: click.Context, report: Report, as_json: bool) -> None:
    """Print what became of a file; exit status 3 when rows were bad."""
    from store.base.console import err

    for bad in report.bad:
        if as_json:
            click.echo(to_json({"error": bad}))
        else:
            err.print(f"line {bad['line']}: {bad['field']}: {bad['message']}", markup=False)
    emit([report.as_json()], ("taken", "known", "bad"), as_json=as_json)
    if report.bad:
        ctx.exit(SOME_BAD)


def dialled(text: str) -> str:
    """The number as the ledgers keep it. Raises BadInput."""
    from compliance.ledgers.tabular import number

    return number({"number": text})
