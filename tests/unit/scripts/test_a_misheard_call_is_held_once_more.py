"""scripts/test: what decides that a failed run is worth a second look."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "lib" / "only_calls_failed.py"
CALL, OTHER = "tests/acceptance/calls/test_a.py::test_x", "tests/unit/call/test_b.py::test_y"


@pytest.mark.parametrize(
    ("failed", "status"), [([CALL], 0), ([CALL, CALL + "2"], 0), ([CALL, OTHER], 1), ([OTHER], 1), ([], 1)]
)
def test_only_failed_calls_are_held_again(tmp_path: Path, failed: list[str], status: int) -> None:
    record = tmp_path / "lastfailed"
    record.write_text(json.dumps(dict.fromkeys(failed, True)), encoding="utf-8")
    done = subprocess.run([sys.executable, SCRIPT, record], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert all(name in done.stderr for name in failed)


def test_a_run_that_left_no_record_is_a_failure(tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, SCRIPT, tmp_path / "none"], check=False).returncode == 1
