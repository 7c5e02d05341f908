"""The office behind the calls: what the law says, leases, CDRs; with it who answers and the diary. All runs in threads.

It only carries: SQL is the store's, prices are billing's, law is compliance's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ari_app.desk import after
from ari_app.desk import cdr as cdrs
from ari_app.desk.diary import Diary
from ari_app.desk.office_types import LEASE_MARGIN, Answerable, CallEnd, CallOrder
from ari_app.desk.routing import ANSWER_SECONDS, Routing
from ari_app.desk.spool import Spool
from ari_app.desk.trunks import TrunkParts
from store import audit, calls, journal, limits, live
from store.base.errors import DecrocheError, Refused
from store.base.parties import Parties
from store.base.settings import Settings
from store.db import Database

if TYPE_CHECKING:
    from compliance.ledgers.ledger import StoredDecision

log = logging.getLogger(__name__)

WITNESS_SECONDS = 0.5
"""How long the switch's own CDR is waited for after a call's end."""


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
        self.db, self._settings = db, settings
        self.least_gap = timedelta(hours=settings.call.least_gap_hours) if least_gap is None else least_gap
        self.spool = Spool(settings.folder("spool"))
        self.routing, self.diary = Routing(db, answer_seconds), Diary(db)
        self.node = settings.node
        self._witnessed: dict[str, dict[str, Any]] = {}
        self._held: dict[UUID, tuple[calls.Cdr, list[calls.Turn], list[calls.Action]]] = {}
        self.trunks = TrunkParts()
        self.told: Callable[[calls.Cdr, Sequence[calls.Turn]], None] = lambda record, turns: None
        """Told of every call that is over, from any thread."""

    # -- the law -----------------------------------------------------------------------------------------

    async def may_call(self, who: Answerable, call_id: UUID, number: str, order: CallOrder) -> StoredDecision:
        """Compliance's decision, stored whether it says yes or no."""
        return await asyncio.to_thread(self._may_call, who, call_id, number, order)

    def _may_call(self, who: Answerable, call_id: UUID, number: str, order: CallOrder) -> StoredDecision:
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
        if end.parties.outbound:
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
        self, who: Answerable, call_id: UUID, channel: str, parties: Parties, since: datetime, *, arriving: bool = False
    ) -> None:  # fmt: skip
        """The call is in progress here: should this process die, its lease tells that it was, and who talked.

        `arriving`: it is one more of the client's calls. Raises Crowded where that may have no more: it is not taken.
        """
        until = datetime.now(UTC) + timedelta(seconds=self._settings.call.max_seconds + LEASE_MARGIN)
        lease = live.LiveCall(who.tenant_id, call_id, channel, self.node, since=since, lease_until=until,
                              **parties.columns)  # fmt: skip
        await asyncio.to_thread(self._lease, lease, arriving)

    def _lease(self, lease: live.LiveCall, arriving: bool) -> None:
        with self.db.tenant(lease.tenant_id) as conn:
            if arriving and (why := limits.refusal(conn, lease.tenant_id)):
                raise limits.Crowded(why, hint="decroche tenant limit")
            live.begin(conn, lease)

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

    # -- the end of a call -------------------------------------------------------------------------------

    async def finish(self, end: CallEnd) -> None:
        """Recording, CDR, charge. If the database is down the CDR is spooled; it is never lost."""
        await asyncio.to_thread(self._finish, end)
        await self.attempted(end)
        await self.attach_witness(end.who.tenant_id, end.id)

    def _finish(self, end: CallEnd) -> None:
        path = cdrs.save_recording(end, self.db, self._settings) if end.recording is not None else None
        self.keep(*cdrs.compose(end, path))

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
