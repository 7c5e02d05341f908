"""Whether one more call is taken: so many at once in all, of a client, from a caller, and so many a second. Pure.

One number's flood must not starve the other clients, who share one ear and one mind, nor empty the balance of the one
it is aimed at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
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


def refusal(bounds: Bounds, going: Collection[Going], since: Iterable[float], one: Going, now: float) -> str:
    """Why `one` more call is not taken; "" where it is.

    `since`: when calls were taken, in seconds of any clock that `now` is of. A hidden caller is counted with nobody.
    """
    if bounds.a_second and sum(1 for at in since if now - at < 1) >= bounds.a_second:
        return f"{bounds.a_second} calls began within a second"
    if bounds.at_once and len(going) >= bounds.at_once:
        return f"{len(going)} calls are in progress"
    ours = sum(1 for call in going if call.tenant_id == one.tenant_id)
    if bounds.of_a_client and ours >= bounds.of_a_client:
        return f"{ours} calls of this client are in progress"
    same = sum(1 for call in going if one.caller and call.caller == one.caller)
    if bounds.from_a_caller and same >= bounds.from_a_caller:
        return f"{same} calls from this caller are in progress"
    return ""
