"""A case: the facts of one call that is to be placed, read from JSON and checked field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn, cast

from compliance.law import numbers
from compliance.law.rulebook import PARTIES, PURPOSES
from store.base.errors import BadInput

SECTORS = ("energy_renovation", "renewable_energy", "housing_adaptation", "training_account", "insurance")
RESULTS = ("no_answer", "answered", "refused")


class BadCase(BadInput):
    """A case is wrong."""

    code = "bad_case"

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(f"{field_name}: {message}")
        self.field = field_name
        self.reason = message


class Attempt(NamedTuple):  # a dataclass takes six times as long to make, and millions are made
    """An earlier call or attempt, at a UTC instant."""

    at: datetime
    result: str


class Slot(NamedTuple):
    """A date and time the person precisely agreed to, UTC, end excluded."""

    start: datetime
    end: datetime


class Consent(NamedTuple):
    """A consent, UTC instants."""

    given_at: datetime
    expires_at: datetime | None = None
    withdrawn_at: datetime | None = None
    agreed_slot: Slot | None = None


class Bloctel(NamedTuple):
    """The last answer of Bloctel; `listed` None: no answer for this number."""

    checked_at: datetime | None
    listed: bool | None


class Case(NamedTuple):
    """May this number be called, for this purpose, at this instant, showing that number? UTC instants."""

    at: datetime
    to: str
    id: str | int | None = None
    caller_id: str | None = None
    party: str = "consumer"
    purpose: str = "canvassing"
    automated: bool = True
    postcode: str | None = None
    sector: str | None = None
    history: tuple[Attempt, ...] = ()
    consent: Consent | None = None
    opposed_at: datetime | None = None
    bloctel: Bloctel | None = None
    requested_at: datetime | None = None


_KNOWN = frozenset("request" if name == "requested_at" else name for name in Case._fields)

_ATTEMPT = frozenset({"at", "result"})

_CONSENT = frozenset({"given_at", "expires_at", "withdrawn_at", "agreed_slot"})

_SLOT = frozenset({"from", "to"})

_BLOCTEL = frozenset({"checked_at", "listed"})

_REQUEST = frozenset({"at"})


def from_json(raw: object) -> Case:
    """A case from parsed JSON. Raises BadCase naming the field, as in `history[1].at`."""
    data = _mapping(raw, "case")
    _no_unknown(data, _KNOWN, "")
    get = data.get
    _check_id(get("id"))
    caller_id = _text(get("caller_id"), "caller_id")
    if not _shows(caller_id):
        _bad("caller_id", f"{caller_id!r} is not a telephone number")
    consent, bloctel, request = get("consent"), get("bloctel"), get("request")
    return Case(
        _instant(get("at"), "at") or _bad("at", "is missing: an instant such as 2026-11-23T10:30:00+01:00"),
        _text(get("to"), "to") or _needed_text(get("to"), "to"),
        get("id"),
        caller_id,
        _one_of(get("party"), "party", PARTIES) or "consumer",
        _one_of(get("purpose"), "purpose", PURPOSES) or "canvassing",
        _flag(get("automated"), "automated", default=True),
        _postcode(get("postcode")),
        _one_of(get("sector"), "sector", SECTORS),
        _history(get("history")),
        None if consent is None else _consent(_mapping(consent, "consent")),
        _instant(get("opposed_at"), "opposed_at"),
        None if bloctel is None else _bloctel(_mapping(bloctel, "bloctel")),
        None if request is None else _request(_mapping(request, "request")),
    )


def _check_id(case_id: object) -> None:
    if isinstance(case_id, str):
        if not case_id.isprintable():
            _bad("id", "holds characters that cannot be printed")
    elif case_id is not None and (isinstance(case_id, bool) or not isinstance(case_id, int)):
        _bad("id", "must be text or a whole number")


@lru_cache(maxsize=4096)  # an agent shows few numbers
def _shows(caller_id: str | None) -> bool:
    """Whether that is a number, or no number at all."""
    return numbers.masked(caller_id) or numbers.read_shown(caller_id or "") is not None


def _bad(name: str, message: str) -> NoReturn:
    raise BadCase(name, message)


def _mapping(raw: object, name: str) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        _bad(name, "must be a JSON object")
    return cast("Mapping[str, Any]", raw)


def _no_unknown(data: Mapping[str, Any], known: frozenset[str], prefix: str) -> None:
    if known.issuperset(data):
        return
    for key in data:
        if key not in known:
            near = get_close_matches(key, sorted(known), 1)
            _bad(f"{prefix}{key}", f"unknown field{f'; did you mean {near[0]}?' if near else ''}")


# The checks below take the value, the field's name and where it stands; the name is put together for an error only.


def _text(value: object, name: str, prefix: str = "") -> str | None:
    if value is None or isinstance(value, str):
        return value
    _bad(f"{prefix}{name}", f"must be text, not {value!r}")


def _needed_text(value: object, name: str) -> str:
    return value if isinstance(value, str) else _bad(name, "is missing")


def _one_of(value: object, name: str, known: tuple[str, ...], prefix: str = "") -> str | None:
    if value is None:
        return None
    text = _text(value, name, prefix)
    return text if text in known else _bad(f"{prefix}{name}", f"{value!r} is none of {', '.join(known)}")


def _flag(value: object, name: str, *, default: bool) -> bool:
    if value is None:
        return default
    return value if isinstance(value, bool) else _bad(name, f"must be true or false, not {value!r}")


_FARTHEST = timedelta(hours=14)


def _instant(value: object, name: str, prefix: str = "") -> datetime | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else _text(value, name, prefix) or ""
    found = _utc(text)
    return found if isinstance(found, datetime) else _bad(f"{prefix}{name}", found)


@lru_cache(maxsize=4096)  # a list is judged at one instant, a campaign's attempts and consents share theirs
def _utc(text: str) -> datetime | str:
    """The instant in UTC, or what is wrong with it."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        return f"{text!r} is not an instant such as 2026-11-23T10:30:00+01:00 ({error})"
    if not 1900 < parsed.year < 3000:
        return f"{text!r}: the year is out of range"
    offset = parsed.utcoffset()
    if offset is None:
        return f"{text!r} has no offset from UTC, such as +01:00"
    if abs(offset) > _FARTHEST:
        return f"{text!r}: no place on Earth is that far from UTC"
    return parsed.astimezone(UTC)


