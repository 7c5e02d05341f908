"""In which order trunks are tried, and what the dialplan asks of each first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

FAILOVER = (0, 3, 18, 20, 27, 34, 38, 41, 42, 102)
"""Q.850 causes after which the next trunk is tried: the trunk's own faults. 503 is 34, 408 and silence are 18,
502 is 27, 500 is 38, 504 is 102 (Asterisk's reading of SIP, RFC 3398); 0, 3 and 20: it could not even be asked."""


PASSED = "passed."
"""Before the name of a trunk's endpoint: the same trunk for calls that others placed, which are not signed."""


@dataclass(frozen=True, slots=True)
class Way:
    """A trunk that calls may leave by. `endpoint`: its name in pjsip.conf; the rest as in `store.trunks`.

    `probed`: it is asked by OPTIONS, and passed over while it does not answer.
    """

    name: str
    endpoint: str
    priority: int = 0
    weight: int = 1
    channels: int = 0
    cps: int = 0
    shows: Sequence[str] = ()
    format_out: str = "e164"
    identity: str = "pai"
    domain: str = ""
    probed: bool = False

    @property
    def shown(self) -> str:
        """A regular expression of the numbers it may show; '' for all."""
        return f"^[+]({'|'.join(prefix[1:] for prefix in self.shows)})" if self.shows else ""


@dataclass(frozen=True, slots=True)
class Order:
    """`names`, each followed by /, for a die that fell between `first` and `last`."""

    first: int
    last: int
    names: str


@dataclass(frozen=True, slots=True)
class Rank:
    """Trunks of one priority: a die of `sides` chooses an order."""

    sides: int
    orders: Sequence[Order]


def ranks(ways: Sequence[Way]) -> list[Rank]:
    """Priorities from the lowest number up; within one the first is chosen by weight, the others follow by weight."""
    ordered = sorted(ways, key=lambda way: (way.priority, -way.weight, way.name))
    return [_rank(list(group)) for _, group in groupby(ordered, key=lambda way: way.priority)]


def _rank(ways: Sequence[Way]) -> Rank:
    return Rank(sum(way.weight for way in ways), list(_orders(ways)))


def _orders(ways: Sequence[Way]) -> Iterator[Order]:
    done = 0
    for way in ways:
        others = [other.name for other in ways if other is not way]
        yield Order(done + 1, done + way.weight, "".join(f"{name}/" for name in (way.name, *others)))
        done += way.weight
