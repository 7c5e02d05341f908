"""Sends a text by its job: to the mobile that booked, of what still stands, by the operator's gateway, once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from agents.loading import loads
from agents.slots.text import Language
from billing.office.outbox import post_of, sms
from compliance.ledgers.oppositions import opposed_at
from portal.links.callers import due
from portal.links.texts import kept, wording
from portal.links.texts.wording import WHATS, What
from store import agents, bookings, jobs, numbers, tenants
from store.base.errors import BadInput, DecrocheError
from store.base.gsm import size
from store.base.settings import Settings
from store.bookings import Booking
from store.db import Conn
from store.jobs import Held
from store.tenants import Tenant
from store.work import Handler

log = logging.getLogger(__name__)

SEND = "booking.text"
"""The job, about "booked:ID", "cancelled:ID" or "reminder:ID" (trigger `links.text_who_booked`)."""
Clock = Callable[[], datetime]


def handlers(of: Settings, *, now: Clock = lambda: datetime.now(UTC)) -> dict[str, Handler]:
    """Kind of job → who does it."""
    return {SEND: lambda held: send(held, of, now())}


def send(held: Held, of: Settings, now: datetime) -> None:
    """Send one, note it, and have its reminder wait. Raises Undelivered: it is tried again, under the same key."""
    what, booking_id = _about(held.job.about)
    with held.tenant() as conn:
        (tenant,) = tenants.listed(conn)
        booking = bookings.get(conn, booking_id)
        if booking is None or kept.told(conn, booking_id, what):
            return
        wish = kept.get(conn, tenant.id)
        why = _untold(conn, what, booking, wish, of, now)
        text = "" if why else _text(conn, what, booking, tenant)
    if not why:
        sms(booking.phone or "", text, f"{what}-{booking_id}", post_of(of))
    with held.last() as conn:
        if wish.reminds and what == "booked" and wording.textable(booking.phone):
            at = wording.reminded_at(booking, tenant.timezone)
            if now < at < booking.starts_at:
                jobs.add(conn, SEND, f"reminder:{booking_id}", due_at=at)
        if not why:
            kept.was_told(conn, booking_id, what, "sent", now, segments=size(text).segments)
        elif why != "not wished":
            kept.was_told(conn, booking_id, what, "skipped", now, why=why)


def _about(about: str) -> tuple[What, UUID]:
    what, _, booking = about.partition(":")
    try:
        if what not in WHATS:
            raise ValueError(what)
        return what, UUID(booking)
    except ValueError as error:
        raise BadInput(f"{about!r} names no appointment") from error


def _untold(conn: Conn, what: What, booking: Booking, wish: kept.Wish, of: Settings, now: datetime) -> str:
    """Why it is not sent, in a few words; empty: it is."""
    if not (wish.reminds if what == "reminder" else wish.confirms):
        return "not wished"
    if what == "cancelled" and kept.moved_to(conn, booking.id):
        return "it was moved, which is told"
    if not wording.textable(booking.phone):
        return "no French mobile booked it"
    if not due(what, booking, now):
        return "it changed meanwhile"
    if not of.billing.sms_url:
        return "there is no gateway"
    said = opposed_at(conn, booking.phone or "", now)
    return "the person opposed since" if said is not None and said >= booking.created_at else ""


def _text(conn: Conn, what: What, booking: Booking, tenant: Tenant) -> str:
    owned = numbers.listed(conn, tenant.id)
    back = next((n.e164 for n in owned if n.agent == booking.agent), "")
    before = kept.moved_from(conn, booking.id) if what == "booked" else None
    return wording.text(what, booking, tenant.name, tenant.timezone, _language(conn, booking), back, before)


def _language(conn: Conn, booking: Booking) -> Language:
    """Of the agent in whose diary it stands."""
    live = agents.live(conn, booking.tenant_id, booking.agent)
    if live is None:
        return "fr"
    try:
        return loads(live.yaml, booking.agent).agent.language
    except DecrocheError:
        return "fr"  # its file is not read any more by this version
