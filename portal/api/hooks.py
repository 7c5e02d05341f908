"""Web hooks: endpoints, and what was sent to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from portal.api.keys import key_shown, seated
from portal.api.once import IdempotencyKey, once
from portal.api.problems import RESPONSES, conflict
from portal.api.upon import STALE, IfMatch, read_upon
from portal.door import Seat
from portal.links.hooks import deliveries, endpoints
from portal.links.hooks.kinds import KINDS, instant
from portal.reading import filters
from portal.reading.filters import After

endpoints_router = APIRouter(prefix="/webhook-endpoints", tags=["web hooks"], responses=RESPONSES)
deliveries_router = APIRouter(prefix="/deliveries", tags=["web hooks"], responses=RESPONSES)

Key = Annotated[str, Depends(key_shown)]
State = Literal["waiting", "delivered", "failed"]
Shown = TypeVar("Shown", bound=BaseModel)


class NewEndpoint(BaseModel):
    """What is asked for. `events`: of these kinds; all of them where none is named."""

    url: str = Field(min_length=8, max_length=2000, description="https, on a public address.")
    events: list[str] = Field(default=[], max_length=100, description=", ".join(KINDS))
    name: str = Field(default="", max_length=60)


class ChangedEndpoint(BaseModel):
    """What is to be otherwise; what is left out, or null, stays as it is."""

    url: str | None = Field(default=None, min_length=8, max_length=2000, description="https, on a public address.")
    events: list[str] | None = Field(default=None, min_length=1, max_length=100, description=", ".join(KINDS))
    name: str | None = Field(default=None, max_length=60)


class Endpoint(BaseModel):
    """Where events are posted. `disabled_at`: nothing is sent since then, and `disabled_why`: away or gone."""

    id: UUID
    name: str
    url: str
    events: list[str]
    made_at: str
    took_at: str | None
    disabled_at: str | None
    disabled_why: str


class EndpointWithSecret(Endpoint):
    """An endpoint and the secret that its messages are signed with: told once."""

    secret: str


class Endpoints(BaseModel):
    """Every endpoint, the oldest first."""

    data: list[Endpoint]


class Delivery(BaseModel):
    """A message for one endpoint. `id` is in its `webhook-id` (msg_ and the id without dashes); `subject`: what it
    is about; `status`: as HTTP has it; `snippet`: how the answer began."""

    id: UUID
    endpoint: UUID
    kind: str
    subject: str
    at: str
    state: State
    tries: int
    tried_at: str | None
    next_at: str | None
    status: int | None
    snippet: str
    why: str


class Deliveries(BaseModel):
    """A page of deliveries, newest first."""

    data: list[Delivery]
    next: str | None = Field(description="Cursor of the page that follows; null: this is the last.")


def _instant(at: datetime | None) -> str | None:
    return instant(at) if at else None


def _endpoint(one: endpoints.Endpoint) -> Endpoint:
    return Endpoint(
        id=one.id, name=one.name, url=one.url, events=list(one.kinds), made_at=instant(one.made_at),
        took_at=_instant(one.took_at), disabled_at=_instant(one.disabled_at), disabled_why=one.disabled_why,
    )  # fmt: skip


def _with_secret(made: tuple[endpoints.Endpoint, str]) -> EndpointWithSecret:
    return EndpointWithSecret(**_endpoint(made[0]).model_dump(), secret=made[1])


def _delivery(one: deliveries.Delivery) -> Delivery:
    facts = asdict(one) | {name: _instant(getattr(one, name)) for name in ("at", "tried_at", "next_at")}
    return Delivery.model_validate(facts | {"endpoint": one.endpoint_id})


def _done(
    request: Request, key: str, given: str, answer: type[Shown], do: Callable[[Seat, datetime], Shown], asked: str = ""
) -> Shown:
    """A POST under the scope `hooks`, once for its Idempotency-Key."""
    now: datetime = request.app.state.clock()
    with seated(request, key, "hooks") as seat:
        words = f"POST {request.url.path} {asked}"
        return once(seat, key, given, words, now, answer, lambda: do(seat, now))


@endpoints_router.get("", summary="Endpoints")
def listed(request: Request, key: Key) -> Endpoints:
    """All of them; scope `hooks`."""
    with seated(request, key, "hooks") as seat:
        return Endpoints(data=[_endpoint(one) for one in endpoints.listed(seat.conn, seat.whose)])


@endpoints_router.post("", summary="Add one", status_code=201, responses=conflict("Too many, or the key was used"))
def add(request: Request, key: Key, wanted: NewEndpoint, idempotency_key: IdempotencyKey = "") -> EndpointWithSecret:
    """Events are posted there from now on; scope `hooks`. The secret is told in this answer only."""

    def do(seat: Seat, now: datetime) -> EndpointWithSecret:
        return _with_secret(endpoints.add(
            seat.conn, seat.whose, wanted.url, wanted.events, name=wanted.name, by=seat.by, now=now,
            of=request.app.state.portal.settings,
        ))  # fmt: skip

    return _done(request, key, idempotency_key, EndpointWithSecret, do, wanted.model_dump_json())


@endpoints_router.get("/{endpoint_id}", summary="One of them")
def one(request: Request, response: Response, key: Key, endpoint_id: UUID) -> Endpoint:
    """One endpoint; scope `hooks`. Its `ETag` goes into `If-Match` of a change."""
    with seated(request, key, "hooks") as seat:
        return _tagged(response, endpoints.get(seat.conn, endpoint_id))


def _tagged(response: Response, one: endpoints.Endpoint) -> Endpoint:
    response.headers["etag"] = f'"{endpoints.revision(one)}"'
    return _endpoint(one)


@endpoints_router.patch("/{endpoint_id}", summary="Change it", responses=STALE)
def change(
    request: Request, response: Response, key: Key, endpoint_id: UUID, wanted: ChangedEndpoint, if_match: IfMatch = ""
) -> Endpoint:
    """Another address, other events or another name; the secret stays. Scope `hooks`."""
    with seated(request, key, "hooks") as seat:
        return _tagged(response, endpoints.change(
            seat.conn, endpoint_id, url=wanted.url, kinds=wanted.events, name=wanted.name, upon=read_upon(if_match),
            by=seat.by, of=request.app.state.portal.settings,
        ))  # fmt: skip


@endpoints_router.delete("/{endpoint_id}", summary="Take it away", status_code=204)
def remove(request: Request, key: Key, endpoint_id: UUID) -> None:
    """Nothing more is sent there, and its log goes; scope `hooks`."""
    with seated(request, key, "hooks") as seat:
        endpoints.remove(seat.conn, endpoint_id, by=seat.by)


@endpoints_router.post("/{endpoint_id}:rotate", summary="Another secret", responses=conflict("The key was used"))
def rotate(request: Request, key: Key, endpoint_id: UUID, idempotency_key: IdempotencyKey = "") -> EndpointWithSecret:
    """A new secret, told in this answer only; the one before signs too for a day. Scope `hooks`."""

    def do(seat: Seat, now: datetime) -> EndpointWithSecret:
        of = request.app.state.portal.settings
        return _with_secret(endpoints.rotate(seat.conn, endpoint_id, by=seat.by, now=now, of=of))

    return _done(request, key, idempotency_key, EndpointWithSecret, do)


@endpoints_router.post("/{endpoint_id}:enable", summary="Send to it again", responses=conflict("It is not disabled"))
def enable(request: Request, key: Key, endpoint_id: UUID, idempotency_key: IdempotencyKey = "") -> Endpoint:
    """A disabled endpoint is told events again, from the next one on; scope `hooks`."""
    return _done(request, key, idempotency_key, Endpoint,
                 lambda seat, _: _endpoint(endpoints.enable(seat.conn, endpoint_id, by=seat.by)))  # fmt: skip


@endpoints_router.post(
    "/{endpoint_id}:test", summary="Send it a test", status_code=202, responses=conflict("The key was used")
)
def send_test(request: Request, key: Key, endpoint_id: UUID, idempotency_key: IdempotencyKey = "") -> Delivery:
    """A message that tells nothing, sent once; what came of it is in the delivery later. Scope `hooks`."""

    def do(seat: Seat, now: datetime) -> Delivery:
        return _delivery(deliveries.begin_test(seat.conn, endpoint_id, by=seat.by, now=now))

    return _done(request, key, idempotency_key, Delivery, do)


@deliveries_router.get("", summary="What was sent, newest first")
def sent(
    request: Request,
    key: Key,
    endpoint: Annotated[UUID | None, Query(description="Only what was sent there.")] = None,
    state: Annotated[State | None, Query()] = None,
    cursor: Annotated[str, Query(max_length=200, description="`next` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Deliveries:
    """A page of deliveries of the last thirty days; scope `hooks`."""
    with seated(request, key, "hooks") as seat:
        found = deliveries.listed(
            seat.conn, tenant_id=seat.whose, endpoint_id=endpoint, state=state, after=filters.after(cursor),
            limit=limit + 1,
        )  # fmt: skip
    end = After(found[limit - 1].made_at, found[limit - 1].id) if len(found) > limit else None
    return Deliveries(data=[_delivery(one) for one in found[:limit]], next=filters.written(end) if end else None)


@deliveries_router.get("/{delivery_id}", summary="One of them")
def one_sent(request: Request, key: Key, delivery_id: UUID) -> Delivery:
    """One delivery; scope `hooks`."""
    with seated(request, key, "hooks") as seat:
        return _delivery(deliveries.get(seat.conn, delivery_id))


@deliveries_router.post(
    "/{delivery_id}:replay", summary="Send it once more", status_code=202, responses=conflict("It is disabled")
)
def replay(request: Request, key: Key, delivery_id: UUID, idempotency_key: IdempotencyKey = "") -> Delivery:
    """The same message under the same id, with all its tries; scope `hooks`."""

    def do(seat: Seat, now: datetime) -> Delivery:
        return _delivery(deliveries.replay(seat.conn, delivery_id, by=seat.by, now=now))

    return _done(request, key, idempotency_key, Delivery, do)
