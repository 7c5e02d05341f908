"""The office behind the calls: routes, bookings, messages, oppositions, CDRs. Every method runs in a thread.

It only carries: SQL is the store's, prices are billing's, law is compliance's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from agents.definition import Agent
from agents.loading import loads
from ari_app.desk import after, agenda
from ari_app.desk import cdr as cdrs
from ari_app.desk.office_types import LEASE_MARGIN, NODE, Answerable, CallEnd, Order
from ari_app.desk.spool import Spool
from ari_app.desk.trunks import TrunkParts
from store import agents, audit, calls, journal, limits, live, messages, numbers, tenants
from store.base.errors import DecrocheError, NotFound, Refused, Unavailable
from store.base.settings import Settings
from store.base.spreadsheet import PARIS
from store.db import Database

if TYPE_CHECKING:
    from compliance.ledgers.ledger import StoredDecision

log = logging.getLogger(__name__)

WITNESS_SECONDS = 0.5
"""How long the switch's own CDR is waited for after a call's end."""


ANSWER_SECONDS = 10.0
"""How long a call in waits to hear who answers it, ringing meanwhile: then it goes to its fallback."""


class OfficeAway(Unavailable):
    """The office does not answer."""

    code = "office_away"


class NoAgent(Refused):
    """No live agent answers this number."""

    code = "no_agent"


class CalledLately(Refused):
    """The person was rung a moment ago, or is in a call with us."""

    code = "called_lately"

    def __init__(self, held: tuple[str, datetime]) -> None:
        why = "is in a call with us" if held[0] == "on_the_line" else "was called within call.least_gap_hours"
        super().__init__(f"this person {why}", hint=f"they may be called from {held[1]:%Y-%m-%d %H:%M} UTC on")


@dataclass(frozen=True, slots=True)
class Entered:
    """One call, to be written down. `notes` None: nothing new; `leg`: one that left it, and when it was answered."""

    tenant_id: UUID
    call_id: UUID
    answered_at: datetime | None = None
    notes: Mapping[str, Any] | None = None
    leg: tuple[UUID, datetime] | None = None


class Office:
    """One per process; thread safe."""

    def __init__(
        self, db: Database, settings: Settings, *, least_gap: timedelta | None = None,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:  # fmt: skip
        """`least_gap`: between two calls that ring one person; None: as the settings have it."""
        self._answer_seconds = answer_seconds
        self.db, self._settings = db, settings
        self.least_gap = timedelta(hours=settings.call.least_gap_hours) if least_gap is None else least_gap
        self.spool = Spool(settings.folder("spool"))
        self._agents: dict[tuple[UUID, str, int], Agent] = {}
        self._witnessed: dict[str, dict[str, Any]] = {}
        self._held: dict[UUID, tuple[calls.Cdr, list[calls.Turn], list[calls.Action]]] = {}
        self.trunks = TrunkParts()
        self.told: Callable[[calls.Cdr, Sequence[calls.Turn]], None] = lambda record, turns: None
        """Told of every call that is over, from any thread."""

    # -- who answers -------------------------------------------------------------------------------------

    async def who_answers(self, dialled: str) -> Answerable | None:
        """The agent that answers a number; None when nobody has it. Raises NoAgent when nobody is live, OfficeAway."""
        try:
            async with asyncio.timeout(self._answer_seconds):
                return await asyncio.to_thread(self._who_answers, dialled)
        except TimeoutError as error:
            raise OfficeAway(f"{dialled}: nobody said within {self._answer_seconds:.0f} s who answers") from error

    def _who_answers(self, dialled: str) -> Answerable | None:
        with self.db.service() as conn:
            route = numbers.route(conn, dialled)
        if route is None:
            return None
        if route.agent is None or route.version is None or route.tenant_status != "active":
            raise NoAgent(
                f"{dialled}: no live agent, or its tenant is {route.tenant_status}",
                hint="decroche agent publish NAME; decroche number assign",
            )
        return self._answerable(route.tenant_id, route.agent, route.version, dialled, route.fallback or "")

    async def route(self, dialled: str) -> numbers.Route | None:
        """Whose number this is, and where it falls back to; None when nobody has it."""
        return await asyncio.to_thread(self._route, dialled)

    def _route(self, dialled: str) -> numbers.Route | None:
        with self.db.service() as conn:
            return numbers.route(conn, dialled)

    def _answerable(self, tenant_id: UUID, name: str, version: int, number: str, fallback: str = "") -> Answerable:
        key = (tenant_id, name, version)
        with self.db.tenant(tenant_id) as conn:
            (tenant,) = tenants.listed(conn)  # row-level security: its own row is all it sees
            if key not in self._agents:
                self._agents[key] = loads(agents.get(conn, tenant_id, name, version).yaml, name).agent
        agent = self._agents[key]
        return Answerable(tenant_id, tenant.slug, number, agent, name, version, agent.time_zone, fallback)

    async def version_of(self, who: Answerable, agent: str) -> Answerable:
        """Another live agent of the same client, on the same number. Raises NotFound, NoAgent."""
        return await asyncio.to_thread(self._version_of, who, agent)

    def _version_of(self, who: Answerable, name: str) -> Answerable:
        with self.db.tenant(who.tenant_id) as conn:
            live = agents.live(conn, who.tenant_id, name)
        if live is None:
            raise NoAgent(f"agent {name} of {who.tenant} has no live version", hint=f"decroche agent publish {name}")
        return self._answerable(who.tenant_id, name, live.version, who.number, who.fallback)

    async def version_left(self, tenant_id: UUID, name: str, version: int, number: str) -> Answerable:
        """The agent's version that talked in a call, live or not, on a number. Raises NotFound, AgentFileError."""
        return await asyncio.to_thread(self._version_left, tenant_id, name, version, number)

    def _version_left(self, tenant_id: UUID, name: str, version: int, number: str) -> Answerable:
        route = self._route(number)
        fallback = (route.fallback or "") if route is not None and route.tenant_id == tenant_id else ""
        return self._answerable(tenant_id, name, version, number, fallback)

    async def caller_for(self, tenant: str, agent: str) -> Answerable:
        """The live version of a tenant's agent and the number it shows. Raises NotFound, NoAgent."""
        return await asyncio.to_thread(self._caller_for, tenant, agent)

    def _caller_for(self, slug: str, name: str) -> Answerable:
        with self.db.operator() as conn:
            tenant_id = tenants.tenant_id(conn, slug)
            live = agents.live(conn, tenant_id, name)
            owned = numbers.listed(conn, tenant_id)
        if live is None:
            raise NoAgent(f"agent {name} of {slug} has no live version", hint=f"decroche agent publish {name}")
        owned = [n for n in owned if n.ported_on is None or n.ported_on <= datetime.now(PARIS).date()]
        shown = next((n for n in owned if n.agent == name), None) or next(iter(owned), None)
        if shown is None:
            raise NotFound(f"tenant {slug} has no number to show", hint="decroche number assign")
        return self._answerable(tenant_id, name, live.version, shown.e164)

    async def live_agents(self) -> list[Answerable]:
        """Every live agent that answers a number: what can be prepared beforehand."""
        return await asyncio.to_thread(self._live_agents)

    def _live_agents(self) -> list[Answerable]:
        with self.db.operator() as conn:
            everything = numbers.listed(conn)
        found: list[Answerable] = []
        for number in everything:
            try:
                who = self._who_answers(number.e164) if number.tenant_id else None
            except NoAgent:
                continue
            if who is not None:
                found.append(who)
        return found

    async def number_map(self) -> dict[str, str]:
        """Every assigned number with its fallback ('' = none, or none that may be rung now), for the switch."""
        return await asyncio.to_thread(self._number_map)

    def _number_map(self) -> dict[str, str]:
        from billing.charges.legs import barred

        with self.db.operator() as conn:
            silent = barred(conn)
            owned = [(n.e164, n.fallback or "", n.tenant_id) for n in numbers.listed(conn) if n.tenant_id is not None]
        return {number: "" if owner in silent else fallback for number, fallback, owner in owned}

    # -- the law -----------------------------------------------------------------------------------------

    async def may_call(self, who: Answerable, call_id: UUID, number: str, order: Order) -> StoredDecision:
        """Compliance's decision, stored whether it says yes or no."""
        return await asyncio.to_thread(self._may_call, who, call_id, number, order)

    def _may_call(self, who: Answerable, call_id: UUID, number: str, order: Order) -> StoredDecision:
        from ari_app.desk.lawful import asked
        from campaigns.dialling.permission import apart
        from compliance.ledgers.ledger import ask_in, session

        now, request = datetime.now(UTC), asked(who, call_id, number, order)
        with session(self.db, who.tenant_id) as conn:
            decision = ask_in(conn, who.tenant_id, request, now)
            placed = decision.allowed and request.place and request.at is None
            # the turn about the number is ours until the end: nobody else rings it meanwhile
            if placed and (held := apart(conn, number, now, self.least_gap, besides=call_id)):
                raise CalledLately(held)
        return decision

    def count_refused(self, tenant_id: UUID, calls: int, why: str) -> None:
        """So many calls in were not taken for want of room."""
        from billing.charges import refusals

        with self.db.tenant(tenant_id) as conn:
            refusals.count(conn, tenant_id, datetime.now(UTC), calls, why)

    async def attempted(self, end: CallEnd) -> None:
        """How an attempt that compliance allowed ended: it counts in the next decisions."""
        if end.direction == "outbound":
            await asyncio.to_thread(self._attempted, end)

    def _attempted(self, end: CallEnd) -> None:
        from compliance.ledgers.ledger import record_attempt

        if any(action.name == "opt_out" for action in end.notes.actions):
            return  # the opposition has said "refused" already
        try:
            record_attempt(self.db, end.who.tenant_id, end.id, "answered" if end.life.answered_at else "no_answer")
        except DecrocheError as error:
            log.error("the attempt's end was not noted: [%s] %s", error.code, error)

    # -- leases ------------------------------------------------------------------------------------------

    async def lease(
        self, who: Answerable, call_id: UUID, channel: str, direction: Literal["inbound", "outbound"],
        since: datetime, *, caller: str, callee: str, arriving: bool = False,
    ) -> None:  # fmt: skip
        """The call is in progress here: should this process die, its lease tells that it was, and who talked.

        `arriving`: it is one more of the client's calls. Raises Crowded where that may have no more: it is not taken.
        """
        until = datetime.now(UTC) + timedelta(seconds=self._settings.call.max_seconds + LEASE_MARGIN)
        lease = live.LiveCall(who.tenant_id, call_id, channel, NODE, direction, since, until, caller, callee)
        await asyncio.to_thread(self._lease, lease, arriving)

    def _lease(self, lease: live.LiveCall, arriving: bool) -> None:
        with self.db.tenant(lease.tenant_id) as conn:
            if arriving and (why := limits.refusal(conn, lease.tenant_id)):
                raise limits.Crowded(why, hint="decroche tenant limit")
            live.begin(conn, lease)

    def owned(self, tenant_id: UUID, party: str) -> str | None:
        """`party`, where it is one of the client's numbers."""
        with self.db.operator() as conn:
            return next((n.e164 for n in numbers.listed(conn, tenant_id) if n.e164 == party), None)

    async def on_leg(self, tenant_id: UUID, call_id: UUID, channel: str) -> None:
        """The call, whose lease was begun before anybody knew its leg, is on this one."""
        await asyncio.to_thread(self._on_leg, tenant_id, call_id, channel)

    def _on_leg(self, tenant_id: UUID, call_id: UUID, channel: str) -> None:
        with self.db.tenant(tenant_id) as conn:
            live.move(conn, call_id, channel)

    def note(self, entries: Sequence[Entered], until: datetime) -> list[UUID]:
        """What calls in progress know by now, and a sign of life of each: their leases last until then, at the least.

        Returns those that were written. Raises DecrocheError where the database is away.
        """
        done = list[UUID]()
        for entry in entries:
            with self.db.tenant(entry.tenant_id) as conn:
                live.renew(conn, entry.call_id, until)
                if entry.leg is not None:
                    journal.answered(conn, *entry.leg)
                if entry.notes is None or journal.note(
                    conn, (entry.tenant_id, entry.call_id), entry.answered_at, cdrs.clean(entry.notes)
                ):
                    done.append(entry.call_id)
        return done

    # -- what agents do ----------------------------------------------------------------------------------

    async def book(self, who: Answerable, call_id: UUID, party: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `actions/book.py`."""
        return await asyncio.to_thread(self._book, who, call_id, party, dict(args))

    def _book(self, who: Answerable, call_id: UUID, party: str, args: dict[str, Any]) -> Mapping[str, Any]:
        with self.db.tenant(who.tenant_id) as conn:
            return agenda.book(conn, who, call_id, party, args)

    async def cancel(
        self, who: Answerable, party: str, args: Mapping[str, Any], *, called_us: bool
    ) -> Mapping[str, Any]:
        """See `actions/cancel.py`."""
        return await asyncio.to_thread(self._cancel, who, party, dict(args), called_us)

    def _cancel(self, who: Answerable, party: str, args: dict[str, Any], called_us: bool) -> Mapping[str, Any]:
        with self.db.tenant(who.tenant_id) as conn:
            return agenda.cancel(conn, who, party, args, called_us=called_us)

    async def reschedule(
        self, who: Answerable, call_id: UUID, party: str, args: Mapping[str, Any], *, called_us: bool
    ) -> Mapping[str, Any]:
        """See `actions/reschedule.py`."""
        return await asyncio.to_thread(self._reschedule, who, call_id, party, dict(args), called_us)

    def _reschedule(
        self, who: Answerable, call_id: UUID, party: str, args: dict[str, Any], called_us: bool
    ) -> Mapping[str, Any]:
        with self.db.tenant(who.tenant_id) as conn:
            return agenda.reschedule(conn, who, call_id, party, args, called_us=called_us)

    async def message(self, who: Answerable, call_id: UUID, party: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `actions/message.py`."""
        return await asyncio.to_thread(self._message, who, call_id, party, dict(args))

    def _message(self, who: Answerable, call_id: UUID, party: str, args: dict[str, Any]) -> Mapping[str, Any]:
        with self.db.tenant(who.tenant_id) as conn:
            messages.leave(
                conn, who.tenant_id, who.agent_name, str(args.get("text", "")), name=str(args.get("name", "")),
                phone=str(args.get("phone") or party), call_id=call_id,
            )  # fmt: skip
        return {"outcome": "done"}

    # -- the end of a call -------------------------------------------------------------------------------

    async def finish(self, end: CallEnd) -> None:
        """Recording, CDR, charge. If the database is down the CDR is spooled; it is never lost."""
        await asyncio.to_thread(self._finish, end)
        await self.attempted(end)
        await self.attach_witness(end.who.tenant_id, end.id)

    def _finish(self, end: CallEnd) -> None:
        path = cdrs.save_recording(end, self.db, self._settings) if end.recording is not None else None
        self.keep(*cdrs.compose(end, path))

    def tenant_of(self, slug: str) -> UUID:
        """The id of a client by its name. Raises NotFound."""
        with self.db.operator() as conn:
            return tenants.tenant_id(conn, slug)

    def keep(self, record: calls.Cdr, turns: list[calls.Turn], actions: list[calls.Action]) -> None:
        """Store a CDR and charge it; spool it where that cannot be done now."""
        self.told(record, turns)
        try:
            self._store(record, turns, actions)
        except Exception:  # the last edge before a CDR is lost: whatever went wrong, it is kept and tried again
            log.exception("the CDR is spooled")
            self._spooled(record, turns, actions)

    def _spooled(self, record: calls.Cdr, turns: list[calls.Turn], actions: list[calls.Action]) -> bool:
        """On the disk; in memory where that is full, until there is room again or the database is back."""
        try:
            self.spool.keep(record, turns, actions)
        except OSError as error:
            log.critical("CDR %s cannot be spooled, and is held in memory: %s", record.id, error)
            self._held[record.id] = (record, turns, actions)
            return False
        return True

    @property
    def held(self) -> int:
        """CDRs that are in memory alone: neither database nor disk takes them."""
        return len(self._held)

    def _store(self, record: calls.Cdr, turns: list[calls.Turn], actions: list[calls.Action]) -> None:
        from billing.charges.ledger import record_call
        from campaigns.dialling.ending import ended

        with self.db.tenant(record.tenant_id) as conn:
            known = calls.stored(conn, record.id)
            charge = record_call(conn, record, turns, actions)
            live.end(conn, record.id)
            if record.direction == "outbound":
                did = [action.name for action in actions if action.result.get("outcome") in ("done", "to_confirm")]
                ended(conn, record, did, charge.amount_micros or 0, datetime.now(UTC))
            if not known:
                after.follow(conn, record, turns)
        log.info("CDR stored: %s, %s", record.outcome, charge.status)

    def witnessed(self, call_id: str, cdr: dict[str, Any]) -> None:
        """All that the switch's own CDRs say of a call so far: it comes just before or just after ours is stored."""
        self._witnessed[call_id] = cdr
        if len(self._witnessed) > 1000:
            self._witnessed.pop(next(iter(self._witnessed)))

    async def attach_witness(self, tenant_id: UUID, call_id: UUID) -> None:
        """Keep it beside ours; the switch sends it within moments of the leg's end."""
        await asyncio.sleep(WITNESS_SECONDS)
        await asyncio.to_thread(self._note_trunks, tenant_id, call_id)
        seen = self._witnessed.pop(str(call_id), None)
        if seen is not None:
            await asyncio.to_thread(self._attach, tenant_id, call_id, seen)

    def _note_trunks(self, tenant_id: UUID, call_id: UUID) -> None:
        try:
            with self.db.tenant(tenant_id) as conn:
                self.trunks.store(conn, tenant_id, call_id)
        except DecrocheError as error:
            log.warning("the trunks of the call were not kept: [%s] %s", error.code, error)

    def _attach(self, tenant_id: UUID, call_id: UUID, seen: dict[str, Any]) -> None:
        try:
            with self.db.tenant(tenant_id) as conn:
                calls.witness(conn, call_id, seen)
        except DecrocheError as error:
            log.warning("the switch's CDR was not kept: [%s] %s", error.code, error)

    def note_anchor(self) -> None:
        """Keep where the audit chain ends now outside the database: a chain rewritten from there on is found."""
        with self.db.operator() as conn:
            end = audit.end(conn)
        audit.note_anchor(self._settings.folder(), end)

    def retry_spool(self) -> int:
        """Store the CDRs that waited for the database, those in memory first."""
        for call_id, kept in list(self._held.items()):
            try:
                self._store(*kept)
            except Exception:  # the last edge before a CDR is lost, as in `keep`
                log.exception("CDR %s is still held in memory", call_id)
                if not self._spooled(*kept):
                    break
            del self._held[call_id]
        return self.spool.retry(self._store)
