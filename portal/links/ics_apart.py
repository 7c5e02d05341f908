"""A calendar's busy times, read in a process of its own: a file that a client names may be made to take for ever.

A rule from the year 1, or thousands of daily ones, are a calendar all the same; expanding them is bounded by the
processor's seconds and by memory here, whatever the file asks for. `python -m portal.links.ics_apart` takes a line of
JSON and the files on standard input, and writes the spans, or the error, as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime

from portal.links.ics import CalendarUnreadable, Span, busy
from store.base.unprivileged import environment

SECONDS = 20
"""Of the processor, for one calendar."""
_PATIENT = 180.0
"""Seconds of the clock: a loaded machine is slow, not wrong."""
_MEMORY = 2 << 30
_HINT = "take old repeated events out of the calendar, or name that of one person"


def busy_apart(
    texts: Sequence[bytes], since: datetime, until: datetime, zone: str, *, seconds: int = SECONDS
) -> list[Span]:
    """As `ics.busy`, in a process of its own. Raises CalendarUnreadable, also for one that takes too long to read."""
    asked = {"sizes": [len(text) for text in texts], "since": since.isoformat(), "until": until.isoformat(),
             "zone": zone, "seconds": seconds}  # fmt: skip
    given = b"".join([json.dumps(asked).encode(), b"\n", *texts])
    try:
        done = subprocess.run(
            [sys.executable, "-m", "portal.links.ics_apart"], input=given, capture_output=True, timeout=_PATIENT,
            check=False, env=environment("PYTHON"),
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise CalendarUnreadable(f"it was not read within {_PATIENT:.0f} seconds", hint=_HINT) from error
    if done.returncode:
        raise CalendarUnreadable(f"it cannot be read within {seconds} seconds and {_MEMORY >> 30} GB", hint=_HINT)
    told = json.loads(done.stdout)
    if "error" in told:
        raise CalendarUnreadable(told["error"], hint=told["hint"])
    return [Span(datetime.fromisoformat(starts), datetime.fromisoformat(ends)) for starts, ends in told["spans"]]


def _main() -> None:
    os.nice(10)
    asked = json.loads(sys.stdin.buffer.readline())
    texts = [sys.stdin.buffer.read(size) for size in asked["sizes"]]
    resource.setrlimit(resource.RLIMIT_CPU, (asked["seconds"], asked["seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    since, until = (datetime.fromisoformat(asked[name]) for name in ("since", "until"))
    try:
        spans = busy(texts, since, until, asked["zone"])
    except CalendarUnreadable as error:
        print(json.dumps({"error": str(error), "hint": error.hint}))
        return
    print(json.dumps({"spans": [(span.starts_at.isoformat(), span.ends_at.isoformat()) for span in spans]}))


if __name__ == "__main__":
    _main()
