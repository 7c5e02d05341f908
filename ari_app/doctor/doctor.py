"""`decroche doctor`: every part looked at, and for each failure what to type."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from store.base.console import emit, err, json_option, progress
from store.base.findings import Finding

WIDTH = 100
_COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red"}


@click.command()
@click.option("--deep", is_flag=True, help="Read every model again and compare checksums (a few seconds a GB).")
@json_option
def doctor(deep: bool, as_json: bool) -> None:
    """Check every part of this machine and of the service; say for each failure what to type.

    \b
    Exit status 0 when nothing fails (warnings may stand), 5 when something does.
    It starts and changes nothing.
    Example: decroche doctor --deep --json
    """
    from ari_app.doctor.checks import examine

    with progress(what="looking") as bar:
        task = bar.task_ids[0]
        findings = list(examine(deep=deep, tell=lambda part: bar.update(task, description=part)))
    if as_json:
        emit([asdict(finding) for finding in findings], ("part",), as_json=True)
    else:
        _show(findings)
    if any(finding.state == "fail" for finding in findings):
        click.get_current_context().exit(5)


def _show(findings: list[Finding]) -> None:
    """A table of at most 100 columns; what to type stands under what is wrong."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("state")
    table.add_column("part", no_wrap=True)
    table.add_column("found", overflow="fold")
    for finding in findings:
        told = Text(finding.detail)
        if finding.hint:
            told.append(f"\n→ {finding.hint}", style="bold" if finding.state == "fail" else "")
        table.add_row(Text(finding.state, style=_COLOURS[finding.state]), finding.part, told)
    width = min(Console().width, WIDTH) if sys.stdout.isatty() else WIDTH
    Console(highlight=False, markup=False, width=width).print(table)
    err.print(_total(findings))


def _total(findings: list[Finding]) -> str:
    counts = Counter(finding.state for finding in findings)
    return ", ".join(f"{counts[state]} {state}" for state in _COLOURS if counts[state])
