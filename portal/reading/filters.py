"""Which calls somebody looks for, and where a page of them ends: read from an address, written back into one. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from store.base.errors import BadInput
from store.base.numbering import e164

DIRECTIONS = {"recus": "inbound", "emis": "outbound"}


class BadFilter(BadInput):
    """A filter cannot be read; `field` names it."""

    code = "bad_filter"

    def __init__(self, field: str, message: str) -> None:
        """`message` is shown beside the field."""
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for; None and "" let all pass. `until` is the day after the last one, at midnight there."""

    direction: str | None = None
    agent: str | None = None
    party: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class After:
    """The last call of a page: the next one begins after it."""

    at: datetime
    id: UUID


def read(query: Mapping[str, str], zone: ZoneInfo) -> Filters:
    """The filters of an address; days are the client's. Raises BadFilter naming the field."""
    way = query.get("sens", "")
    if way and way not in DIRECTIONS:
        raise BadFilter("sens", "Choisissez reçus ou émis.")
    words = query.get("mots", "").replace("\0", " ").strip()
    if len(words) > 200:
        raise BadFilter("mots", "200 caractères au plus.")
    since, last = _day(query, "du", zone), _day(query, "au", zone)
    if since and last and last < since:
        raise BadFilter("au", "Cette date précède la première.")
    return Filters(
        DIRECTIONS.get(way), _text(query, "agent"), _number(query.get("numero", "")), _text(query, "issue"), since,
        last + timedelta(days=1) if last else None, words,
    )  # fmt: skip


def _text(query: Mapping[str, str], field: str) -> str | None:
    return query.get(field, "").replace("\0", "").strip()[:64] or None


def _number(text: str) -> str | None:
    if not text.strip():
        return None
    try:
        return e164(text)
    except BadInput as error:
        raise BadFilter("numero", "Ce n'est pas un numéro : écrivez-le comme 06 12 34 56 78.") from error


def _day(query: Mapping[str, str], field: str, zone: ZoneInfo) -> datetime | None:
    text = query.get(field, "").strip()
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), zone)
    except (ValueError, OverflowError) as error:
        raise BadFilter(field, "Cette date n'existe pas.") from error


def written(after: After) -> str:
    """A page's end, for the address of the next."""
    return base64.urlsafe_b64encode(f"{after.at.isoformat()} {after.id}".encode()).decode().rstrip("=")


def after(text: str) -> After | None:
    """A page's end from an address. Raises BadFilter."""
    if not text:
        return None
    try:
        at, _, call = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(" ")
        found = After(datetime.fromisoformat(at), UUID(call))
    except (ValueError, binascii.Error, UnicodeDecodeError) as error:
        raise BadFilter("suite", "Cette suite n'existe pas : reprenez depuis le début.") from error
    if found.at.tzinfo is None:
        raise BadFilter("suite", "Cette suite n'existe pas : reprenez depuis le début.")
    return found


def address(path: str, query: Mapping[str, str], **more: str) -> str:
    """The address with these filters, without what is empty."""
    held = {key: value for key, value in {**query, **more}.items() if value}
    return f"{path}?{urlencode(held)}" if held else path
