"""`decroche billing rate`: a file of calls priced; nothing is stored."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from billing.rating.batch import rate_blocks
from billing.rating.cdrs import read_blocks
from billing.rating.tariff import read_tariff
from store.base.console import as_lines, emit, err, json_option

_FILE = click.Path(dir_okay=False, path_type=Path)  # cli_common's brings the database, which this needs not


@click.command()
@click.option("--tariff", "tariff_path", type=_FILE, required=True, help="The tariff, a TOML file.")
@click.argument("cdrs", type=_FILE)
@json_option
@click.pass_context
def rate(ctx: click.Context, tariff_path: Path, cdrs: Path, as_json: bool) -> None:
    """Price every call of the CSV file CDRS, in its order. Nothing is stored.

    A table on a terminal; one JSON object a line with --json, to a pipe or to a file.

    Exit status: 0 when every row is rated, unanswered or a duplicate; 3 when some are unrated or
    rejected; 2 when the tariff or the file is wrong.

    \b
    Example: decroche billing rate --tariff tariff.toml --json cdrs.csv
    """
    terms = read_tariff(tariff_path)
    gc.disable()  # a million answers and no cycle among them
    batch = rate_blocks(read_blocks(cdrs), terms)
    if as_lines(as_json):
        _write(batch.parts)
    else:
        _table(batch.lines)
        err.print(", ".join(f"{count} {status}" for status, count in batch.counts.items() if count) or "no calls")
    ctx.exit(0 if batch.complete else 3)


def _write(parts: list[str]) -> None:
    for start in range(0, len(parts), 1_000):
        click.echo("\n".join(parts[start : start + 1_000]).encode())  # bytes: UTF-8 in every locale


def _table(lines: list[str]) -> None:
    import json

    columns = (
        "call_id", "status", "answered_seconds", "billed_seconds", "bundle_seconds", "charged_seconds",
        "amount", "prefix", "reason",
    )  # fmt: skip
    emit([json.loads(line) for line in lines], columns, as_json=False, empty="no calls")
