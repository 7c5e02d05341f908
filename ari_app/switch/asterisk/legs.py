"""One call out of the several CDRs that Asterisk writes of it. Pure.

Asterisk begins a new CDR each time a channel leaves a bridge and runs dialplan again: for a transfer, and for the
hangup handler, whose record lasts no time at all. The call is from the first to the last of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def joined(first: Mapping[str, Any] | None, second: Mapping[str, Any]) -> dict[str, Any]:
    """Two CDRs of one call as one: earliest start and answer, latest end, seconds between them.

    Everything else is the earlier one's. Times are Asterisk's "2026-11-22 22:05:00"; '' when never answered. A second
    whose times cannot be read adds nothing.
    """
    if first is None:
        return dict(second)
    try:
        return _joined(first, second)
    except (ValueError, TypeError):  # no time, or of another kind than the first one's
        return dict(first)


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    # of two that began in the same second, the longer is the call and the other its hangup handler
    earlier, later = sorted((first, second), key=lambda leg: (leg["start"], -int(leg["duration"] or 0)))
    answers = [leg["answer"] for leg in (first, second) if leg["answer"]]
    whole = {
        **earlier,
        "answer": min(answers, default=""),
        "end": max(first["end"], second["end"]),
        "disposition": "ANSWERED" if answers else earlier["disposition"],
        "last_application": earlier["last_application"] or later["last_application"],
    }
    whole["duration"] = _seconds(whole["start"], whole["end"])
    whole["billable_seconds"] = _seconds(whole["answer"], whole["end"]) if answers else "0"
    return whole


def _seconds(since: str, until: str) -> str:
    return str(round((datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()))
