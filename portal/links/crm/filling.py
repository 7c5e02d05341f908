"""Requests filled with facts, and contacts taken out of answers. Pure.

Facts and answers are other people's text: in an address they are quoted, in JSON they are values, in a header they hold
no line's end; none is ever read as a template again.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote, urlencode

from portal.links.crm.definition import CrmMap, Lookup, Request
from store.base.numbering import read

Facts = Mapping[str, Any]
"""Fact → its value: text, a whole number, or None where there is none."""

NUMBER = ("number.e164", "number.national", "number.digits", "number.like")
PERSON = ("person.name", "person.first", "person.last")
TIMES = ("", "_utc", "_unix")
CALL = (
    *(f"call.{name}" for name in ("id", "way", "agent", "outcome", "seconds", "summary", "tags", "page")),
    *(f"call.{name}{form}" for name in ("started", "ended") for form in TIMES),
)
BOOKING = (
    *(f"booking.{name}" for name in ("id", "name", "note", "agent")),
    *(f"booking.{name}{form}" for name in ("starts", "ends") for form in TIMES),
)
"""Of an appointment. Times: ISO 8601 as it is for the client; `_utc`: 2026-11-24 14:30:00; `_unix`: seconds."""

MOST_TEXT, MOST_VARIABLE = 4_000, 80
_FIELD = re.compile(r"\{([^{}]*)\}")
_STEP = re.compile(r"\[(\d{1,4})\]|\.?([A-Za-z_][\w-]*)")


@dataclass(frozen=True, slots=True)
class Ready:
    """A request as it goes out. `content`: None where it has no body."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom the CRM knows by a number. `variables`: for the agent, by their names; `also`: for later requests."""

    id: str | int
    name: str
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    also: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def facts(self) -> dict[str, Any]:
        """As requests name them."""
        more = {f"contact.{name}": value for name, value in self.also.items()}
        return {"contact.id": self.id, "contact.name": self.name, **more}


def number_facts(number: str) -> dict[str, str]:
    """A number (E.164) as CRMs hold it. `like`: for SQL's LIKE, whatever stands between its digits."""
    found = read(number)
    national = number.removeprefix("+") if found is None else found.national
    shown = f"0{national}" if found is not None and found.french and not found.short else number.removeprefix("+")
    pairs = [national[0], *(national[at : at + 2] for at in range(1, len(national), 2))] if national else []
    return {
        "number.e164": number, "number.national": shown, "number.digits": number.removeprefix("+"),
        "number.like": "%" + "%".join(pairs),
    }  # fmt: skip


# -- out


def names_in(template: str) -> list[str]:
    """What stands in braces, in order."""
    return _FIELD.findall(template)


def texts_of(value: Any) -> list[str]:
    """Every text in a JSON value, its keys aside."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for each in cast("Mapping[str, Any]", value).values() for text in texts_of(each)]
    if isinstance(value, list):
        return [text for each in cast("list[Any]", value) for text in texts_of(each)]
    return []


def templates(request: Request) -> list[str]:
    """Every text of a request that is filled."""
    return [request.path, *request.query.values(), *texts_of(request.body)]


def filled(the_map: CrmMap, url: str, request: Request, facts: Facts) -> Ready:
    """A request with its facts in place. `url`: where this client's CRM is."""
    path = _FIELD.sub(lambda found: quote(plain(facts.get(found[1])), safe=""), request.path)
    query = [(key, text(value, facts)) for key, value in request.query.items()]
    where = url.rstrip("/") + path + (f"?{urlencode(query, quote_via=quote)}" if query else "")
    own = {name: _one_line(text(value, facts)) for name, value in the_map.headers.items()}
    headers = {"Accept": "application/json"} | {name: value for name, value in own.items() if value}
    if request.body is None:
        return Ready(request.method, where, headers, None)
    content = json.dumps(body(request.body, facts), ensure_ascii=False).encode()
    return Ready(request.method, where, headers | {"Content-Type": "application/json; charset=utf-8"}, content)


def text(template: str, facts: Facts) -> str:
    """A text with its facts."""
    return _FIELD.sub(lambda found: plain(facts.get(found[1])), template)


def body(value: Any, facts: Facts) -> Any:
    """A JSON value with its facts. A text that is one fact alone keeps its kind; an entry without a value is gone."""
    if isinstance(value, str):
        alone = _FIELD.fullmatch(value)
        return facts.get(alone[1]) if alone else text(value, facts)
    if isinstance(value, Mapping):
        made = {key: body(each, facts) for key, each in cast("Mapping[str, Any]", value).items()}
        return {key: each for key, each in made.items() if each is not None}
    if isinstance(value, list):
        return [body(each, facts) for each in cast("list[Any]", value)]
    return value


def plain(value: Any) -> str:
    """A value as text: none and false are nothing, as CRMs mean them; lists and objects are no text."""
    if isinstance(value, bool) or value is None or isinstance(value, list | Mapping):
        return ""
    return str(value)[:MOST_TEXT]


def _one_line(value: str) -> str:
    return "".join(each for each in value if each.isprintable())


# -- in


def reach(value: Any, path: str) -> Any:
    """What stands at `path` (`result[0].name`; empty: the value itself); None where nothing does."""
    for index, key in _STEP.findall(path):
        if index:
            there = cast("list[Any]", value) if isinstance(value, list) else []
            value = there[int(index)] if int(index) < len(there) else None
        else:
            value = cast("Mapping[str, Any]", value).get(key) if isinstance(value, Mapping) else None
    return value


def is_path(path: str) -> bool:
    """Whether `reach` can read it."""
    return not path or re.sub(_STEP, "", path) == ""


def taken(template: str, answer: Any) -> Any:
    """What a template of paths says of an answer: one path alone keeps its kind."""
    alone = _FIELD.fullmatch(template)
    if alone:
        return reach(answer, alone[1])
    return " ".join(_FIELD.sub(lambda found: plain(reach(answer, found[1])), template).split())


def id_in(template: str, answer: Any) -> str | int | None:
    """An id that an answer tells; None where it tells none."""
    found = taken(template, answer)
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        return None
    return found if isinstance(found, int) else found[:100]


def contact(lookup: Lookup, answer: Any, number: str) -> Contact | None:
    """The contact in an answer who has this number (E.164); None: nobody in it has."""
    there = reach(answer, lookup.at)
    for one in cast("Sequence[Any]", there) if isinstance(there, list) else [there]:
        if not isinstance(one, Mapping) or not any(_is(plain(taken(each, one)), number) for each in lookup.numbers):
            continue
        known = id_in(lookup.id, one)
        if known is None:
            continue
        told = {name: said(taken(template, one)) for name, template in lookup.variables.items()}
        also = {name: taken(template, one) for name, template in lookup.also.items()}
        return Contact(
            known, said(taken(lookup.name, one)), {name: value for name, value in told.items() if value},
            {name: value if isinstance(value, int) and not isinstance(value, bool) else plain(value) or None
             for name, value in also.items()},
        )  # fmt: skip
    return None


def _is(written: str, number: str) -> bool:
    found = read(written)
    return found is not None and found.e164 == number


def said(value: Any) -> str:
    """Somebody's text as an agent may say it: a line of letters, digits and plain signs, short."""
    line = unicodedata.normalize("NFC", plain(value))
    kept = "".join(each if each.isalnum() or each in "'’-.,:&/()+@°%€" else " " for each in line)
    return " ".join(kept.split())[:MOST_VARIABLE].strip()
