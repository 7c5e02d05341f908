"""How fast CDRs are stored, invoiced and reconciled in PostgreSQL: a month of one client's calls, from a CSV file.

`scripts/bench rating` ends with it; alone: scripts/bench rating_stored. One JSON object a size: {"calls","import_s",
"invoice_s","reconcile_s","seconds","calls_per_second","net_eur"}. The server is a new one with its default settings,
durable. All calls are of one month and one client: one invoice stands for them all, held against Asterisk's own CDRs.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID

from billing.charges import tariffs
from billing.charges.bulk import import_calls
from billing.documents.invoice import Party, Terms
from billing.invoices.invoicing import issue, set_customer, set_seller
from billing.invoices.reconcile import read_witnesses, reconcile_period
from billing.rating.cdrs import read_blocks
from store import tenants
from store.base.actor import service
from store.base.settings import Settings
from store.db import Database, connect
from store.embedded import EmbeddedServer
from store.setup import SERVICE, embedded_database, set_up
from tests.actors import OPERATOR
from tests.bench.rating import write_cdrs, write_tariff

BY = service("bench")

MONTH = date(2026, 10, 1)
FIRST = datetime(2026, 9, 30, 22, tzinfo=UTC)  # midnight in Paris
SELLER = Party("Opérateur Exemple SAS", "732829320", "1 rue de la Paix", "75002", "Paris", vat_number="FR44732829320")
BUYER = Party("Cabinet Molaire", "404833048", "2 place du Marché", "35000", "Rennes")


def main() -> None:
    """Print one JSON object a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    measure([int(size) for size in parser.parse_args().sizes.split(",")])


def measure(sizes: list[int]) -> None:
    """Print one JSON object a size; each on a database of its own."""
    for calls in sizes:
        with tempfile.TemporaryDirectory(prefix="decroche-bench-") as folder, database(Path(folder)) as db:
            print(json.dumps(_one(db, Path(folder), calls)), flush=True)


def _one(db: Database, folder: Path, calls: int) -> dict[str, object]:
    tariff, cdrs, asterisk = (folder / name for name in ("tariff.toml", "cdrs.csv", "asterisk.csv"))
    write_cdrs(cdrs, random.Random(calls), write_tariff(tariff, random.Random(1)), calls, FIRST, 30)
    _write_witnesses(cdrs, asterisk)
    with db.operator() as conn:
        set_seller(conn, SELLER, Terms(), by=OPERATOR)
        tenant = tenants.add(conn, "cabinet", "Cabinet", by=OPERATOR)
        set_customer(conn, tenant.id, BUYER, by=OPERATOR)
        version = tariffs.add_version(conn, "standard", tariff.read_text(), BY).version
        tariffs.assign(conn, tenant.id, "standard", version, FIRST, BY)
    marks = [time.perf_counter()]
    outcomes = Counter(
        outcome.status for some in import_calls(db, tenant.id, read_blocks(cdrs), by=OPERATOR) for outcome in some
    )
    marks.append(time.perf_counter())
    with db.operator(tenant.id) as conn:
        issued = issue(conn, tenant, MONTH, date(2026, 11, 2), BY)
    marks.append(time.perf_counter())
    with db.operator() as conn:
        compared, differences = reconcile_period(conn, MONTH, tenant.id, read_witnesses(asterisk))
    marks.append(time.perf_counter())
    assert outcomes["rated"] + outcomes["unanswered"] == calls, outcomes
    assert issued is not None
    assert (compared, differences[:3]) == (calls, [])
    took = [round(after - before, 2) for before, after in pairwise(marks)]
    return {
        "calls": calls,
        "import_s": took[0],
        "invoice_s": took[1],
        "reconcile_s": took[2],
        "seconds": round(marks[-1] - marks[0], 2),
        "calls_per_second": round(calls / (marks[-1] - marks[0])),
        "net_eur": f"{issued.net_cents // 100}.{issued.net_cents % 100:02}",
    }


def _write_witnesses(cdrs: Path, target: Path) -> None:
    """Asterisk's CDRs of the same calls: whole seconds, the rest dropped."""
    with cdrs.open() as file, target.open("w") as out:
        out.write("call_id,answer,end,billable_seconds,disposition\n")
        for row in csv.DictReader(file):
            answer, end = row["answered_at"], row["ended_at"]
            seconds = datetime.fromisoformat(end) - datetime.fromisoformat(answer or end)
            heard = "ANSWERED" if answer else "NO ANSWER"
            out.write(f"{UUID(row['call_id'])},{answer},{end},{seconds // timedelta(seconds=1)},{heard}\n")


@contextmanager
def database(home: Path) -> Generator[Database]:
    """A real PostgreSQL, empty, as a fresh installation has it."""
    of = Settings(home=home)
    server = EmbeddedServer(of)
    server.start()
    try:
        service, admin = embedded_database(server, "bench", of)
        with connect(admin) as conn:
            set_up(conn, SERVICE)
        with Database(service, admin) as db:
            yield db
    finally:
        server.stop()


if __name__ == "__main__":
    main()
