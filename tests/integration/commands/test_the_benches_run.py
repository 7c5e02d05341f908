"""The benches that need no call, in miniature: their figures are worth nothing, that they run and add up is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agents.trial import TrialResult
from tests.bench import gpu
from tests.bench.understanding_by_voice import SETS, Kept, sample

pytestmark = pytest.mark.timeout(1000)  # a bench takes as long as the machine takes

ROOT = Path(__file__).parents[3]


def bench(name: str, *arguments: str) -> list[dict[str, Any]]:
    """The JSON lines of `scripts/bench NAME ARGUMENTS…`, less its setup."""
    command = [sys.executable, "-m", f"tests.bench.{name}", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_rating_then_stored_invoiced_and_reconciled() -> None:
    rated, stored = bench("rating", "--sizes", "2000")
    assert rated["calls"] == stored["calls"] == 2000
    assert min(rated["calls_per_second"], stored["calls_per_second"]) > 0
    assert float(stored["net_eur"]) > 0  # the bench itself checks statuses, and that reconciling finds no difference


def test_compliance_decides_imports_and_screens() -> None:
    [found] = bench(
        "compliance", "--decisions", "500", "--rows", "2000", "--contacts", "2000", "--oppositions", "20000"
    )
    assert 0 < found["decide"]["allowed"] < found["decide"]["decisions"] == 500
    for ledger in ("consents", "oppositions"):
        taken = found["import"][ledger]
        assert (taken["taken"], taken["bad_row"]["line"]) == (1999, 1002)
    assert 100 < found["screening"]["opposed"] < 300


def test_files_of_contacts_are_taken_in() -> None:
    taken = bench("contacts", "--rows", "1000")
    assert [(each["file"], each["rows"]) for each in taken] == [
        ("csv", 100), ("csv", 1000), ("xlsx", 100), ("xlsx", 1000), ("ods", 100), ("ods", 1000),
    ]  # fmt: skip
    assert len({(each["added"], each["duplicate"], each["bad"]) for each in taken if each["rows"] == 1000}) == 1


def test_understanding_counts_by_what_is_tried() -> None:
    told = bench("understanding", "--ways", "rules,house", "--most", "1")
    assert {row["way"] for row in told} == {"rules", "house"}
    assert all(row["held"] == row["right"] + row["wrong"] + row["harmful"] for row in told)


def test_the_voices_sample_is_drawn_anew_alike_and_opens_nothing_sealed() -> None:
    files = [SETS / "velo/third.yaml", SETS / "hotel/second.yaml"]
    names = [(suite.name, trial.name) for suite, trial in sample(files, 5, 1)]
    assert names == [(suite.name, trial.name) for suite, trial in sample(files, 5, 1)]
    assert len(set(names)) == 5
    assert names != [(suite.name, trial.name) for suite, trial in sample(files, 5, 2)]
    with pytest.raises(SystemExit, match="sealed"):
        sample([SETS / "other_velo/sealed.yaml"], 5, 1)


def test_the_voices_bench_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    file, key = tmp_path / "kept.jsonl", ("pico", "noise", "velo", "un pneu")
    Kept(file).add(key, TrialResult("un pneu", failures=["turn 1: no"], category="facts", seconds=[0.1]))
    with file.open("a", encoding="utf-8") as out:
        out.write('{"key": ["pico", "no')
    again = Kept(file)
    again.read()
    assert list(again.results) == [key]
    assert again.results[key].failures == ["turn 1: no"]


def test_the_gpus_bench_runs_its_parts_and_says_which_failed() -> None:
    done = gpu.run("rating", ["--sizes", "2000"], "cpu", 150)
    assert "calls" in json.dumps(done["figures"])
    assert gpu.run("llm_speed", [], "cpu", 0)["failed"] == "not done in 1 s"
    assert "unrecognized arguments" in gpu.run("rating", ["--no-such"], "cpu", 150)["failed"]
    assert set(gpu.parts("cuda", 1)) == {"ear", "voice", "mind", "understanding"}
