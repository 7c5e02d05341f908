"""After a call: that it ended is told, and a summary is made of it by the worker, not by the process that holds calls.

The worker waits while a call is held on its machine, so that the voice keeps its cores; what it cannot do in time it
skips, and says so.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from uuid import UUID

from agents.after.asking import VERSION
from agents.after.making import analyse
from agents.after.transcript import Transcript, of_call
from agents.definition import Agent
from agents.loading import loads
from llm.base import LlmError, Mind
from store import agents, analyses, calls, events, jobs, live
from store.base.errors import BadInput, DecrocheError, NotFound
from store.base.settings import Settings
from store.bookings import Booking
from store.calls import CallRecord, Cdr, Turn
from store.db import Conn
from store.jobs import Held

log = logging.getLogger(__name__)

KIND, TELL, CALLER = "call.analyse", "booking.tell", "booking.caller"
TOLD = {"booked": "booked", "cancelled": "cancelled", "reminder": "reminder"}
"""What the person who booked is told: the word before the booking's id."""
REMINDED = timedelta(hours=24)
"""So long before an appointment they are reminded of it."""
MOST_TRIES = 4
PUT_OFF = timedelta(seconds=10)
PATIENCE = timedelta(minutes=10)
"""How long a call's summary waits for a machine on which calls are held; then it is made beside them."""
AWAITED = timedelta(minutes=15)
"""How long after a call its summary is waited for by what tells others of it."""
CONTEXT = 8192


def follow(conn: Conn, record: Cdr, turns: Sequence[Turn]) -> None:
    """A call was stored for the first time, in this transaction: it is told, and what follows it is asked for."""
    if record.agent is not None and any(turn.who == "caller" and turn.text.strip() for turn in turns):
        jobs.add(conn, KIND, record.id, most_tries=MOST_TRIES)
    events.note(conn, "call.ended", record.id)


def booked(conn: Conn, booking: Booking) -> None:
    """An appointment was made or cancelled, in this transaction: it is told, to the client's calendars and, where they
    gave an address, to the person; who booked more than a day ahead is reminded."""
    jobs.add(conn, TELL, booking.id)
    if booking.email:
        jobs.add(conn, CALLER, f"{TOLD[booking.status]}:{booking.id}")
        if booking.status == "booked" and reminded_at(booking) > booking.created_at:
            jobs.add(conn, CALLER, f"{TOLD['reminder']}:{booking.id}", due_at=reminded_at(booking))
    events.note(conn, "booking.made" if booking.status == "booked" else "booking.cancelled", booking.id)


def summary_comes(conn: Conn, call_id: UUID, now: datetime) -> bool:
    """Whether a summary of the call is still being made, and worth waiting for: who tells others of the call waits."""
    if analyses.of(conn, call_id) is not None:
        return False
    coming = any(job.about == str(call_id) and job.state != "dead" for job in jobs.listed(conn, kind=KIND))
    try:
        return coming and now - calls.get(conn, call_id).cdr.ended_at < AWAITED
    except NotFound:
        return False


def reminded_at(booking: Booking) -> datetime:
    """When its person is reminded of it."""
    return booking.starts_at - REMINDED


class Analyst:
    """Makes what calls leave to read. One mind, opened at the first call and closed with it.

    `opened`: another mind than the settings', for tests; `now`: the clock.
    """

    def __init__(
        self, of: Settings, *, opened: Callable[[Settings], Mind] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._of, self._open, self._now = of, opened or _mind, now
        self._mind: Mind | None = None
        self._runner = asyncio.Runner()

    def __enter__(self) -> Analyst:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._mind is not None:
            self._runner.run(self._mind.close())
        self._runner.close()

    def __call__(self, held: Held) -> None:
        """Do one job: an analysis, or why there is none."""
        now = self._now()
        with held.tenant() as conn:
            record = calls.get(conn, _id(held.job.about))
            agent = _agent(conn, record)
            busy = any(lease.node == self._of.node for lease in live.anywhere(conn))
        age = now - record.cdr.ended_at
        if busy and age < PATIENCE:
            held.later(now + PUT_OFF)
            return
        why = self._skipped(record, agent, age)
        if why or agent is None:
            self._keep(held, analyses.Kept(record.cdr.id, "skipped", why, agent_version=record.cdr.agent_version))
            return
        self._keep(held, self._made(held, record, agent))

    def _skipped(self, record: CallRecord, agent: Agent | None, age: timedelta) -> str:
        """Why nothing is made of it; empty: it is."""
        most = self._of.work.analyse_within
        if agent is None:
            return "its agent's file cannot be read any more"
        if not agent.after.analyse:
            return "its agent's file says so: after.analyse is false"
        if not any(turn.who == "caller" for turn in record.turns):
            return "nothing is kept of what was said"
        if age > timedelta(minutes=most):
            return f"it ended more than {most} minutes before this machine came to it"
        return ""

    def _made(self, held: Held, record: CallRecord, agent: Agent) -> analyses.Kept:
        cdr, began = record.cdr, time.monotonic()
        try:
            self._mind = self._mind or self._open(self._of)
            found = self._runner.run(analyse(agent, heard(agent, record), self._mind))
        except DecrocheError as error:
            if held.job.tries < held.job.most_tries:
                raise
            mind = "the mind gave no answer" if isinstance(error, LlmError) else "there is no mind"
            return analyses.Kept(cdr.id, "skipped", f"{mind}: [{error.code}]", agent_version=cdr.agent_version)
        return analyses.Kept(
            cdr.id, "made", "", found.summary, found.sheet, found.tags, found.score, found.by, found.left_out,
            self._mind.engine, self._mind.model, VERSION, cdr.agent_version, round((time.monotonic() - began) * 1000),
        )  # fmt: skip

    def _keep(self, held: Held, made: analyses.Kept) -> None:
        with held.last() as conn:
            kept = analyses.keep(conn, made)
            if kept:
                events.note(conn, "call.analysed", made.call_id)
        log.info("call %s: %s %s", made.call_id, made.state if kept else "not kept", made.why)


def _id(about: str) -> UUID:
    try:
        return UUID(about)
    except ValueError as error:
        raise BadInput(f"{about!r} is no call's id") from error


def _agent(conn: Conn, record: CallRecord) -> Agent | None:
    """The agent as it was when it talked; None: its file is not read any more by this version."""
    cdr = record.cdr
    if cdr.agent is None:
        return None
    try:
        return loads(agents.get(conn, cdr.tenant_id, cdr.agent, cdr.agent_version).yaml, cdr.agent).agent
    except DecrocheError as error:
        log.warning("agent %s v%s: [%s]", cdr.agent, cdr.agent_version, error.code)
        return None


def heard(agent: Agent, record: CallRecord) -> Transcript:
    """The call as an analysis is made from it."""
    cdr = record.cdr
    return of_call(
        agent, [(turn.who, turn.text) for turn in record.turns],
        [(action.name, action.args, action.result) for action in record.actions],
        slots={name: str(value) for name, value in cdr.slots.items()}, started_at=cdr.started_at,
        inbound=cdr.direction == "inbound",
        seconds=round((cdr.ended_at - cdr.answered_at).total_seconds()) if cdr.answered_at else 0,
    )  # fmt: skip


def _mind(of: Settings) -> Mind:
    """The mind of the settings, for one call at a time."""
    from llm.minds import mind

    small = {"calls": 1, "context": min(of.llm.context, CONTEXT), "threads": of.work.threads}
    return mind(of.model_copy(update={"llm": of.llm.model_copy(update=small)}))
