"""How fast compliance decides, takes in long lists, screens a million contacts against ten million oppositions.

python -m tests.bench.compliance [--decisions 100000] [--rows 1000000] [--contacts 1000000 --oppositions 10000000]
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from compliance.law.cases import Attempt, Case, Consent, to_json
from compliance.law.engine import decide
from compliance.ledgers import consents, oppositions
from compliance.ledgers.screening import screen
from store import tenants
from store.base.settings import Settings
from store.db import Database, connect
from store.embedded import EmbeddedServer
from store.setup import SERVICE, embedded_database, set_up
from tests.actors import OPERATOR

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def cases(count: int) -> list[Case]:
    """Distinct numbers, instants over a month, three quarters of them refused for their hour."""
    draw = random.Random(4)
    return [
        Case(
            at=NOW + timedelta(minutes=draw.randrange(60 * 24 * 30)),
            to=f"+336{draw.randrange(10**8):08d}",
            caller_id="+33162001234",
            postcode=f"{draw.randrange(1000, 98000):05d}",
            history=tuple(
                Attempt(NOW - timedelta(days=draw.randrange(1, 40)), "no_answer") for _ in range(draw.randrange(4))
            ),
            consent=Consent(NOW - timedelta(days=draw.randrange(1, 300))),
        )
        for _ in range(count)
    ]


def decisions(count: int) -> dict[str, float]:
    """Decisions a second on one core, by the processor's clock; `check`: the whole command, lines in, answers out."""
    some = cases(count)
    began = time.process_time()
    allowed = sum(decide(case).allowed for case in some)
    took = time.process_time() - began
    return {
        "decisions": count,
        "allowed": allowed,
        "decisions_per_second": round(count / took),
        "check_lines_per_second": round(count / _check(some)),
    }


def _check(some: list[Case]) -> float:
    """Processor seconds of `decroche compliance check FILE --json`, from its start to its end."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cases.jsonl"
        with file.open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(to_json(case)) + "\n" for case in some)
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "ari_app.cli", "compliance", "check", str(file), "--json"]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)  # exit status 1: some are refused
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime


def imports(rows: int) -> dict[str, Any]:
    """Rows a second of a CSV of consents, then of one of oppositions to the same people, each with one bad row.

    `memory_mb`: by how much the process grew. The command's own work, on a real PostgreSQL, in one transaction.
    """
    with _database() as (db, _), tempfile.TemporaryDirectory() as folder:
        with db.operator() as conn:
            whose = tenants.add(conn, "own", "Own", by=OPERATOR).id
        found: dict[str, Any] = {"rows": rows}
        for name, load in (("consents", consents.load), ("oppositions", oppositions.load)):
            file = _csv(Path(folder) / f"{name}.csv", rows)
            before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
            with db.tenant(whose) as conn:
                report = load(conn, whose, file, NOW, by=OPERATOR)
            took = time.perf_counter() - began
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            found[name] = report.as_json() | {
                "bad_row": next(iter(report.bad)),
                "rows_per_second": round(rows / took),
                "seconds": round(took, 1),
                "memory_mb": round(grown / 1024),
            }
        return found


def _csv(path: Path, rows: int) -> Path:
    """Excel's: semicolons, French dates, Windows' letters; the row in the middle has an impossible date."""
    with path.open("w", encoding="cp1252") as file:
        file.write("Téléphone;Professionnel;Objet;Moyen;Texte;Preuve;Date\n")
        for n in range(rows):
            day = "31/02/2026" if n == rows // 2 else f"{n % 28 + 1:02d}/09/2026 10:{n % 60:02d}"
            file.write(f"06{n:08d};Cabinet;soins;form;J'accepte d'être appelé;formulaire.pdf;{day}\n")
    return path


@contextmanager
def _database() -> Generator[tuple[Database, str]]:
    """A real PostgreSQL, empty, and the DSN of its owner."""
    with tempfile.TemporaryDirectory() as folder:
        of = Settings(home=Path(folder))
        server = EmbeddedServer(of)
        server.start(durable=False)
        try:
            service, admin = embedded_database(server, "bench", of)
            with connect(admin) as conn:
                set_up(conn, SERVICE)
            with Database(service, admin) as db:
                yield db, admin
        finally:
            server.stop()


def screening(contacts: int, oppositions: int) -> dict[str, float]:
    """Seconds to screen `contacts` numbers, a tenth of them opposed, in a real PostgreSQL."""
    with _database() as (db, admin):
        return _screening(db, admin, contacts, oppositions)


def _screening(db: Database, admin: str, contacts: int, oppositions: int) -> dict[str, float]:
    with db.operator() as conn:
        own = tenants.add(conn, "own", "Own", by=OPERATOR).id
        other = tenants.add(conn, "other", "Other", by=OPERATOR).id
    began = time.perf_counter()
    with connect(admin) as conn:
        conn.execute("SET session_replication_role = replica")  # loading only: no foreign keys
        conn.execute("SET maintenance_work_mem = '512MB'")
        conn.execute("DROP INDEX compliance.oppositions_number_tenant_id_opposed_at_idx")
        conn.execute(
            """INSERT INTO compliance.oppositions (id, tenant_id, number, opposed_at, how)
               SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
                      CASE n %% 10 WHEN 0 THEN NULL WHEN 1 THEN %s::uuid ELSE %s::uuid END,
                      '+336' || lpad(n::text, 8, '0'), '2026-01-01', 'import'
                 FROM generate_series(1, %s) n""",
            (other, own, oppositions),
        )
        conn.execute("CREATE INDEX ON compliance.oppositions (number, tenant_id, opposed_at)")
        conn.execute("ANALYZE compliance.oppositions")
    loaded = time.perf_counter() - began
    draw = random.Random(4)
    listed = [f"+33{7 if draw.random() < 0.9 else 6}{draw.randrange(1, oppositions):08d}" for _ in range(contacts)]
    began = time.perf_counter()
    found = sum(1 for _, opposed in screen(db, own, listed, NOW) if opposed)
    return {
        "contacts": contacts,
        "oppositions": oppositions,
        "opposed": found,
        "seconds": round(time.perf_counter() - began, 2),
        "loading_seconds": round(loaded, 1),
    }


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=100_000)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--oppositions", type=int, default=10_000_000)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the CSVs that are imported")
    asked = parser.parse_args()
    found: dict[str, Any] = {"decide": decisions(asked.decisions)} if asked.decisions else {}
    if asked.rows:
        found["import"] = imports(asked.rows)
    if asked.contacts:
        found["screening"] = screening(asked.contacts, asked.oppositions)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
