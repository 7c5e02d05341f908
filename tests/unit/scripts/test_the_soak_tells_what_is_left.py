"""`scripts/bench soak`: what counts as settled, as growth, and as left."""

from __future__ import annotations

from dataclasses import replace

from tests.bench.soak import Held, Look, left_over, memory, metric

BEFORE = Held(channels=0, calls=0, tasks=12, threads=20, ports=9, files=60, rows=0, spool=0)


def looks(seconds: int, grown: float) -> list[Look]:
    """Its start takes less; from five minutes on it grows evenly by that share."""
    return [
        Look(at, int(100e6 * (0.5 if at < 60 else 1 + grown * max(0, at - 300) / (seconds - 300))), int(50e6))
        for at in range(0, seconds, 5)
    ]


def test_growth_is_counted_from_five_minutes_on() -> None:
    found = memory(looks(3600, 0.2), 3600)
    assert 0.18 < found["memory_growth"] < 0.2
    assert found["asterisk_mb"] == {"settled": 50.0, "end": 50.0}
    assert memory(looks(3600, 0.0), 3600)["memory_growth"] == 0


def test_a_short_run_is_settled_after_a_third_of_it() -> None:
    short = [Look(at, int(1e6 * (10 if at < 100 else 20)), 1) for at in range(0, 300, 5)]
    assert memory(short, 300)["memory_mb"] == {"settled": 20.0, "end": 20.0, "most": 20.0}


def test_what_there_is_less_of_is_not_left() -> None:
    after = replace(BEFORE, tasks=10, files=61, rows=2)
    assert {name: n for name, n in left_over(BEFORE, after).items() if n} == {"files": 1, "rows": 2}


def test_a_metric_is_read_with_its_labels() -> None:
    text = 'a_sum 1.5\na{queue="tasks"} 7.0\nab 3\n'
    assert [metric(text, name) for name in ("a_sum", 'a{queue="tasks"}', "none")] == [1.5, 7.0, 0.0]
