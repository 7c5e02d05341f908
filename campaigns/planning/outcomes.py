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

OVER = frozenset({"refused", "wrong_person"})
"""After these the person is not called again by any campaign."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A call as its CDR has it. `said`: names of the actions that were done; `picked_up`: who did, where known."""

    outcome: str
    answered: bool
    said: Collection[str] = ()
    picked_up: str = ""


def outcome(seen: Seen) -> str:
    """busy, no_answer, declined, unallocated, unavailable, unknown; answered, machine, failed, refused, wrong_person,
    callback."""
    if not seen.answered:
        return _UNANSWERED.get(seen.outcome, "unavailable")
    for action, meaning in SAID.items():
        if action in seen.said:
            return meaning
    if seen.outcome == "lost":
        return "unknown"
    if seen.picked_up == "machine":
        return "machine"
    return "failed" if seen.outcome in _OURS else "answered"
