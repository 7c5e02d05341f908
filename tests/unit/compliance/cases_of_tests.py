"""Cases for the tests: a lawful call, changed field by field."""

from __future__ import annotations

from typing import Any

from compliance.law.cases import from_json
from compliance.law.engine import DEFAULT, Decision, Switches, decide

LAWFUL: dict[str, Any] = {
    "id": "1",
    "at": "2026-11-23T10:30:00+01:00",  # a Monday
    "to": "+33612345678",
    "caller_id": "+33162001234",
    "party": "consumer",
    "purpose": "canvassing",
    "automated": True,
    "postcode": "13006",
    "sector": None,
    "history": [],
    "consent": {"given_at": "2026-09-01T09:00:00+02:00"},
    "opposed_at": None,
    "bloctel": None,
    "request": None,
}


def answer(switches: Switches = DEFAULT, **changes: Any) -> Decision:
    return decide(from_json(LAWFUL | changes), switches)


def reasons(switches: Switches = DEFAULT, **changes: Any) -> list[str]:
    return list(answer(switches, **changes).reasons)


def later(switches: Switches = DEFAULT, **changes: Any) -> str | None:
    found = answer(switches, **changes).next_allowed_at
    return found.isoformat() if found else None
