"""What a map of a CRM is: how it is asked, where in its answers a contact stands, what is written after a call. Data.

In requests, `{name}` is a fact of ours (`filling.FACTS`); in what is taken from an answer, `{path}` leads into it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


def _text(value: object) -> object:
    """A number where text stands is that text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_text), Field(max_length=2_000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Request(_Part):
    """One request, below the map's `url`. `body`: JSON, whose texts are filled."""

    method: Method = "GET"
    path: str = Field(pattern=r"^/", max_length=500)
    query: dict[str, Text] = Field(default={}, max_length=30)
    body: Any = Field(default=None, alias="json")


class Lookup(_Part):
    """How a contact is looked up by number. What it finds is a contact only if one of its `numbers` is that number."""

    request: Request
    at: str = ""
    """Where in the answer the contacts stand: a list, or one; empty: the answer itself."""
    numbers: list[Text] = Field(min_length=1, max_length=10)
    id: Text
    name: Text
    also: dict[Name, Text] = Field(default={}, max_length=20)
    """More of the contact for later requests, as {contact.NAME}."""
    variables: dict[Name, Text] = Field(default={}, max_length=20)
    """What the agent is told, by the names of its file."""


class Seek(_Part):
    """How to find what an earlier try has written: it is not written twice."""

    request: Request
    at: str = ""
    id: Text


class Creation(_Part):
    """A contact is made, where nobody has the number and the caller said a name."""

    request: Request
    id: Text
    """Where in the answer its id stands."""


class Writing(_Part):
    """What is written after a call, once: `seek` looks first."""

    seek: Seek | None = None
    request: Request
    id: Text = ""


class Booking(Writing):
    """An appointment as an event; `cancel` takes it out, where `seek` found it."""

    cancel: Request | None = None


class After(_Part):
    """What is written, and of what: a contact, calls that were talked in, appointments."""

    contact: Creation | None = None
    call: Writing | None = None
    booking: Booking | None = None


class CrmMap(_Part):
    """A whole map."""

    name: str = Field(min_length=1, max_length=60)
    url: str = Field(default="", max_length=500)
    """Where the CRM is; `decroche crm set --url` may say it instead."""
    headers: dict[str, Text] = Field(default={}, max_length=20)
    settings: dict[Name, Text] = Field(default={}, max_length=20)
    """Facts of this client's CRM, as {setting.NAME}; `--setting NAME=VALUE` changes one."""
    unknown: list[Annotated[int, Field(ge=400, le=499)]] = Field(default=[], max_length=5)
    """Statuses by which this CRM says that there is nobody."""
    fault: str = ""
    """Where an answer of status 200 says that it is an error."""
    lookup: list[Lookup] = Field(default=[], max_length=3)
    """In order: the first that finds somebody counts."""
    after: After = After()
