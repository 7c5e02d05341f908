"""What the commands over ledgers share: whose ledger, which file, what became of it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from store.base.console import emit, to_json

if TYPE_CHECKING:
    from compliance.ledgers.tabular import Report
    from store.db import Conn


tenant_option = click.option("--tenant", "slug", required=True, help="Whose ledger: the tenant's short name.")


file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


SOME_BAD = 3


@contextmanager
def tenant_session(slug: str) -> Generator[tuple[Conn, UUID]]:
    """One transaction as the tenant of that name, and its id. Raises NotFound."""
    from store.db import open_database
    from store.tenants import tenant_id

    with open_database() as db:
        with db.service() as conn:
            whose = tenant_id(conn, slug)
        with db.tenant(whose) as conn:
            yield conn, whose


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
