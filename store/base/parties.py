"""Who talks to whom in one call: decided once, where it is taken up or placed, and held by whatever tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict

Direction = Literal["inbound", "outbound"]
DIRECTIONS: tuple[Direction, ...] = ("inbound", "outbound")


class Columns(TypedDict):
    """The parties as a call's row and its views have them."""

    direction: Direction
    caller: str
    callee: str


@dataclass(frozen=True, slots=True)
class Parties:
    """One call's two sides. `ours`: the client's number; `far`: the person's, E.164 or "" where it is withheld."""

    direction: Direction
    ours: str
    far: str

    @classmethod
    def of(cls, direction: Direction, caller: str, callee: str) -> Parties:
        """As a switch, a row or a file tells them: by who called whom."""
        return cls(direction, caller, callee) if direction == "outbound" else cls(direction, callee, caller)

    @property
    def inbound(self) -> bool:
        """They called us."""
        return self.direction == "inbound"

    @property
    def outbound(self) -> bool:
        """We call them."""
        return self.direction == "outbound"

    @property
    def caller(self) -> str:
        """Who calls, E.164 or "" where it is withheld."""
        return self.ours if self.outbound else self.far

    @property
    def callee(self) -> str:
        """Who is called."""
        return self.far if self.outbound else self.ours

    @property
    def columns(self) -> Columns:
        """By who calls whom, for a record that has a field for each."""
        return {"direction": self.direction, "caller": self.caller, "callee": self.callee}


def far_party(direction: str, caller: str, callee: str) -> str:
    """The person's side of a row: whom we called, or who called us."""
    return callee if direction == "outbound" else caller
