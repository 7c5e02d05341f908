"""Broken inputs to every reader of what comes from outside; each find is told with the seed that makes it again.

python -m tests.bench.fuzz [--count 200000] [--first 0] [NAME …]
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
import time
from pathlib import Path

from tests.security.fuzz.hunt import hunt
from tests.security.fuzz.targets import TARGETS


def main() -> None:
    """A line of JSON a reader, and one a find; exit status 1 where there was one."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=200_000, help="inputs to each reader")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(target.name for target in TARGETS))
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    finds = 0
    for target in TARGETS:
        if chosen.names and target.name not in chosen.names:
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            mine = 0
            for find in hunt(target, chosen.count, Path(folder), first=chosen.first):
                mine += 1
                print(json.dumps({"reader": find.target, "seed": find.seed, "what": find.what}), flush=True)
        finds += mine
        row = {
            "reader": target.name,
            "inputs": chosen.count,
            "finds": mine,
            "seconds": round(time.monotonic() - began, 1),
        }
        print(json.dumps(row), flush=True)
    raise SystemExit(finds > 0)


if __name__ == "__main__":
    main()
