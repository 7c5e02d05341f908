"""What a visitor may send, and how often. Pure: the time is given.

What is written is text and stays text: no markup is read anywhere, and what no text holds (controls, lone surrogates)
is taken out before anything else sees it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.bounds import cleaned
from portal.api.bucket import Bucket, take
from store.base.errors import BadInput

MOST_BYTES = 8 * 1024
"""Of a request's body."""
LONGEST_LINE, LONGEST_NAME, LONGEST_NOTE = 1000, 100, 2000
"""Characters of a line, of a name or address to be answered at, and of a message that is left."""
MOST_LINES = 60
"""Lines of one conversation, as where an agent is tried."""
_KEY = re.compile(r"cw_[A-Za-z0-9_-]{22}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class BadLine(BadInput):
    """What was sent is no line."""

    code = "line_wrong"


@dataclass(frozen=True, slots=True)
class Pace:
    """`rate`: requests a second for long; `size`: at once."""

    rate: float
    size: float


PACES: Mapping[str, Pace] = {
    "any": Pace(3.0, 60),
    "begin": Pace(1 / 60, 6),
    "line": Pace(0.5, 15),
    "note": Pace(1 / 300, 3),
    "widget": Pace(0.5, 30),
}
"""By address: of any kind; conversations begun; lines; messages left. `widget`: conversations begun on one of them."""


@dataclass
class Throttle:
    """Buckets by what they are about, of one process. When there is no room, those that are full again go first; where
    none is, whoever is not known yet waits: nobody is let in by coming from many addresses."""

    most: int = 20_000
    _buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict[tuple[str, str], Bucket])

    def lets(self, pace: str, about: str, at: float) -> bool:
        """Whether one more may come. `at`: seconds of a steady clock."""
        of, key = PACES[pace], (pace, about)
        known = self._buckets.get(key)
        if known is None and len(self._buckets) >= self.most:
            self._forget(at)
            if len(self._buckets) >= self.most:
                return False
        let, self._buckets[key] = take(known, at, of.rate, of.size)
        return let

    def _forget(self, at: float) -> None:
        for key, bucket in list(self._buckets.items()):
            of = PACES[key[0]]
            if bucket.left + (at - bucket.at) * of.rate >= of.size:
                del self._buckets[key]


def neighbourhood(address: str) -> str:
    """What is counted of an address: of IPv6 the network of 64 bits, which one subscriber has whole."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def is_key(text: str) -> bool:
    """It has the form of a widget's key."""
    return _KEY.fullmatch(text) is not None


def token_of(header: str) -> str:
    """The token of an `Authorization: Bearer …`; "" for anything else."""
    kind, _, token = header.partition(" ")
    return token if kind.lower() == "bearer" and _TOKEN.fullmatch(token) else ""


def line(sent: Mapping[str, Any]) -> tuple[str, int]:
    """(a visitor's line, the number they give it) of `text` and `turn`. Raises BadLine."""
    turn = sent.get("turn")
    if not isinstance(turn, int) or isinstance(turn, bool) or not 0 <= turn <= MOST_LINES:
        raise BadLine(f"turn: a whole number from 0 to {MOST_LINES}")
    return _text(sent, "text", LONGEST_LINE), turn


def note(sent: Mapping[str, Any]) -> tuple[str, str, str]:
    """(text, name, where to answer) of a message that is left. Raises BadLine."""
    name = _text(sent, "name", LONGEST_NAME, needed=False)
    return _text(sent, "text", LONGEST_NOTE), name, _text(sent, "contact", LONGEST_NAME)


def _text(sent: Mapping[str, Any], name: str, longest: int, *, needed: bool = True) -> str:
    given = sent.get(name, "")
    if not isinstance(given, str):
        raise BadLine(f"{name}: a text")
    text = " ".join(cleaned(given).split())
    if len(text) > longest:
        raise BadLine(f"{name}: {longest} characters at most")
    if needed and not text:
        raise BadLine(f"{name}: it is empty")
    return text
