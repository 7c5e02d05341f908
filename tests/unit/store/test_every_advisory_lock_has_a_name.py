"""No lock is taken by a bare number: two owners of one number would wait for each other, or worse, not."""

from __future__ import annotations

import re
from pathlib import Path

from store.locks import Lock

ROOT = Path(__file__).parents[3]
CODE = [path for path in ROOT.glob("*/**/*.py") if path.relative_to(ROOT).parts[0] not in ("tests", ".venv")]


def test_no_lock_is_taken_by_a_number() -> None:
    bare = [str(p.relative_to(ROOT)) for p in CODE if re.search(r"pg_advisory\w*\(", p.read_text(encoding="utf-8"))]
    allowed = {"store/locks.py", "store/migrate.py", "store/setup.py"}
    assert set(bare) <= allowed, set(bare) - allowed


def test_no_two_locks_share_a_number() -> None:
    assert len({int(lock) for lock in Lock}) == len(Lock.__members__)


def test_the_diarys_lock_is_the_one_its_trigger_takes() -> None:
    trigger = (ROOT / "store/migrations/0102_calls.sql").read_text(encoding="utf-8")
    assert re.findall(r"hashtextextended\(.*, (\d+)\)\)", trigger) == [str(int(Lock.DIARY))]
