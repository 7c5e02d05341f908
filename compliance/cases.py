"""A case: the facts of one call that is to be placed, read from JSON and checked field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, NoReturn, cast

from compliance import numbers
from compliance.rulebook import PARTIES, PURPOSES
from store.errors import BadInput

SECTORS = ("energy_renovation", "renewable_energy", "housing_adaptation", "training_account")
RESULTS = ("no_answer", "answered", "refused")


class BadCase(BadInput):
    """A case is wrong."""

    code = "bad_case"

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(f"{field_name}: {message}")
        self.field = field_name
        self.reason = message


@dataclass(frozen=True, slots=True)
class Attempt:
    """An earlier call or attempt, at a UTC instant."""

    at: datetime
    result: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A date and time the person precisely agreed to, UTC, end excluded."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent, UTC instants."""

    given_at: datetime
    expires_at: datetime | None = None
    withdrawn_at: datetime | None = None
    agreed_slot: Slot | None = None


@dataclass(frozen=True, slots=True)
class Bloctel:
    """The last answer of Bloctel; `listed` None: no answer for this number."""

    checked_at: datetime | None
    listed: bool | None


@dataclass(frozen=True, slots=True)
class Case:
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
    history: tuple[Attempt, ...] = field(default=())
    consent: Consent | None = None
    opposed_at: datetime | None = None
    bloctel: Bloctel | None = None
    requested_at: datetime | None = None


_KNOWN = frozenset("request" if f.name == "requested_at" else f.name for f in fields(Case))

_ATTEMPT = frozenset({"at", "result"})

_CONSENT = frozenset({"given_at", "expires_at", "withdrawn_at", "agreed_slot"})

_SLOT = frozenset({"from", "to"})

_BLOCTEL = frozenset({"checked_at", "listed"})

_REQUEST = frozenset({"at"})


def from_json(raw: object) -> Case:
    """A case from parsed JSON. Raises BadCase naming the field, as in `history[1].at`."""
    data = _mapping(raw, "case")
    _no_unknown(data, _KNOWN, "")
    case_id = data.get("id")
    if case_id is not None and (isinstance(case_id, bool) or not isinstance(case_id, str | int)):
        _bad("id", "must be text or a whole number")
    if isinstance(case_id, str) and not case_id.isprintable():
        _bad("id", "holds characters that cannot be printed")
    consent, bloctel, request = data.get("consent"), data.get("bloctel"), data.get("request")
    caller_id = _text(data, "caller_id")
    if not numbers.masked(caller_id) and numbers.read_shown(caller_id or "") is None:
        _bad("caller_id", f"{caller_id!r} is not a telephone number")
    return Case(
        id=case_id,
        at=_instant(data, "at") or _bad("at", "is missing: an instant such as 2026-11-23T10:30:00+01:00"),
        to=_required_text(data, "to"),
        caller_id=caller_id,
        party=_one_of(data, "party", PARTIES) or "consumer",
        purpose=_one_of(data, "purpose", PURPOSES) or "canvassing",
        automated=_flag(data, "automated", default=True),
        postcode=_postcode(data),
        sector=_one_of(data, "sector", SECTORS),
        history=_history(data.get("history")),
        consent=None if consent is None else _consent(_mapping(consent, "consent")),
        opposed_at=_instant(data, "opposed_at"),
        bloctel=None if bloctel is None else _bloctel(_mapping(bloctel, "bloctel")),
        requested_at=None if request is None else _request(_mapping(request, "request")),
    )


def _bad(name: str, message: str) -> NoReturn:
    raise BadCase(name, message)


def _mapping(raw: object, name: str) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        _bad(name, "must be a JSON object")
    return cast(Mapping[str, Any], raw)


def _no_unknown(data: Mapping[str, Any], known: frozenset[str], prefix: str) -> None:
    if known.issuperset(data):
        return
    for key in data:
        if key not in known:
            near = get_close_matches(key, sorted(known), 1)
            _bad(f"{prefix}{key}", f"unknown field{f'; did you mean {near[0]}?' if near else ''}")


