"""Broken inputs to every reader of what comes from outside; each find is told with the seed that makes it again.

python -m tests.bench.fuzz [--count 200000] [--first 0] [--minutes 30] [--workers 1] [NAME …]

With `--minutes` it stops there: who had the least time is tried next, so that slow readers keep nobody waiting.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import tempfile
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from rich.progress import Progress

from store.base.console import progress
from tests.security.fuzz.hunt import Find, hunt
from tests.security.fuzz.targets import TARGETS

CHUNK = 500
"""Inputs that are handed to a worker at once: half a second of the quickest reader, half a minute of the slowest."""
TOLD = 20
"""Finds of one reader that are told; more are counted."""


@dataclass
class Reader:
    """How far one reader is. `given` inputs are tried or on their way; `seconds` are of the processor's."""

    name: str
    given: int = 0
    tried: int = 0
    seconds: float = 0.0
    finds: list[Find] = field(default_factory=list)


def following(readers: list[Reader], count: int) -> tuple[Reader, int] | None:
    """The reader that is tried next, and how many inputs: of those with some left, who has had the least time."""
    left = [reader for reader in readers if reader.given < count]
    if not left:
        return None
    reader = min(left, key=lambda one: (one.seconds, one.given))
    return reader, min(CHUNK, count - reader.given)


def chunk(name: str, first: int, count: int) -> tuple[list[Find], float]:
    """What one worker does: `count` inputs from the seed `first`, and the processor's seconds that they took."""
    logging.disable(logging.CRITICAL)
    target = next(one for one in TARGETS if one.name == name)
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        finds = list(hunt(target, count, Path(folder), first=first))
    return finds, time.process_time() - began


def main() -> None:
    """A line of JSON a reader, and one a find; exit status 1 where there was one."""
    chosen = _asked()
    readers = [Reader(target.name) for target in TARGETS if not chosen.names or target.name in chosen.names]
    if unknown := set(chosen.names) - {reader.name for reader in readers}:
        raise SystemExit(f"error: no reader is called {', '.join(sorted(unknown))}; see scripts/bench fuzz --help")
    with progress(len(readers) * chosen.count, what="broken inputs") as bar:
        _tried(readers, chosen, bar)
    for reader in readers:
        print(json.dumps({
            "reader": reader.name, "inputs": reader.tried, "finds": len(reader.finds),
            "seconds": round(reader.seconds, 1),
        }), flush=True)  # fmt: skip
    raise SystemExit(any(reader.finds for reader in readers))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        epilog="example: scripts/bench fuzz --minutes 5 agent tariff",
    )
    parser.add_argument("--count", type=int, default=200_000, help="inputs to each reader (200000)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--minutes", type=float, default=0.0, help="stop then, whatever is left (0: never)")
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 1) - 1), help="processes")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(target.name for target in TARGETS))
    return parser.parse_args()


def _tried(readers: list[Reader], chosen: argparse.Namespace, bar: Progress) -> None:
    until = time.monotonic() + chosen.minutes * 60 if chosen.minutes else float("inf")
    running: dict[Future[tuple[list[Find], float]], tuple[Reader, int]] = {}
    with ProcessPoolExecutor(chosen.workers) as pool:
        while True:
            while len(running) < chosen.workers and time.monotonic() < until:
                if (found := following(readers, chosen.count)) is None:
                    break
                reader, size = found
                running[pool.submit(chunk, reader.name, chosen.first + reader.given, size)] = reader, size
                reader.given += size
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                reader, size = running.pop(future)
                finds, took = future.result()
                reader.tried += size
                reader.seconds += took
                for find in finds[: max(0, TOLD - len(reader.finds))]:
                    print(json.dumps({"reader": find.target, "seed": find.seed, "what": find.what}), flush=True)
                reader.finds += finds
                bar.advance(bar.task_ids[0], size)


if __name__ == "__main__":
    main()
