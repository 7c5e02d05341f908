"""How a call ended, for the person who was called: from the facts of its CDR to one word. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

SAID = {"opt_out": "refused", "wrong_person": "wrong_person", "callback": "callback"}
"""What the person said that ends it, by the agent's action; the first of these holds over the others."""

_UNANSWERED = {
    "busy": "busy",
    "no_answer": "no_answer",
    "abandoned": "no_answer",
    "refused": "declined",
    "unallocated": "unallocated",
    "lost": "unknown",
}
"""Outcomes of a CDR that was never answered; whatever else it says is the trunk's fault or ours: `unavailable`."""

_OURS = frozenset({"failed", "engine_failed"})
"""A person picked up, and a part of ours did not serve them."""

_NO_PERSON = {
    "machine": "machine", "screening": "screening", "fax": "fax", "busy": "busy", "unavailable": "no_answer",
}  # fmt: skip
"""Outcomes of a CDR that something answered which was nobody."""

OVER = frozenset({"refused", "wrong_person"})
"""After these the person is not called again by any campaign."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A call as its CDR has it. `said`: names of the actions that were done."""

    outcome: str
    answered: bool
    said: Collection[str] = ()


def outcome(seen: Seen) -> str:
    """busy, no_answer, declined, unallocated, unavailable, unknown; answered, machine, screening, fax, failed,
    refused, wrong_person, callback."""
    if not seen.answered:
        return _UNANSWERED.get(seen.outcome, "unavailable")
    for action, meaning in SAID.items():
        if action in seen.said:
            return meaning
    if seen.outcome == "lost":
        return "unknown"
    if seen.outcome in _NO_PERSON:
        return _NO_PERSON[seen.outcome]
    return "failed" if seen.outcome in _OURS else "answered"


def picked_up(seen: Seen) -> str:
    """human, machine, screening, fax; '' where nobody picked up, or nobody knows."""
    if not seen.answered or seen.outcome in ("lost", "unavailable", "busy"):
        return ""
    return seen.outcome if seen.outcome in ("machine", "screening", "fax") else "human"
