"""The legs of one call that leave it: asked for before anybody is rung, followed, written down as calls of their own.

A leg is somebody rung for the call: a person it is put through to, a fallback. It is an outbound call of the client's,
rated from its own answer, unless the tariff lets it go free; it lasts `call.max_leg_seconds` at most, or what is paid.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from uuid import UUID

from ari_app.desk.house import House
from ari_app.desk.meter import MeterHooks, keep_within
from ari_app.switch.base import Ended, Entered, Gone, HangupAsked, Joined, LegEvent, Rung
from dialplan.numbers import NumberClass, classify
from store.base.endings import NotYet, Outcome
from store.base.errors import DecrocheError, Refused
from store.base.ids import new_id
from store.base.parties import Parties
from store.calls import Cdr, LegKind

log = logging.getLogger(__name__)

CAUSES = {"busy": 17, "no_answer": 19, "refused": 21, "unavailable": 38}
"""Q.850 causes of legs that nobody took, by outcome."""


class NotDialled(Refused):
    """Nobody is put through to such a number."""

    code = "not_dialled"


@dataclass(frozen=True, slots=True)
class Whose:
    """The call that legs are of, and whose it is. `number`: the client's own; `channel`: the caller's leg."""

    tenant_id: UUID
    call_id: UUID
    number: str
    channel: str


@dataclass(slots=True)
class Leg:
    """One leg. `seconds`: answered seconds held on a prepaid balance; None: nothing but `longest` limits it."""

    id: UUID
    kind: LegKind
    to: str
    seconds: int | None
    longest: int
    began: bool = False
    with_us: bool = False
    """Whoever took it is spoken to by an agent, and not with the caller yet."""
    joined: bool = False
    rung_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    by_caller: bool = False


class Legs:
    """Of one call. One leg at a time: the next is asked for when the one before it is over."""

    def __init__(self, house: House, whose: Whose, cut: Callable[[], Awaitable[None]]) -> None:
        """`cut` ends the call, whose leg is paid for no longer."""
        self._house, self._whose, self._cut = house, whose, cut
        self._leg: Leg | None = None
        self._meter: asyncio.Task[None] | None = None

    async def ask(self, kind: LegKind, to: str) -> Leg:
        """A leg that may leave for `to` (E.164), which is held and counts from now on.

        Raises NotDialled, OutboundBlocked, BalanceTooLow, NoPrice; Unavailable where the database cannot be asked.
        """
        await self.over()
        settings = self._house.settings
        if classify(to, tuple(settings.asterisk.allow_prefixes)) is not NumberClass.ALLOWED:
            raise NotDialled(f"{to} is no number that may be dialled", hint="see asterisk.allow_prefixes")
        leg_id, of = new_id(), self._whose
        seconds = await self._house.till.let_leave(of.tenant_id, leg_id, of.call_id, kind, to)
        self._leg = Leg(leg_id, kind, to, seconds, settings.call.max_leg_seconds)
        return self._leg

    async def send_away(self, dialled: str, fallback: str) -> None:
        """Let the switch look after the caller: the client's fallback where it may be rung, else the apology.

        Where nobody can be asked, the switch's own map decides, which holds no fallback of who may not dial; the leg is
        written down all the same. Raises SwitchError.
        """
        if not fallback:
            await self._house.switch.give_back(self._whose.channel, "away", dialled)
            return
        try:
            leg = await self.ask("fallback", fallback)
        except Refused as error:
            log.warning("the fallback of %s is not rung: [%s] %s", dialled, error.code, error)
            await self._house.switch.give_back(self._whose.channel, "sorry", dialled)
            return
        except DecrocheError as error:
            log.error("a fallback leaves unasked: [%s] %s", error.code, error)
            leg = self._leg = Leg(new_id(), "fallback", fallback, None, self._house.settings.call.max_leg_seconds)
        leg.began = True
        await self._house.switch.give_back(
            self._whose.channel, "away", dialled, rings=fallback, longest=leg.longest
        )  # fmt: skip

    async def transfer(self, to: str) -> None:
        """Let the switch ring `to`, which was asked for. Raises SwitchError."""
        leg = self._leg
        if leg is None or leg.to != to:
            leg = await self.ask("transfer", to)
        leg.began = True
        await self._house.switch.transfer(self._whose.channel, to, shown=self._whose.number, longest=leg.longest)

    async def consult(self, to: str) -> None:
        """As `transfer`, but whoever picks up is spoken to first: then `came`, `left`. Raises SwitchError."""
        leg = self._leg
        if leg is None or leg.to != to:
            leg = await self.ask("transfer", to)
        leg.began = True
        of = self._whose
        await self._house.switch.consult(of.channel, of.call_id, to, shown=of.number, longest=leg.longest)

    def came(self, at: datetime) -> None:
        """Somebody picked up the leg, and is with us: it is paid for from then on."""
        if (leg := self._leg) is not None:
            leg.with_us, leg.answered_at = True, leg.answered_at or at
            self._watch_money(leg)

    def let_go(self, ended_at: datetime | None = None) -> None:
        """They are with us no more: with the caller, or gone at `ended_at`."""
        if (leg := self._leg) is not None:
            leg.with_us = False
            leg.ended_at = ended_at or leg.ended_at

    @property
    def answered(self) -> tuple[UUID, datetime] | None:
        """The leg that is going on and when somebody took it; None where there is none, or nobody did yet."""
        leg = self._leg
        return (leg.id, leg.answered_at) if leg is not None and leg.answered_at is not None else None

    @property
    def taken(self) -> bool:
        """Somebody took the leg that is going on."""
        return self._leg is not None and self._leg.answered_at is not None

    def heard(self, event: LegEvent) -> None:
        """One event of the caller's leg: what it says of whom it was given to."""
        leg = self._leg
        if leg is None or not leg.began or leg.ended_at is not None:
            return
        match event:
            case Rung(at):
                leg.rung_at = leg.rung_at or at
            case Joined(at):
                leg.answered_at, leg.joined = leg.answered_at or at, True
                self._watch_money(leg)
            case HangupAsked() if leg.with_us:
                leg.by_caller = True
            case Entered(at) | Ended(at) | Gone(at) if not leg.with_us:
                leg.ended_at = at
            case HangupAsked(at):
                leg.ended_at, leg.by_caller = at, True
            case _:
                pass

    def _watch_money(self, leg: Leg) -> None:
        if leg.seconds is None or self._meter is not None:
            return
        till, tenant_id = self._house.till, self._whose.tenant_id
        hooks = MeterHooks(partial(till.extend, tenant_id, leg.id), self._cut)
        self._meter = asyncio.create_task(keep_within(leg.seconds, monotonic(), hooks), name="leg-meter")

    async def over(self, outcome: Outcome | NotYet = "") -> None:
        """Nothing more is heard of the leg: it is written down and charged; one that never began gives back its money.

        `outcome`: what the switch said of it, where nobody took it.
        """
        leg, self._leg = self._leg, None
        if self._meter is not None:
            self._meter.cancel()
            self._meter = None
        if leg is None:
            return
        if not leg.began:
            try:
                await self._house.till.close(self._whose.tenant_id, leg.id)
            except DecrocheError as error:  # the sweep gives it back, once its lease is over
                log.error("what a leg held was not given back: [%s] %s", error.code, error)
            return
        record = self._record(leg, outcome)
        log.info("leg to %s (%s): %s", leg.to, leg.kind, record.outcome)
        await asyncio.to_thread(self._house.office.keep, record, [], [])

    def _record(self, leg: Leg, outcome: Outcome | NotYet) -> Cdr:
        """The leg's CDR; the times are the switch's, and what it did not tell took no time."""
        ended = leg.ended_at or leg.answered_at or leg.rung_at or datetime.now(UTC)
        started = min(leg.rung_at or leg.answered_at or ended, leg.answered_at or ended)
        named: Outcome = "answered" if leg.joined else outcome or ("abandoned" if leg.by_caller else "no_answer")
        return Cdr(
            id=leg.id, tenant_id=self._whose.tenant_id, **Parties("outbound", self._whose.number, leg.to).columns,
            started_at=started, answered_at=leg.answered_at, ended_at=max(ended, leg.answered_at or started),
            hangup_cause=16 if leg.answered_at else CAUSES.get(named, 16),
            hangup_side="caller" if leg.by_caller else "system", outcome=named, number=self._whose.number or None,
            asterisk_uniqueid=self._whose.channel, leg_of=self._whose.call_id, leg=leg.kind,
        )  # fmt: skip
