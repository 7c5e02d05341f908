"""How fast CDRs are rated, from a CSV file to JSON lines, on one core: 10⁴, 10⁵ and 10⁶ calls.

500 prefixes, windows on each, a bundle. One JSON object a size:
{"calls","seconds","calls_per_second","cpu_seconds","calls_per_cpu_second","peak_mb"}; the processor's time is
what one core costs when others share the machine. Then the same sizes stored, invoiced and reconciled
(`rating_stored.py`). Run: scripts/bench rating
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
from datetime import UTC, datetime, timedelta
from pathlib import Path

_WINDOWS = """
  [[rate.window]]
  days = ["sat", "sun", "holiday"]
  price_per_minute = "0.06"
  [[rate.window]]
  days = ["mon", "tue", "wed", "thu", "fri"]
  from = "20:00"
  to = "24:00"
  price_per_minute = "0.08"
"""


def write_tariff(path: Path, dice: random.Random, prefixes: int = 500) -> list[str]:
    """A tariff of so many prefixes; returns them."""
    chosen = ["+33"]
    while len(chosen) < prefixes:
        prefix = "+" + str(dice.randrange(20, 10 ** dice.randrange(2, 6) + 30))
        if prefix not in chosen:
            chosen.append(prefix)
    text = 'currency = "EUR"\ntimezone = "Europe/Paris"\ndecimals = 4\n[bundle]\nseconds = 36000\nprefixes = ["+33"]\n'
    for number, prefix in enumerate(chosen):
        text += f'[[rate]]\nprefix = "{prefix}"\nprice_per_minute = "0.{10 + number}"\n'
        text += f'connection_fee = "0.05"\ninitial_seconds = 30\nincrement_seconds = 6\n{_WINDOWS}'
    path.write_text(text)
    return chosen


def write_cdrs(
    path: Path,
    dice: random.Random,
    prefixes: list[str],
    calls: int,
    first: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    days: int = 365,
) -> None:
    """Calls of a year, or of so many days, in no order, most of them to France; a tenth is not answered."""
    with path.open("w") as out:
        out.write("call_id,direction,caller,callee,answered_at,ended_at\n")
        for number in range(calls):
            answered = first + timedelta(milliseconds=dice.randrange(days * 86_400_000))
            ended = answered + timedelta(milliseconds=dice.randrange(1, 900_000))
            prefix = "+33" if dice.random() < 0.7 else dice.choice(prefixes)
            far = (prefix + str(dice.randrange(10**8, 10**9)))[:15]
            way = dice.choice(("inbound", "outbound"))
            caller, callee = (far, "+33162000001") if way == "inbound" else ("+33162000001", far)
            when = "" if dice.random() < 0.1 else answered.isoformat(timespec="milliseconds")
            out.write(f"{number:032x},{way},{caller},{callee},{when},{ended.isoformat(timespec='milliseconds')}\n")


def main() -> None:
    """Print one JSON object a size; then the same with the store."""
    from tests.bench.rating_stored import measure  # it imports this module

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    sizes = [int(size) for size in parser.parse_args().sizes.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        tariff, cdrs, out = (Path(folder, name) for name in ("tariff.toml", "cdrs.csv", "out.jsonl"))
        prefixes = write_tariff(tariff, random.Random(1))
        for calls in sizes:
            write_cdrs(cdrs, random.Random(calls), prefixes, calls)
            command = [sys.executable, "-m", "billing.cli", "rate", "--json", "--tariff", str(tariff), str(cdrs)]
            started, cpu = time.perf_counter(), _cpu_seconds()
            with out.open("wb") as target:
                status = subprocess.run(command, stdout=target, check=False).returncode
            took, cpu = time.perf_counter() - started, _cpu_seconds() - cpu
            assert status == 0, status
            assert sum(1 for _ in out.open()) == calls
            figures = {
                "calls": calls,
                "seconds": round(took, 2),
                "calls_per_second": round(calls / took),
                "cpu_seconds": round(cpu, 2),
                "calls_per_cpu_second": round(calls / cpu),
                "peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
            }
            print(json.dumps(figures), flush=True)
    measure(sizes)


def _cpu_seconds() -> float:
    """Processor time of the commands run so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
