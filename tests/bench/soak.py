"""Ten calls at once for an hour, with engines that follow a script: what the service takes, and what of it is left.

    scripts/bench soak [--minutes 60] [--calls 10]

One JSON object: {"minutes", "at_once", "calls", "answered", "why_not": {status: n}, "memory_mb": {"settled", "end",
"most"}, "memory_growth", "asterisk_mb": {"settled", "end"}, "loop_lag_ms": {"mean"}, "left": {"channels", "calls",
"tasks", "threads", "ports", "files", "rows", "spool"}, "kept", "holds"}. `settled` is what it takes after five minutes,
or after a third of a shorter run; `memory_growth` is the end's share above that. `left` is what there is more of once
nobody calls than before anybody did. `kept`: CDRs that were written, one an answered call. `holds`: growth of five
hundredths at most, nothing left, every CDR kept. Real Asterisk, PostgreSQL and SIP; nothing of a model. Exit status 1
where it does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

import numpy as np
import psutil

from ari_app.softphone.script import Utterance
from store.base.settings import settings
from tests.acceptance.calls.house import CLINIC
from tests.acceptance.faults.conftest import ScriptedHouse

EVERY = 5.0
"""Seconds between two looks."""
SETTLED = 300.0
WINDOW = 30.0
"""Seconds over which memory is taken: the middle of those looks."""
MOST_GROWTH = 0.05
WARM_SECONDS = 45.0
QUIET_SECONDS = 60.0
"""How long the last call's CDR and witness are waited for."""


@dataclass(frozen=True, slots=True)
class Look:
    """The service at one moment: bytes of memory that are its own, and what it holds."""

    at: float
    memory: int
    asterisk: int


@dataclass(frozen=True, slots=True)
class Held:
    """What a call takes and must give back."""

    channels: int
    calls: int
    tasks: int
    threads: int
    ports: int
    files: int
    rows: int
    spool: int


def left_over(before: Held, after: Held) -> Mapping[str, int]:
    """What there is more of than before."""
    return {name: max(0, value - asdict(before)[name]) for name, value in asdict(after).items()}


def memory(looks: Sequence[Look], seconds: float) -> Mapping[str, Any]:
    """Megabytes once settled, at the end and at most, of the service and Asterisk; the service's growth, as a share."""
    settled = min(SETTLED, seconds / 3)
    first = [each for each in looks if settled <= each.at < settled + WINDOW]
    last = [each for each in looks if each.at >= looks[-1].at - WINDOW]

    def middle(of: Sequence[Look], part: str) -> float:
        return round(median(getattr(each, part) for each in of) / 1e6, 1)

    mine = {"settled": middle(first, "memory"), "end": middle(last, "memory")}
    return {
        "memory_mb": mine | {"most": round(max(each.memory for each in looks) / 1e6, 1)},
        "memory_growth": round(mine["end"] / mine["settled"] - 1, 4),
        "asterisk_mb": {"settled": middle(first, "asterisk"), "end": middle(last, "asterisk")},
    }


