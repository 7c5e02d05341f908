"""What a call or an appointment leaves in a client's CRM, by its job: at least once there, once in the log.

A try that dies after the CRM took it is found by the next one: `seek` asks for its key first, and a contact that was
made is found by its number.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from agents.loading import loads
from ari_app.desk.after import summary_comes
from portal.links.crm import facts, filling, kept
from portal.links.crm.asking import Crm
from portal.links.crm.definition import Booking as BookingWriting
from portal.links.crm.filling import Contact
from store import agents, analyses, bookings, calls, tenants
from store.base.errors import BadInput, DecrocheError, NotFound
from store.base.settings import Settings
from store.calls import CallRecord
from store.db import Conn
from store.jobs import Held
from store.tenants import Tenant
from store.work import Handler

log = logging.getLogger(__name__)

WRITE = "crm.write"
"""The job, about "call:ID" or "booking:ID"."""
AGAIN = timedelta(seconds=20)
"""A call's summary is looked for so often."""
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Left:
    """What a call or an appointment left. `number`: E.164, or ''; `person`: the name that was said, or ''."""

    what: Literal["call", "booking"]
    about: UUID
    number: str
    person: str
    facts: Mapping[str, Any]
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try. `contact`, `entry`: ids in the CRM."""

    state: kept.State
    why: str = ""
    contact: str | int = ""
    entry: str | int = ""


def handlers(of: Settings, *, now: Clock = lambda: datetime.now(UTC)) -> dict[str, Handler]:
    """Kind of job → who does it."""
    return {WRITE: lambda held: write_one(held, of, now)}


def write_one(held: Held, of: Settings, clock: Clock) -> None:
    """Do a job: one try, and its line in the log. Raises CrmFailed, after it is noted: it is tried again."""
    what, _, about = held.job.about.partition(":")
    about_id = _id(about, held.job.about)
    now = clock()
    with held.tenant() as conn:
        (tenant,) = tenants.listed(conn)
        try:
            crm = kept.opened(kept.get(conn, tenant.id), of)
        except NotFound:
            return
        late = what == "call" and summary_comes(conn, about_id, now)
        left = None if late else _left(conn, what, about_id, tenant, of)
    if late:
        held.later(now + AGAIN)
        return
    try:
        done = write(crm, left) if left is not None else Outcome("skipped", "no agent talked in it, or it is forgotten")
    except DecrocheError as error:
        last = isinstance(error, BadInput | NotFound) or held.job.tries >= held.job.most_tries
        with held.tenant() as conn:
            state: kept.State = "failed" if last else "waiting"
            kept.became(conn, what, about_id, state, clock(), why=f"[{error.code}] {error}")
        raise
    with held.last() as conn:
        kept.became(
            conn, what, about_id, done.state, clock(), contact=done.contact, entry=done.entry, why=done.why
        )  # fmt: skip


def _id(about: str, whole: str) -> UUID:
    try:
        return UUID(about)
    except ValueError as error:
        raise BadInput(f"{whole!r} names nothing to be written") from error


# -- what is left


def _left(conn: Conn, what: str, about: UUID, tenant: Tenant, of: Settings) -> Left | None:
    """What it left; None: nothing that a CRM is told of."""
    if what == "booking":
        booking = bookings.get(conn, about)
        if booking is None:
            return None
        told = facts.of_booking(booking, tenant.timezone)
        return Left("booking", about, booking.phone or "", booking.name, told, booking.status == "cancelled")
    try:
        record = calls.get(conn, about)
    except NotFound:
        return None
    cdr = record.cdr
    if cdr.agent is None or cdr.answered_at is None or not any(turn.who == "caller" for turn in record.turns):
        return None
    number = cdr.caller if cdr.direction == "inbound" else cdr.callee
    told = facts.of_call(cdr, analyses.of(conn, about), tenant.timezone, of.portal.url)
    return Left("call", about, number, _named(conn, record), told)


def _named(conn: Conn, record: CallRecord) -> str:
    """The name that the caller gave, by the agent's own file; '' where none was asked."""
    cdr = record.cdr
    if cdr.agent is None:
        return ""
    try:
        agent = loads(agents.get(conn, cdr.tenant_id, cdr.agent, cdr.agent_version).yaml, cdr.agent).agent
    except DecrocheError:
        return ""  # its file is not read any more by this version
    slots = [name for name, slot in agent.scenario.slots.items() if slot.type == "name"]
    return next((str(cdr.slots[name]) for name in slots if cdr.slots.get(name)), "")


# -- there


def write(crm: Crm, left: Left) -> Outcome:
    """Write it, where the map says so and it is not there yet. Raises CrmFailed, OutwardRefused."""
    after = crm.the_map.after
    writing = after.call if left.what == "call" else after.booking
    if writing is None:
        return Outcome("skipped", "the map writes none")
    known = {
        **crm.facts(), **facts.of_number(left.number), **facts.of_person(left.person), **left.facts,
        "key": facts.key(left.what, left.about),
    }  # fmt: skip
    contact = _contact(crm, left, known)
    if contact is not None:
        known |= contact.facts()
    elif any(name.startswith("contact.") for text in filling.templates(writing.request)
             for name in filling.names_in(text)):  # fmt: skip
        return Outcome("skipped", "nobody there has this number" if left.number else "the number was withheld")
    there = contact.id if contact else ""
    found = crm.sought(writing.seek, known) if writing.seek is not None else None
    if left.cancelled:
        cancel = writing.cancel if isinstance(writing, BookingWriting) else None
        if cancel is None or found is None:
            return Outcome("skipped", "the map cancels none" if cancel is None else "it was not there", there)
        crm.ask(cancel, known | {"found.id": found})
        return Outcome("cancelled", "", there, found)
    if found is not None:
        return Outcome("written", "", there, found)
    answer = crm.ask(writing.request, known)
    entry = filling.id_in(writing.id, answer) if writing.id else None
    return Outcome("written", "", there, "" if entry is None else entry)


def _contact(crm: Crm, left: Left, known: Mapping[str, Any]) -> Contact | None:
    """Whom it is about, made where nobody has the number and a name was said; a cancelling makes nobody."""
    if not left.number:
        return None
    found = crm.look_up(left.number)
    making = crm.the_map.after.contact
    if found is not None or making is None or not left.person or left.cancelled:
        return found
    made = filling.id_in(making.id, crm.ask(making.request, known))
    again = crm.look_up(left.number)
    return again or (Contact(made, left.person) if made is not None else None)
