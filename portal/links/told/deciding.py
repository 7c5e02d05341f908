"""What of a call is told, and when one of the client's people may be disturbed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from store.base.errors import BadInput
from store.calls import Action

Way = Literal["mail", "sms"]
WAYS: tuple[Way, ...] = ("mail", "sms")
KINDS: Mapping[str, str] = {
    "message": "un message est laissé",
    "booking": "un rendez-vous est pris",
    "cancelled": "un rendez-vous est annulé",
    "callback": "un rappel est convenu",
    "transfer_failed": "un appel n'a pas pu être transmis",
}
"""Kind → what it tells. Thresholds and invoices are billing's notices (`decroche billing controls`)."""
PUT_THROUGH = ("answered", "transferring")
"""Outcomes of a transfer that reached somebody, or that nobody knows of."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One of the client's people. `mails`, `texts`: the kinds told by each way; nothing is told from `quiet_from` to
    `quiet_until`; with `digest_at` mails come once a day, as one. Times are the client's."""

    id: UUID
    tenant_id: UUID
    name: str
    email: str
    phone: str
    mails: Sequence[str]
    texts: Sequence[str]
    quiet_from: time | None = None
    quiet_until: time | None = None
    digest_at: time | None = None

    def wants(self, kind: str) -> list[Way]:
        """The ways by which they want this kind."""
        by: dict[Way, Sequence[str]] = {"mail": self.mails, "sms": self.texts}
        return [way for way in WAYS if kind in by[way]]


def kinds_of(event: str, actions: Sequence[Action]) -> list[str]:
    """What an event is to the client's people; `actions`: of the call that ended."""
    plain = {"message.left": "message", "booking.made": "booking", "booking.cancelled": "cancelled"}
    if event in plain:
        return [plain[event]]
    found = list[str]()
    outcomes = {(action.name, str(action.result.get("outcome"))) for action in actions}
    if ("callback", "done") in outcomes:
        found.append("callback")
    put = [outcome for name, outcome in outcomes if name == "transfer"]
    if put and not set(put) & set(PUT_THROUGH):
        found.append("transfer_failed")
    return found


def due_at(reader: Reader, way: Way, now: datetime, zone: str) -> datetime:
    """When they are told: at once; mails at their digest's hour; never within their quiet hours."""
    here = ZoneInfo(zone)
    at = now.astimezone(here)
    if way == "mail" and reader.digest_at is not None:
        at = _next(at, reader.digest_at)
    if reader.quiet_from is not None and reader.quiet_until is not None and _quiet(reader, at.time()):
        at = _next(at, reader.quiet_until)
    return max(at.astimezone(UTC), now.astimezone(UTC))


def _next(after: datetime, clock: time) -> datetime:
    """The next time it is that o'clock."""
    at = datetime.combine(after.date(), clock, after.tzinfo)
    return at if at >= after else datetime.combine(after.date() + timedelta(days=1), clock, after.tzinfo)


def _quiet(reader: Reader, clock: time) -> bool:
    begins, ends = reader.quiet_from or time(), reader.quiet_until or time()
    return begins <= clock < ends if begins < ends else clock >= begins or clock < ends


def span(text: str) -> tuple[time, time] | None:
    """ "20:00-08:00" as two times; None for nothing. Raises BadInput."""
    if not text.strip():
        return None
    begins, _, ends = text.partition("-")
    found = clock(begins), clock(ends)
    if found[0] == found[1]:
        raise BadInput(f"{text!r} is all day or none of it", hint="20:00-08:00")
    return found


def clock(text: str) -> time:
    """ "08:00" as a time. Raises BadInput."""
    try:
        return datetime.strptime(text.strip(), "%H:%M").time()  # noqa: DTZ007  a time of day
    except ValueError as error:
        raise BadInput(f"{text.strip()[:20]!r} is no time of day", hint="write 08:00") from error