def metric(text: str, name: str) -> float:
    """A metric without labels or with those written, from Prometheus' text."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


class Soak:
    """A house of its own, called again and again by as many phones as wanted."""

    def __init__(self, house: ScriptedHouse, at_once: int, seconds: float) -> None:
        self._house, self._at_once, self._seconds = house, at_once, seconds
        self._over = threading.Event()
        self._calls = Counter[str]()
        self._service = psutil.Process(house.child.pid)
        pid = house.asterisk.pid()
        assert pid is not None, "Asterisk runs"
        self._asterisk = psutil.Process(pid)

    def run(self) -> dict[str, Any]:
        """The figures."""
        since, looks, before = datetime.now(UTC), list[Look](), self._held()
        with ThreadPoolExecutor(self._at_once) as phones:
            calling = [phones.submit(self._calling, f"caller{number + 1}") for number in range(self._at_once)]
            began = time.monotonic()
            try:
                while (at := time.monotonic() - began) < self._seconds:
                    looks.append(self._look(at))
                    print(f"\r{at / 60:5.1f} min, {self._calls.total()} calls, {looks[-1].memory / 1e6:.0f} MB", end="",
                          file=sys.stderr)  # fmt: skip
                    self._over.wait(EVERY)
            finally:
                self._over.set()
            for each in calling:
                each.result()
        left = self._given_back(before)
        text, answered = self._metrics(), self._calls.pop("answered", 0)
        lag = metric(text, "decroche_loop_lag_seconds_sum") / max(1.0, metric(text, "decroche_loop_lag_seconds_count"))
        kept, found = self._kept(since), memory(looks, self._seconds)
        return {
            "minutes": round(self._seconds / 60, 2), "at_once": self._at_once,
            "calls": answered + self._calls.total(), "answered": answered, "why_not": dict(self._calls), **found,
            "loop_lag_ms": {"mean": round(lag * 1000, 2)}, "left": left, "kept": kept,
            "holds": found["memory_growth"] <= MOST_GROWTH and not any(left.values()) and kept == answered,
        }  # fmt: skip

    def _calling(self, name: str) -> None:
        """One phone, call after call: three times a noise that the ear takes for a question, then it hangs up."""
        noise = (np.random.default_rng(len(name)).uniform(-0.4, 0.4, 8_000) * 32_767).astype(np.int16)
        with self._house.phone(name, farewell=1_500) as phone:
            while not self._over.is_set():
                report = phone.call(CLINIC, [Utterance(noise) for _ in range(3)], max_seconds=60)
                self._calls["answered" if report.answered else str(report.status)] += 1

    def _look(self, at: float) -> Look:
        return Look(at, self._service.memory_full_info().uss, self._asterisk.memory_full_info().uss)

    def _held(self) -> Held:
        house, service = self._house, self._service
        with house.database() as db, db.operator() as conn:
            row = conn.execute(
                "SELECT (SELECT count(*) FROM store.live_calls) + (SELECT count(*) FROM store.live_notes) AS n"
            ).fetchone()
        assert row is not None
        channels = re.search(r"(\d+) active channel", house.asterisk.command("core show channels count"))
        ports = len(service.net_connections("inet")) + len(self._asterisk.net_connections("inet"))
        return Held(
            channels=int(channels[1]) if channels else 0, calls=len(house.ask("status", 20)["calls"]),
            tasks=int(metric(self._metrics(), 'decroche_queue_depth{queue="tasks"}')), threads=service.num_threads(),
            ports=ports, files=service.num_fds(), rows=int(row["n"]),
            spool=sum(1 for each in house.settings.folder("spool").rglob("*") if each.is_file()),
        )  # fmt: skip

    def _given_back(self, before: Held) -> Mapping[str, int]:
        """What is left once everything that was due has been done; waited for as long as that may take."""
        deadline = time.monotonic() + QUIET_SECONDS
        while any((left := left_over(before, self._held())).values()) and time.monotonic() < deadline:
            time.sleep(1)  # whether nothing is left is told by nobody
        return left

    def _metrics(self) -> str:
        with urlopen(f"http://127.0.0.1:{self._house.settings.metrics.port}/metrics", timeout=20) as answer:
            return answer.read().decode()

    def _kept(self, since: datetime) -> int:
        with self._house.database() as db, db.operator() as conn:
            row = conn.execute(
                "SELECT count(*) AS n FROM store.calls WHERE started_at >= %s AND answered_at IS NOT NULL", (since,)
            ).fetchone()
        return int(row["n"]) if row else 0


def soaked(minutes: float, at_once: int) -> dict[str, Any]:
    """A house is started, soaked and thrown away."""
    with tempfile.TemporaryDirectory(prefix="decroche-soak-", ignore_cleanup_errors=True) as folder:
        house = ScriptedHouse(Path(folder) / "home")
        house.variables |= {"DECROCHE_CALL__MOST_OF_A_CLIENT": "0", "DECROCHE_CALL__MOST": "0"}
        with house.environment():
            house.settings = settings()
        try:
            house.up()
            house.engines(text="Quels sont vos horaires ?")
            with house.environment():
                Soak(house, at_once, WARM_SECONDS).run()  # its pools are then as large as they get
                return Soak(house, at_once, minutes * 60).run()
        finally:
            if house.child.poll() is None:
                house.stop()


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--calls", type=int, default=10, help="at once; 16 at most")
    parser.add_argument("--json", action="store_true", help="accepted for likeness; JSON is all there is")
    options = parser.parse_args()
    found = soaked(options.minutes, options.calls)
    print(file=sys.stderr)
    print(json.dumps(found | {"load": [round(x, 2) for x in os.getloadavg()], "cores": os.cpu_count()}, indent=1))
    sys.exit(0 if found["holds"] else 1)


if __name__ == "__main__":
    main()
