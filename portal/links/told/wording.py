"""What the client's people read of what callers left: a mail with the contact sheet, or an SMS. In French. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any, cast
from zoneinfo import ZoneInfo

from store.analyses import Kept
from store.base.gsm import fitted
from store.bookings import Booking
from store.calls import Cdr
from store.messages import LeftMessage

MOST_TEXT, MOST_SMS = 2_000, 300
_TITLES = {
    "message": "Message de {who}", "booking": "Rendez-vous pris : {who}, {when}",
    "cancelled": "Rendez-vous annulé : {who}, {when}", "callback": "Rappel convenu avec {who}",
    "transfer_failed": "Appel de {who} non transmis",
}  # fmt: skip
_PAGES = {"message": "/messages", "booking": "/rendez-vous", "cancelled": "/rendez-vous"}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing to tell. `number`: whom to call back, or ''; `words`: what was left; `sheet`: the call's summary."""

    kind: str
    who: str
    number: str
    at: datetime
    words: str = ""
    when: datetime | None = None
    made: Kept | None = None
    call_id: str = ""


def of_message(left: LeftMessage, made: Kept | None) -> Happening:
    """A message that was left."""
    return Happening(
        "message", left.name, left.phone, left.created_at, left.text, made=made, call_id=str(left.call_id or "")
    )


def of_booking(booking: Booking, made: Kept | None) -> Happening:
    """An appointment, as it stands now."""
    kind = "booking" if booking.status == "booked" else "cancelled"
    return Happening(
        kind, booking.name, booking.phone or "", booking.created_at, booking.note, booking.starts_at, made,
        str(booking.call_id or ""),
    )  # fmt: skip


def of_call(kind: str, cdr: Cdr, made: Kept | None) -> Happening:
    """A call that was not put through, or that agreed on a callback."""
    number = cdr.caller if cdr.direction == "inbound" else cdr.callee
    return Happening(kind, "", number, cdr.started_at, made=made, call_id=str(cdr.id))


def title(of: Happening, zone: str) -> str:
    """One line."""
    when = "" if of.when is None else f"{of.when.astimezone(ZoneInfo(zone)):%d/%m à %Hh%M}"
    return " ".join(_TITLES[of.kind].format(who=of.who or of.number or "un numéro masqué", when=when).split())


def mail(to: str, client: str, happenings: Sequence[Happening], zone: str, site: str, name: str) -> EmailMessage:
    """One mail of all these. `name`: the same whenever it is sent again."""
    message = EmailMessage()
    message["To"] = to
    first = title(happenings[0], zone)
    message["Subject"] = first if len(happenings) == 1 else f"{client} : {len(happenings)} nouvelles de vos appels"
    message["Message-ID"] = f"<{name}@decroche>"
    message.set_content("\n\n".join("\n".join(_lines(each, zone, site)) for each in happenings))
    return message


def _lines(of: Happening, zone: str, site: str) -> list[str]:
    at = f"{of.at.astimezone(ZoneInfo(zone)):%d/%m/%Y à %Hh%M}"
    page = f"/appels/{of.call_id}" if of.call_id else _PAGES.get(of.kind, "")
    words = of.words if len(of.words) <= MOST_TEXT else f"{of.words[:MOST_TEXT]} […]"
    return [
        title(of, zone), f"Le {at}" + (f", {of.number}" if of.number and of.who else ""), *filter(None, [words]),
        *_sheet(of.made), *([site.rstrip("/") + page] if site and page else []),
    ]  # fmt: skip


def _sheet(made: Kept | None) -> list[str]:
    """The summary and the contact sheet."""
    if made is None or made.state != "made":
        return []
    sheet = made.sheet or {}
    slots, learnt = (
        cast("dict[str, Any]", sheet.get("slots") or {}),
        cast("list[dict[str, Any]]", sheet.get("learnt") or []),
    )
    return [
        *filter(None, [made.summary]),
        *(f"- {name} : {value}" for name, value in slots.items()),
        *(f"- {each.get('what', '')}" for each in learnt),
    ]


def text(client: str, happenings: Sequence[Happening], zone: str) -> str:
    """An SMS of all these, in the alphabet's letters; two parts at most."""
    told = [f"{title(each, zone)}" + (f", {each.number}" if each.number and each.who else "")
            + (f" : {each.words}" if each.kind == "message" else "") for each in happenings]  # fmt: skip
    line = fitted(" ".join(f"{client} : {' / '.join(told)}".split()))
    return line if len(line) <= MOST_SMS else line[: MOST_SMS - 3] + "..."
