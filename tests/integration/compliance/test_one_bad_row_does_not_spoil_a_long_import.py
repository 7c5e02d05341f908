"""A long CSV with one bad row: every other row is in, the bad one is named, and memory does not grow with the file."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from compliance.ledgers.tabular import number, take
from store.db import Database
from tests.integration.compliance.conftest import Run
from tests.integration.compliance.ledger_of_tests import tenant

ROWS, BAD = 12_000, 7_003
"""Line 1 is the header."""


def consents(path: Path, count: int, bad: int) -> Path:
    day = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    with path.open("w", encoding="utf-8") as file:
        file.write("number,professional,goods,how,wording,evidence,given_at\n")
        for line in range(2, count + 2):
            given = "31/02/2026" if line == bad else day
            file.write(f"+336{10_000_000 + line},Cabinet,soins,form,J'accepte,f.pdf,{given}\n")
    return path


def test_every_row_but_the_bad_one_is_in_and_that_one_is_named(database: Database, run: Run, tmp_path: Path) -> None:
    who = tenant(database)
    file = consents(tmp_path / "long.csv", ROWS, BAD)
    found = run("consent", "import", "--tenant", "cabinet", file, "--json")
    told = [json.loads(line) for line in found.output.splitlines() if line.startswith("{")]
    assert {"taken": ROWS - 1, "known": 0, "bad": 1} in told
    [bad] = [line["error"] for line in told if "error" in line]
    assert (bad["line"], bad["field"]) == (BAD, "given_at")
    with database.tenant(who) as conn:
        row = conn.execute("SELECT count(*) AS n FROM compliance.consents").fetchone()
    assert row is not None
    assert row["n"] == ROWS - 1


KEPT, ALLOWED = 200_000, 8_000_000
"""Rows, and the bytes allowed for reading them. Keeping but the numbers of so many rows, or what is wrong with each
of them, would take over 14 MB; the caches and the bad rows held before they go to a file take about 2."""


def _count(rows: Iterator[str]) -> int:
    return sum(1 for _ in rows)


def peak(path: Path) -> tuple[int, int]:
    """(bytes held at most while the file is read, bad rows told)."""
    tracemalloc.start()
    try:
        report = take(path, {"number": "number"}, {"number"}, lambda _, fields: number(fields), _count)
        told = sum(1 for _ in report.bad)
        return tracemalloc.get_traced_memory()[1], told
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("good", "bad"), [(KEPT, 0), (0, KEPT // 3)], ids=["good rows", "bad rows"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, good: int, bad: int) -> None:
    file = tmp_path / "long.csv"
    with file.open("w", encoding="utf-8") as out:
        out.write("number\n")
        out.writelines(f"+336{10_000_000 + line}\n" for line in range(good))
        out.writelines(["not a number\n"] * bad)
    held, told = peak(file)
    assert told == bad
    assert held < ALLOWED
