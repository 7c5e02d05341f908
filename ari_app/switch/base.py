"""What a call asks of a telephone switch, and what it is told: the port behind which Asterisk is one of several.

A *leg* is one party's side of a call, by an id that the switch gives it, or that we give it where we place the call.
Every time in an event is the switch's own clock. `docs/switch.md` says what a second switch must offer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from store.base.errors import Unavailable
from store.base.parties import Direction
from store.journal import Past
from store.trunks.checking import Trunk

FRAME_MS = 20
FRAME_BYTES = 640
"""20 ms of slin16: 320 samples of 16 bits."""

PLACED = "-out"
"""How the legs of calls that we place end; what stands before it is the call's id."""


def placed_leg(call_id: UUID) -> str:
    """The leg of a call that we place: named beforehand, so that a lease can tell whose it was."""
    return f"{call_id}{PLACED}"


class SwitchError(Unavailable):
    """The switch did not do what was asked."""

    code = "switch"


class LineError(Unavailable):
    """The call's audio could not be opened, or was lost."""

    code = "media"


# -- what is told of a leg -----------------------------------------------------------------------------------

TransferOutcome = Literal["answered", "busy", "no_answer", "refused", "unavailable", "returned"]
"""How ringing a person ended, as the switch names it; `returned`: the leg is back, and nobody said why."""


@dataclass(frozen=True, slots=True)
class Made:
    """The leg exists since `at`: told once, before anything else of it."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """The leg was answered. It may be told more than once: the first counts."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Entered:
    """The leg is with us: a call we placed was picked up, or a transfer brought it back with its outcome."""

    at: datetime
    back: TransferOutcome = "returned"


@dataclass(frozen=True, slots=True)
class Rung:
    """Whom the leg was given to, for a transfer or as a fallback, is rung since `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Joined:
    """Whom the leg was given to has picked up."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Key:
    """A key was pressed: 0–9, *, #, A–D."""

    at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class Held:
    """The far end put us on hold, or took us back."""

    at: datetime
    held: bool


@dataclass(frozen=True, slots=True)
class HangupAsked:
    """The far end, or we, hung up; the leg still exists. `cause`: Q.850, None where it is not told."""

    at: datetime
    cause: int | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The leg exists no more. `cause`: Q.850."""

    at: datetime
    cause: int | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """The leg disappeared while the switch could not be heard: nobody knows when, or why."""

    at: datetime


LegEvent = Made | Answered | Entered | Rung | Joined | Key | Held | HangupAsked | Ended | Gone


class LegEvents(Protocol):
    """A leg's events, in order; an `asyncio.Queue[LegEvent]` is one."""

    async def get(self) -> LegEvent:
        """The next, when it comes."""
        ...


@dataclass(frozen=True, slots=True)
class Arrival:
    """A leg that nobody watches came to us.

    `inbound`: somebody called a number. `phone`: a client's `phone` dials out. `returned`: a transfer that another
    process began. `outbound`: a call that another process placed was picked up. `person`: who was rung by `consult` for
    `call` picked up, at `at`.
    """

    leg: str
    why: Literal["inbound", "phone", "returned", "outbound", "person"]
    caller: str
    """E.164, or "" when hidden."""
    dialled: str
    created_at: datetime
    phone: str = ""
    trunk: str = ""
    """The trunk it came by; "" where it came by none."""
    call: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """A trunk's part in a call that left. `cause`: Q.850.

    `passed`: why it was passed over without being asked (`full`, `too_fast`, `not_shown`, `unreachable`); "": it was.
    """

    trunk: str
    began_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    cause: int
    passed: str = ""


@dataclass(frozen=True, slots=True)
class Stray:
    """A leg of our calls that no call of this process watches. `up`: it was answered."""

    leg: str
    direction: Direction
    caller: str
    dialled: str
    created_at: datetime
    up: bool

    @property
    def ringing_out(self) -> bool:
        """A call of ours that nobody has answered yet."""
        return self.direction == "outbound" and not self.up


# -- a call's audio ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Audio:
    """What the caller said: slin16 bytes, received at `at` (seconds, monotonic)."""

    pcm: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Mark:
    """All that was queued before this mark has been played."""

    id: str
    at: float


@dataclass(frozen=True, slots=True)
class Left:
    """Frames still waiting to be played when it was asked."""

    frames: int
    at: float


@dataclass(frozen=True, slots=True)
class Closed:
    """The audio is gone."""

    at: float


LineEvent = Audio | Mark | Left | Closed


class Line(Protocol):
    """The audio of one leg, both ways, in slin16. The switch owns the clock of what is played."""

    @property
    def events(self) -> asyncio.Queue[LineEvent]:
        """What comes from the line; bounded: the oldest audio goes first."""
        ...

    async def send(self, pcm: bytes) -> None:
        """Queue whole frames (a multiple of FRAME_BYTES). Waits while the switch's queue is full. Raises LineError."""
        ...

    async def mark(self, mark_id: str) -> None:
        """Ask to be told (Mark) when all that is queued so far has been played."""
        ...

    async def hold(self) -> None:
        """Stop playing at the next frame; the queue is kept."""
        ...

    async def resume(self) -> None:
        """Play on."""
        ...

    async def flush(self) -> None:
        """Drop what is queued, and be ready to play again."""
        ...

    async def ask_left(self) -> None:
        """Ask to be told (Left) how much is still to be played."""
        ...


