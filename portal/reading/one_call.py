"""One call, whole: what was said and done, what it had come to beside each turn, why it was lawful."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ari_app.desk.calls_view import whole
from billing.charges.along import Come, come_to
from compliance.law.rulebook import rulebook
from portal.door import Seat
from portal.words import masked
from store.calls import get

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Moment:
    """A turn or an action, in its place. `place`: the turn's number; `come`: what the call had come to at its end."""

    kind: str
    at_ms: int
    to_ms: int
    facts: Mapping[str, Any]
    place: int = -1
    come: Come | None = None


def facts_of(seat: Seat, call_id: UUID) -> dict[str, Any]:
    """All that is known of a call, as `decroche calls show --json` has it; numbers masked where they must be.

    Raises NotFound (another client's too). What was said is empty for who may not read it: the policies see to that.
    """
    facts = whole(seat.conn, get(seat.conn, call_id))
    facts["recorded"] = facts.pop("recording") is not None
    facts.pop("asterisk_cdr")
    if "numbers" not in seat.rights:
        far = "caller" if facts["direction"] == "inbound" else "callee"
        facts[far] = masked(facts[far])
        facts["variables"] = {}
    return facts


def moments(facts: Mapping[str, Any]) -> list[Moment]:
    """Turns and actions in order of time."""
    charge = facts["charge"]
    turns = [
        Moment("turn", turn["from_ms"], turn["to_ms"], turn, place, _come(charge, turn["to_ms"]))
        for place, turn in enumerate(facts["turns"])
    ]
    actions = [Moment("action", action["at_ms"], action["at_ms"], action) for action in facts["actions"]]
    return sorted([*turns, *actions], key=lambda moment: (moment.at_ms, moment.kind == "action"))


def _come(charge: Mapping[str, Any] | None, at_ms: int) -> Come | None:
    if charge is None or charge["status"] != "rated" or charge["amount"] is None:
        return None
    return come_to(charge["segments"], charge["connection_fee"], micros(charge["amount"]), at_ms)


def micros(amount: str) -> int:
    """A sum as commands print it, in micro-euros."""
    sign = -1 if amount.startswith("-") else 1
    whole_part, _, rest = amount.lstrip("-").partition(".")
    return sign * (int(whole_part) * MICRO + int(rest.ljust(6, "0")[:6] or 0))


@dataclass(frozen=True, slots=True)
class Lawful:
    """The decision about a call in words: the articles, and what each rule that refused says."""

    allowed: bool
    articles: Sequence[str]
    rules: Sequence[str]


def lawful(facts: Mapping[str, Any]) -> Lawful | None:
    """Why a call was allowed or refused; None: it came in, and needed no decision."""
    decision = facts["decision"]
    if decision is None:
        return None
    named = set(decision["in_force"] if decision["allowed"] else decision["refused_by"])
    rules = [f"{rule.fr} [{rule.reference}]" for rule in rulebook().rules if rule.version in named]
    return Lawful(bool(decision["allowed"]), list(decision["law"]), rules)