def _text(data: Mapping[str, Any], name: str, prefix: str = "") -> str | None:
    value = data.get(name)
    if value is not None and not isinstance(value, str):
        _bad(f"{prefix}{name}", f"must be text, not {value!r}")
    return value


def _required_text(data: Mapping[str, Any], name: str) -> str:
    value = _text(data, name)
    if value is None:
        _bad(name, "is missing")
    return value


def _one_of(data: Mapping[str, Any], name: str, known: tuple[str, ...], prefix: str = "") -> str | None:
    if data.get(name) in known:  # nearly always; `known` holds texts only
        return data[name]
    value = _text(data, name, prefix)
    if value is not None:
        _bad(f"{prefix}{name}", f"{value!r} is none of {', '.join(known)}")
    return value


def _flag(data: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = data.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        _bad(name, f"must be true or false, not {value!r}")
    return value


def _instant(data: Mapping[str, Any], name: str, prefix: str = "") -> datetime | None:
    if data.get(name) is None:
        return None
    value = _text(data, name, prefix) or ""
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as error:
        _bad(f"{prefix}{name}", f"{value!r} is not an instant such as 2026-11-23T10:30:00+01:00 ({error})")
    offset = parsed.utcoffset()
    if offset is None:
        _bad(f"{prefix}{name}", f"{value!r} has no offset from UTC, such as +01:00")
    if abs(offset) > timedelta(hours=14):
        _bad(f"{prefix}{name}", f"{value!r}: no place on Earth is that far from UTC")
    if not 1900 < parsed.year < 3000:
        _bad(f"{prefix}{name}", f"{value!r}: the year is out of range")
    return parsed.astimezone(UTC)


def _needed(data: Mapping[str, Any], name: str, prefix: str) -> datetime:
    return _instant(data, name, prefix) or _bad(f"{prefix}{name}", "is missing")


def _postcode(data: Mapping[str, Any]) -> str | None:
    value = _text(data, "postcode")
    if value is None or not value.strip():
        return None
    compact = value.replace(" ", "").replace("\u00a0", "")
    if not re.fullmatch(r"[0-9]{5}", compact):
        _bad("postcode", f"{value!r} is not five digits")
    return compact


def _history(raw: object) -> tuple[Attempt, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        _bad("history", "must be a list")
    attempts: list[Attempt] = []
    for index, entry in enumerate(cast(list[object], raw)):
        prefix = f"history[{index}]"
        data = _mapping(entry, prefix)
        _no_unknown(data, _ATTEMPT, f"{prefix}.")
        result = _one_of(data, "result", RESULTS, f"{prefix}.")
        if result is None:
            _bad(f"{prefix}.result", "is missing")
        attempts.append(Attempt(_needed(data, "at", f"{prefix}."), result))
    return tuple(attempts)


def _consent(data: Mapping[str, Any]) -> Consent | None:
    _no_unknown(data, _CONSENT, "consent.")
    if all(value is None for value in data.values()):
        return None
    slot = data.get("agreed_slot")
    return Consent(
        given_at=_needed(data, "given_at", "consent."),
        expires_at=_instant(data, "expires_at", "consent."),
        withdrawn_at=_instant(data, "withdrawn_at", "consent."),
        agreed_slot=None if slot is None else _slot(_mapping(slot, "consent.agreed_slot")),
    )


def _slot(data: Mapping[str, Any]) -> Slot:
    prefix = "consent.agreed_slot."
    _no_unknown(data, _SLOT, prefix)
    slot = Slot(_needed(data, "from", prefix), _needed(data, "to", prefix))
    if slot.end <= slot.start:
        _bad(f"{prefix}to", "is not after from")
    return slot


def _bloctel(data: Mapping[str, Any]) -> Bloctel:
    _no_unknown(data, _BLOCTEL, "bloctel.")
    listed = data.get("listed")
    if listed is not None and not isinstance(listed, bool):
        _bad("bloctel.listed", f"must be true or false, not {listed!r}")
    return Bloctel(_instant(data, "checked_at", "bloctel."), listed)


def _request(data: Mapping[str, Any]) -> datetime | None:
    _no_unknown(data, _REQUEST, "request.")
    return _instant(data, "at", "request.")


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
