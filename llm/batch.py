"""Who reads how many tokens in the next step. Pure: no model, no clock.

One step of the context reads one batch. Answers being made come first: each needs its one token (or
the few a grammar forces) to go on. What is left goes to prompts, shared evenly, so that a short
prompt is not kept waiting by a long one; reading ahead (`prime`) takes only what nobody else wants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

ALONE = 256
"""Prompt tokens in a step when nobody is kept waiting by it."""

BESIDE = 32
"""Prompt tokens in a step while an answer is being made: the answer's next token waits for them."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a job still has to read: `pending` tokens."""

    kind: Literal["answer", "prompt", "prime"]
    pending: int


def shares(works: Sequence[Work], *, room: int) -> list[int]:
    """How many tokens each of `works` reads in the next step; at most `room` in all.

    Every answer is served before any prompt; of answers that do not all fit, the first ones.
    """
    given = [0] * len(works)
    for i, work in enumerate(works):
        if work.kind == "answer":
            given[i] = work.pending if work.pending <= room else 0
            room -= given[i]
    left = min(room, BESIDE if any(given) else ALONE)
    for kind in ("prompt", "prime"):
        wanting = [i for i, work in enumerate(works) if work.kind == kind and work.pending]
        left -= _spread(works, wanting, left, given)
    return given


def _spread(works: Sequence[Work], wanting: list[int], amount: int, given: list[int]) -> int:
    """Share `amount` evenly among `wanting`, what one does not need going to the others; the sum given."""
    total = 0
    queue = sorted(wanting, key=lambda i: works[i].pending)
    for n, i in enumerate(queue):
        fair = -(-(amount - total) // (len(queue) - n))
        given[i] = min(works[i].pending, fair, amount - total)
        total += given[i]
    return total
