"""What our events say, as a map's requests name it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.links.crm.filling import number_facts
from store.analyses import Kept
from store.bookings import Booking
from store.calls import Cdr

WAYS = {"inbound": "reçu", "outbound": "émis"}


def general(settings: Mapping[str, str], secret: str) -> dict[str, Any]:
    """What every request may name. A setting of digits is a whole number."""
    told = {f"setting.{name}": _whole(value) for name, value in settings.items()}
    return {"secret": secret, **told}


def _whole(value: str) -> str | int:
    return (
        int(value) if value.isascii() and value.isdecimal() and len(value) < 16 and str(int(value)) == value else value
    )


def key(what: str, about: object) -> str:
    """What names one entry for good, in the CRM too: the same at every try."""
    return f"decroche-{what}-{about}"


def of_number(number: str) -> dict[str, Any]:
    """Of whom the call was with, or who booked; nothing where the number was withheld."""
    return dict(number_facts(number)) if number else {}


def of_person(name: str) -> dict[str, Any]:
    """A name that was said, in two: CRMs want them apart. One word is a last name."""
    words = name.split()
    if not words:
        return {}
    return {"person.name": " ".join(words), "person.first": " ".join(words[:-1]), "person.last": words[-1]}


def of_call(cdr: Cdr, made: Kept | None, zone: str, site: str) -> dict[str, Any]:
    """A call, and what was made of it. `zone`: the client's; `site`: the portal's address."""
    seconds = round((cdr.ended_at - cdr.answered_at).total_seconds()) if cdr.answered_at else 0
    return {
        "call.id": str(cdr.id), "call.way": WAYS[cdr.direction], "call.agent": cdr.agent or "",
        "call.outcome": cdr.outcome, "call.seconds": seconds, "call.summary": (made.summary or "") if made else "",
        "call.tags": ", ".join(made.tags) if made else "",
        "call.page": f"{site.rstrip('/')}/appels/{cdr.id}" if site else "",
        **_times("call.started", cdr.started_at, zone), **_times("call.ended", cdr.ended_at, zone),
    }  # fmt: skip


def of_booking(booking: Booking, zone: str) -> dict[str, Any]:
    """An appointment."""
    return {
        "booking.id": str(booking.id), "booking.name": booking.name, "booking.note": booking.note,
        "booking.agent": booking.agent,
        **_times("booking.starts", booking.starts_at, zone), **_times("booking.ends", booking.ends_at, zone),
    }  # fmt: skip


def _times(name: str, at: datetime, zone: str) -> dict[str, Any]:
    return {
        name: at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds"),
        f"{name}_utc": f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        f"{name}_unix": int(at.timestamp()),
    }
