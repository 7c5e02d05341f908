"""What this machine's Asterisk knows of calls without being listened to: which are there, and when others were over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from asterisk_conf.render import RECORD
from asterisk_conf.server import Asterisk
from store.base.settings import Settings
from store.journal import Past

MOST_BYTES = 4_000_000
"""Where the file is longer it is put aside, in place of what was put aside before: some 40,000 calls each."""


def place(config: Settings) -> Path:
    """Where the file is."""
    return config.home / "asterisk" / "log" / "cdr-custom" / RECORD


def remembered(config: Settings, call_id: UUID) -> Past | None:
    """The call from its first part to its last; None where Asterisk has written none, or is another machine's."""
    path = place(config)
    for each in (path, path.with_suffix(".old")):
        try:
            with each.open(encoding="ascii", errors="replace") as lines:
                found = joined(str(call_id), lines)
        except OSError:
            continue
        if found is not None:
            return found
    return None


def joined(call_id: str, lines: Iterable[str]) -> Past | None:
    """The call out of the lines; one that cannot be read says nothing. Pure."""
    starts, answers, ends = list[float](), list[float](), list[float]()
    for line in lines:
        if not line.lstrip('"').startswith(call_id):
            continue
        try:
            start, answer, end = (float(text.strip('"') or 0) for text in line.strip().split(",")[2:5])
        except ValueError:
            continue
        starts.append(start)
        ends.append(end)
        if answer:
            answers.append(answer)
    if not starts or not all(starts) or not all(ends):
        return None
    at = [datetime.fromtimestamp(instant, UTC) for instant in (min(starts), max(ends))]
    return Past(at[0], datetime.fromtimestamp(min(answers), UTC) if answers else None, at[1])


def shorten(config: Settings) -> None:
    """Put the file aside where it is long; Asterisk opens it anew for each line."""
    path = place(config)
    if path.exists() and path.stat().st_size > MOST_BYTES:
        path.replace(path.with_suffix(".old"))


def there(config: Settings) -> set[str] | None:
    """The ids of the channels of this machine's Asterisk; None where none of ours runs. Raises AsteriskDown."""
    server = Asterisk(config)
    if server.pid() is None:
        return None
    rows = (line.split("!") for line in server.command("core show channels concise").splitlines())
    return {row[-1].strip() for row in rows if len(row) > 10}
