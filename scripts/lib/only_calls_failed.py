"""Did only acceptance tests fail? Reads pytest's record of what failed last and names it. Exit status: 0 yes, 1 no."""

from __future__ import annotations

import json
import sys
from pathlib import Path

CALLS = "tests/acceptance/"


def only_calls(failed: list[str]) -> bool:
    """Something failed, and all of it is acceptance tests."""
    return bool(failed) and all(name.startswith(CALLS) for name in failed)


def main() -> int:
    """The exit status."""
    record = Path(sys.argv[1])
    failed: list[str] = list(json.loads(record.read_text(encoding="utf-8"))) if record.exists() else []
    for name in failed:
        print(f"failed: {name}", file=sys.stderr)
    return 0 if only_calls(failed) else 1


if __name__ == "__main__":
    sys.exit(main())
