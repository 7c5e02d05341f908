"""`decroche billing import`: calls brought from elsewhere, stored and charged."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import click

from billing.charges import views
from billing.charges.bulk import Bounds, import_calls
from billing.charges.bulk_charges import Outcome
from billing.commands.common import FILE, now
from billing.rating.cdrs import read_blocks
from billing.rating.rating import micros
from store import tenants
from store.base.actor import typing_now
from store.base.console import emit, err, json_option, progress
from store.setup import open_database

_CLOCKS_DIFFER = timedelta(hours=1)
_SHOWN = 1_000
"""How many rows with a fault the table names; `--json` has them all."""


@click.command("import")
@click.argument("cdrs", metavar="CDRS.csv", type=FILE)
@click.option("--tenant", "slug", required=True, help="Whose calls they are.")
@click.option(
    "--longest", type=click.IntRange(1, 8784), default=24, show_default=True, help="Hours of the longest call."
)
@json_option
@click.pass_context
def import_(ctx: click.Context, cdrs: Path, slug: str, longest: int, as_json: bool) -> None:
    """Store and charge the calls of CDRS.csv, whose columns are those of `billing rate`, each call_id once.

    Bad rows are named and the others go on (a call in the future, one longer than --longest, one that was stored with
    other times); so does the same file a second time, which changes nothing. --json has a
    line a row: rated, unanswered, unrated, known (stored before) or rejected. Exit status: 0 when every row is rated,
    unanswered or known; 3 when some are unrated or rejected; 2 when the file is wrong.

    \b
    Example: decroche billing import cdrs.csv --tenant dentiste
    """
    blocks = read_blocks(cdrs)
    bounds = Bounds(micros(now() + _CLOCKS_DIFFER), longest * 3600)
    counts: Counter[str] = Counter()
    faults: list[Outcome] = []
    with open_database() as db:
        with db.operator() as conn:
            tenant = tenants.get(conn, slug)
        with progress(_lines(cdrs), what="calls stored") as bar:
            for some in import_calls(db, tenant.id, blocks, by=typing_now(), source=cdrs.name, bounds=bounds):
                counts.update(outcome.status for outcome in some)
                faults += [o for o in some if o.status in ("unrated", "rejected")][: _SHOWN - len(faults)]
                if as_json:
                    emit([views.outcome(outcome) for outcome in some], (), as_json=True)
                bar.advance(bar.task_ids[0], len(some))
    if not as_json:
        if faults:
            emit([views.outcome(outcome) for outcome in faults], ("call_id", "status", "reason"), as_json=False)
        err.print(", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "no calls")
    ctx.exit(3 if counts["unrated"] or counts["rejected"] else 0)


def _lines(path: Path) -> int:
    """How many lines follow the first; 0 for a file that cannot be read, which reading it tells."""
    try:
        with path.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b"")) - 1
    except OSError:
        return 0
