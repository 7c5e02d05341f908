"""Which sequence of the context holds what: prefix reuse, sharing, eviction. Pure: no model.

A sequence is a run of tokens the context has read. A request takes the sequence that begins most
like its prompt: its call's own when little of it is lost, otherwise a fresh one to which the common
beginning is copied (for nothing, in a unified context). A released call leaves its system prompt
behind, and nothing else, for the next call of the same agent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count


@dataclass(slots=True, eq=False)
class Held:
    """A sequence. `slot` is the call it belongs to, empty when it is nobody's; `head` its system prompt's
    length in tokens; `used` grows with each use."""

    sequence: int
    tokens: list[int] = field(default_factory=list[int])
    slot: str = ""
    head: int = 0
    busy: bool = False
    used: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a prompt goes: its first `keep` tokens are read already, in `held` itself or in `source`."""

    held: Held
    keep: int
    source: Held | None = None
    evicted: bool = False


def common(a: Sequence[int], b: Sequence[int]) -> int:
    """Length of the longest common prefix."""
    n = min(len(a), len(b))
    if a[:n] == b[:n]:
        return n
    return next(i for i in range(n) if a[i] != b[i])


class Sequences:
    """All sequences of a context."""

    def __init__(self, number: int) -> None:
        self._free = list(range(number - 1, -1, -1))
        self._held: list[Held] = []
        self._tick = count(1)

    @property
    def held(self) -> tuple[Held, ...]:
        """The sequences in use, idle ones too."""
        return tuple(self._held)

    def place(self, slot: str, tokens: Sequence[int], head: int) -> Place | None:
        """A sequence for the prompt `tokens`; None when every one is busy.

        At least the prompt's last token is left to be read, since its logits are needed.
        The caller cuts or copies in the context what the answer says.
        """
        best = max(self._held, key=lambda h: (common(h.tokens, tokens), h.slot == slot), default=None)
        keep = min(common(best.tokens, tokens), len(tokens) - 1) if best else 0
        if best and not best.busy and best.slot == slot and len(best.tokens) - keep <= max(keep, 1):
            del best.tokens[keep:]
            return self._take(Place(best, keep), slot, head)
        source = best if keep else None
        evicted = not self._free and self.evict(but=source) is not None
        if not self._free:
            return None
        fresh = Held(self._free.pop(), tokens=list(tokens[:keep]))
        self._held.append(fresh)
        return self._take(Place(fresh, keep, source, evicted), slot, head)

    def _take(self, place: Place, slot: str, head: int) -> Place:
        held = place.held
        held.slot, held.head, held.busy, held.used = slot, head, True, next(self._tick)
        return place

    def rest(self, held: Held) -> None:
        """Its request is over; what it read stays for the next one."""
        held.busy = False
        held.used = next(self._tick)

    def evict(self, but: Held | None = None) -> Held | None:
        """Give up the idle sequence unused for longest, other than `but`. None: there is none."""
        idle = [h for h in self._held if not h.busy and h is not but]
        if not idle:
            return None
        oldest = min(idle, key=lambda h: h.used)
        self.drop(oldest)
        return oldest

    def drop(self, held: Held) -> None:
        """Give up a sequence."""
        self._held.remove(held)
        self._free.append(held.sequence)

    def release(self, slot: str) -> tuple[list[Held], list[Held]]:
        """Forget a call: (sequences given up, sequences cut to their system prompt)."""
        dropped: list[Held] = []
        cut: list[Held] = []
        for held in [h for h in self._held if h.slot == slot and not h.busy]:
            del held.tokens[held.head :]
            held.slot = ""
            others = (h for h in self._held if h is not held)
            if not held.tokens or any(common(h.tokens, held.tokens) == len(held.tokens) for h in others):
                self.drop(held)
                dropped.append(held)
            else:
                cut.append(held)
        return dropped, cut
