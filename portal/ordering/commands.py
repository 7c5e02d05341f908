"""`decroche terms`: what clients accept when they order."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option
from store.base.errors import BadInput, reason

_COLUMNS = ("version", "kind", "sha256")


@click.group(cls=HouseGroup)
def terms() -> None:
    """The terms that clients accept when they order on the portal, by version.

    \b
    Example: decroche terms add cgv.pdf --version 2025-01
    """


@terms.command("add")
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--version", required=True, help="How this version is called.")
@json_option
def terms_add(path: Path, version: str, as_json: bool) -> None:
    """Orders are made under FILE (a PDF, or text in UTF-8) from now on; earlier versions stay for what was accepted.

    \b
    Example: decroche terms add cgv.pdf --version 2025-01
    """
    from portal.ordering.terms import add
    from store.setup import open_database

    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: {reason(error)}", hint="give a PDF, or text in UTF-8") from error
    with open_database() as db, db.operator() as conn:
        made = add(conn, version, content, by=typing_now(), now=datetime.now(UTC))
    emit([asdict(made)], _COLUMNS, as_json=as_json)


@terms.command("list")
@json_option
def terms_list(as_json: bool) -> None:
    """Every version, the newest first: that one is what orders are made under.

    \b
    Example: decroche terms list
    """
    from portal.ordering.terms import listed
    from store.setup import open_database

    with open_database() as db, db.operator() as conn:
        found = listed(conn)
    emit([asdict(one) for one in found], _COLUMNS, as_json=as_json, empty="no terms yet")