# -- the switch ----------------------------------------------------------------------------------------------

Elsewhere = Literal["away", "sorry", "unassigned", "blocked", "full"]
"""Who looks after a leg that we give up: the client's fallback, an apology, "no such number", "you may not dial", or
whoever sent it, at once, because here is no room."""


class Switch(Protocol):
    """One per process. Every method that does something raises SwitchError where the switch does not do it."""

    @property
    def connected(self) -> bool:
        """The switch can be reached now."""
        ...

    async def run(self) -> None:
        """Keep the connection up, and connect again whenever it is lost. Ends only by cancellation."""
        ...

    async def reached(self) -> None:
        """Wait until the switch is connected for the first time."""
        ...

    # a leg's events

    def watch(self, leg: str) -> LegEvents:
        """The leg's events from now on."""
        ...

    def unwatch(self, leg: str) -> None:
        """No more events of this leg are wanted."""
        ...

    async def follow(self, leg: str) -> None:
        """Go on being told of a leg after it was given away: its end, a transfer's outcome."""
        ...

    async def adopt(self, leg: str, call_id: UUID) -> None:
        """Follow the leg, and write the call's id into the switch's own CDR of it."""
        ...

    async def answered_at(self, leg: str) -> datetime | None:
        """When the leg was answered, by the switch's own CDR; None where that does not say."""
        ...

    async def alive(self) -> set[str]:
        """Every leg that the switch has now, whoever watches it."""
        ...

    def remembered(self, call_id: UUID) -> Past | None:
        """What the switch itself wrote down of a call that is over, None where it did not; blocks on a file."""
        ...

    async def strays(self) -> list[Stray]:
        """Legs of our calls that a process which died left behind, watched or not; audio left behind is closed."""
        ...

    # what is done with a leg

    async def ring(self, leg: str) -> None:
        """Tell the caller that it rings."""
        ...

    async def answer(self, leg: str) -> None:
        """Answer the call."""
        ...

    async def hangup(self, leg: str) -> None:
        """Hang up; a leg already gone is fine."""
        ...

    async def send_keys(self, leg: str, keys: str) -> None:
        """Press keys towards the far end; `w` is a pause."""
        ...

    async def dial(self, leg: str, call_id: UUID, to: str, *, shown: str, seconds: int) -> None:
        """Ring `to` for so long, showing `shown`; picked up, the leg is told as Entered, else as Ended."""
        ...

    async def transfer(self, leg: str, to: str, *, shown: str, longest: int) -> None:
        """Ring a person for this leg: told as Rung, Joined and in the end Ended, or as Entered with what became of it.

        They may talk for `longest` seconds.
        """
        ...

    async def consult(self, leg: str, call_id: UUID, to: str, *, shown: str, longest: int) -> None:
        """As `transfer`, but whoever picks up comes to us first, as an Arrival, while this leg hears music.

        Their leg is joined to this one by `join`, told as Joined; hung up before, it brings this one back, as Entered:
        why is then ours to say.
        """
        ...

    async def join(self, leg: str) -> None:
        """The person of this leg, who came by `consult`, talks with whom they were rung for."""
        ...

    async def give_back(
        self, leg: str, to: Elsewhere, dialled: str = "", *, rings: str = "", longest: int = 0
    ) -> None:  # fmt: skip
        """Let the switch look after the leg by itself, which had dialled this number.

        `rings`: the fallback to ring, in place of the one it knows, for `longest` seconds; told as Rung and Joined.
        """
        ...

    async def let_out(self, leg: str, to: str) -> None:
        """A phone's leg goes on to the number that it dialled."""
        ...

    def line(self, leg: str, call_id: UUID) -> AbstractAsyncContextManager[Line]:
        """The leg's audio, for as long as the context lasts. Raises SwitchError, LineError."""
        ...

    # what the switch knows by itself

    async def publish(self, numbers: Mapping[str, str]) -> None:
        """Every number that is answered here, with its fallback ('' = none)."""
        ...

    async def use_trunks(self, trunks: Sequence[Trunk]) -> None:
        """These are the trunks, beside what the switch's own settings name; no call is dropped. Raises Unavailable."""
        ...

    async def lost_trunks(self) -> Mapping[str, str]:
        """Trunks by which calls do not leave or do not come now, each with why. Raises Unavailable."""
        ...

    @property
    def signs(self) -> bool:
        """Calls that leave can be signed for (STIR/SHAKEN)."""
        ...

    async def vouch_for(self, numbers: Iterable[str]) -> None:
        """Sign calls that show one of these numbers, and no other. Raises Unavailable: to be told again."""
        ...
