"""Whether one more call is taken: so many at once in all, of a client, from a caller, and so many a second. Pure.

One number's flood must not starve the other clients, who share one ear and one mind, nor empty the balance of the one
it is aimed at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many calls are taken; 0: any number."""

    at_once: int
    of_a_client: int
    from_a_caller: int
    a_second: int


@dataclass(frozen=True, slots=True)
class Going:
    """A call in progress, as far as it counts."""

    tenant_id: UUID
    caller: str


Bound = Literal["", "a_second", "at_once", "of_a_client", "from_a_caller"]
"""Which of them a call would pass; "": none."""


def bound(bounds: Bounds, going: Collection[Going], since: Iterable[float], one: Going, now: float) -> Bound:
    """The first bound that `one` more call would pass. As `refusal`."""
    if bounds.a_second and sum(1 for at in since if now - at < 1) >= bounds.a_second:
        return "a_second"
    if bounds.at_once and len(going) >= bounds.at_once:
        return "at_once"
    if bounds.of_a_client and sum(1 for call in going if call.tenant_id == one.tenant_id) >= bounds.of_a_client:
        return "of_a_client"
    same = sum(1 for call in going if one.caller and call.caller == one.caller)
    return "from_a_caller" if bounds.from_a_caller and same >= bounds.from_a_caller else ""


def refusal(bounds: Bounds, going: Collection[Going], since: Iterable[float], one: Going, now: float) -> str:
    """Why `one` more call is not taken; "" where it is.

    `since`: when calls were taken, in seconds of any clock that `now` is of. A hidden caller is counted with nobody.
    """
    return words(bounds, bound(bounds, going, since, one, now))


def words(bounds: Bounds, passed: Bound) -> str:
    """A bound that is passed, for a reader."""
    match passed:
        case "a_second":
            return f"{bounds.a_second} calls began within a second"
        case "at_once":
            return f"{bounds.at_once} calls are in progress"
        case "of_a_client":
            return f"{bounds.of_a_client} calls of this client are in progress"
        case "from_a_caller":
            return f"{bounds.from_a_caller} calls from this caller are in progress"
        case "":
            return ""