def _needed(value: object, name: str, prefix: str) -> datetime:
    return _instant(value, name, prefix) or _bad(f"{prefix}{name}", "is missing")


def _postcode(value: object) -> str | None:
    text = _text(value, "postcode")
    if text is None or (len(text) == 5 and text.isascii() and text.isdigit()):
        return text
    compact = text.replace(" ", "").replace("\u00a0", "")
    if not compact.strip():
        return None
    if not re.fullmatch(r"[0-9]{5}", compact):
        _bad("postcode", f"{text!r} is not five digits")
    return compact


def _history(raw: object) -> tuple[Attempt, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        _bad("history", "must be a list")
    return tuple([_attempt(index, entry) for index, entry in enumerate(cast("list[object]", raw))])


def _attempt(index: int, entry: object) -> Attempt:
    prefix = f"history[{index}]."
    data = _mapping(entry, prefix[:-1])
    _no_unknown(data, _ATTEMPT, prefix)
    result = _one_of(data.get("result"), "result", RESULTS, prefix)
    if result is None:
        _bad(f"{prefix}result", "is missing")
    return Attempt(_needed(data.get("at"), "at", prefix), result)


def _consent(data: Mapping[str, Any]) -> Consent | None:
    _no_unknown(data, _CONSENT, "consent.")
    get, prefix = data.get, "consent."
    if get("given_at") is None and all(value is None for value in data.values()):
        return None
    slot = get("agreed_slot")
    return Consent(
        _needed(get("given_at"), "given_at", prefix),
        _instant(get("expires_at"), "expires_at", prefix),
        _instant(get("withdrawn_at"), "withdrawn_at", prefix),
        None if slot is None else _slot(_mapping(slot, "consent.agreed_slot")),
    )


def _slot(data: Mapping[str, Any]) -> Slot:
    prefix = "consent.agreed_slot."
    _no_unknown(data, _SLOT, prefix)
    slot = Slot(_needed(data.get("from"), "from", prefix), _needed(data.get("to"), "to", prefix))
    if slot.end <= slot.start:
        _bad(f"{prefix}to", "is not after from")
    return slot


def _bloctel(data: Mapping[str, Any]) -> Bloctel:
    _no_unknown(data, _BLOCTEL, "bloctel.")
    listed = data.get("listed")
    if listed is not None and not isinstance(listed, bool):
        _bad("bloctel.listed", f"must be true or false, not {listed!r}")
    return Bloctel(_instant(data.get("checked_at"), "checked_at", "bloctel."), listed)


def _request(data: Mapping[str, Any]) -> datetime | None:
    _no_unknown(data, _REQUEST, "request.")
    return _instant(data.get("at"), "at", "request.")


def checked(case: Case) -> Case:
    """The case, made by code and not read from JSON, if its words are known ones. Raises BadCase."""
    return from_json(to_json(case))


def to_json(case: Case) -> dict[str, Any]:
    """The case as `from_json` reads it: what the ledger keeps."""
    consent, slot = case.consent, case.consent.agreed_slot if case.consent else None
    return {
        "id": case.id,
        "at": case.at.isoformat(),
        "to": case.to,
        "caller_id": case.caller_id,
        "party": case.party,
        "purpose": case.purpose,
        "automated": case.automated,
        "postcode": case.postcode,
        "sector": case.sector,
        "history": [{"at": attempt.at.isoformat(), "result": attempt.result} for attempt in case.history],
        "consent": consent
        and {
            "given_at": consent.given_at.isoformat(),
            "expires_at": _iso(consent.expires_at),
            "withdrawn_at": _iso(consent.withdrawn_at),
            "agreed_slot": slot and {"from": slot.start.isoformat(), "to": slot.end.isoformat()},
        },
        "opposed_at": _iso(case.opposed_at),
        "bloctel": case.bloctel and {"checked_at": _iso(case.bloctel.checked_at), "listed": case.bloctel.listed},
        "request": {"at": case.requested_at.isoformat()} if case.requested_at else None,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
