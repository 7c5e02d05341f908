"""Prices and increments no machine integer holds are still exact."""

from __future__ import annotations

import json
from pathlib import Path

from billing.rating.batch import rate_blocks
from billing.rating.cdrs import COLUMNS, read_blocks
from billing.rating.tariff import parse_tariff

TARIFF = """
decimals = 12
[[rate]]
prefix = "+33"
price_per_minute = "987654321098.123456789012"
initial_seconds = 900000000000
increment_seconds = 600000000000
[[rate]]
prefix = "+44"
price_per_minute = "0.000000000001"
  [[rate.window]]
  days = ["tue"]
  price_per_minute = "60"
"""


def test_they_are_rated_to_the_last_digit(tmp_path: Path) -> None:
    path = tmp_path / "cdrs.csv"
    times = "2026-10-06T08:00:00Z,2026-10-06T08:00:07Z"
    path.write_text(f"{','.join(COLUMNS)}\na,outbound,+331,+33612345678,{times}\nb,outbound,+331,+44123456,{times}\n")
    first, second = (json.loads(line) for line in rate_blocks(read_blocks(path), parse_tariff(TARIFF)).lines)
    assert first["billed_seconds"] == 900_000_000_000
    assert first["amount"] == "14814814816471851851835.180000000000"
    assert (second["billed_seconds"], second["amount"]) == (7, "7.000000000000")
