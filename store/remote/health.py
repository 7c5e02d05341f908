"""Which of several servers is asked: pure, with the time told.

    healthy ──failed──▶ suspect ──failed again──▶ away ──asked by itself, answered──▶ healthy

A suspect one is asked after those that are healthy; one that is away is asked by no call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

State = Literal["healthy", "suspect", "away"]
_FIRST: dict[State, int] = {"healthy": 0, "suspect": 1}


@dataclass(frozen=True, slots=True)
class Rules:
    """When a server counts as away, and how often it is then looked for (seconds)."""

    failures: int = 2
    probe_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of one server. `probe_at`: from when on one that is away is looked for (seconds of the clock)."""

    state: State = "healthy"
    failures: int = 0
    probe_at: float = 0.0

    def answered(self) -> Health:
        """It did what it was asked, whoever asked."""
        return Health()

    def failed(self, now: float, rules: Rules) -> Health:
        """It did not."""
        failures = self.failures + 1
        if failures >= rules.failures:
            return Health("away", failures, now + rules.probe_seconds)
        return Health("suspect", failures)

    def due(self, now: float) -> bool:
        """It is away, and is to be looked for."""
        return self.state == "away" and now >= self.probe_at

    def looked_for(self, now: float, rules: Rules) -> Health:
        """Somebody looks for it: nobody else does meanwhile."""
        return replace(self, probe_at=now + rules.probe_seconds)


def order(known: Mapping[str, Health], in_hand: Mapping[str, int]) -> list[str]:
    """Who is asked, first to last: the healthy before the suspect, then who has less in hand, then as named."""
    there = [name for name, health in known.items() if health.state != "away"]
    return sorted(there, key=lambda name: (_FIRST[known[name].state], in_hand.get(name, 0)))
