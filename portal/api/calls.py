"""Calls: the list, one of them, what was said, its sound."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field, WithJsonSchema

from portal import sounds
from portal.api.keys import key_shown, seated
from portal.api.problems import RESPONSES
from portal.reading import calls as reading
from portal.reading import filters, one_call
from portal.reading.filters import Filters
from store.base.endings import OUTCOMES
from store.base.parties import Direction

router = APIRouter(prefix="/calls", tags=["calls"], responses=RESPONSES)

_SOUNDS: dict[str, dict[str, Any]] = {"audio/ogg": {}, "audio/wav": {}}
Key = Annotated[str, Depends(key_shown)]
ANY_TEXT = r"^[^\x00]*$"
WhatCame = Annotated[str, WithJsonSchema({"type": "string", "enum": list(OUTCOMES)})]
"""Not checked: a call that was kept before its word was settled is shown all the same."""


class Call(BaseModel):
    """A call. `price`: euros before tax as decimal text; null: without a price yet."""

    id: UUID
    started_at: str
    direction: Direction
    caller: str
    callee: str
    answered_seconds: int
    billed_seconds: int
    agent: str | None
    version: int | None
    outcome: WhatCame
    recorded: bool
    disclosure_heard: bool
    price: str | None
    currency: str | None


class Calls(BaseModel):
    """A page of calls, newest first."""

    data: list[Call]
    next: str | None = Field(description="Cursor of the page that follows; null: this is the last.")


class Turn(BaseModel):
    """What one side said; milliseconds from the answer."""

    who: Literal["caller", "agent"]
    text: str
    from_ms: int
    to_ms: int
    heard_ms: int | None
    interrupted: bool


class Transcript(BaseModel):
    """What was said in a call, in order."""

    id: UUID
    turns: list[Turn]


class Whole(BaseModel):
    """One call with its charge and the decision that allowed it."""

    id: UUID
    direction: Direction
    caller: str
    callee: str
    number: str | None
    agent: str | None
    version: int | None
    started_at: str
    answered_at: str | None
    ended_at: str
    duration_ms: int
    hangup_cause: int
    hangup_side: str
    outcome: WhatCame
    recorded: bool
    disclosure: dict[str, Any] | None
    decision: dict[str, Any] | None
    charge: dict[str, Any] | None


@router.get("", summary="Calls, newest first")
def listed(
    request: Request,
    key: Key,
    direction: Annotated[Direction | None, Query()] = None,
    agent: Annotated[str | None, Query(max_length=64, pattern=ANY_TEXT)] = None,
    outcome: Annotated[str | None, Query(max_length=64, pattern=ANY_TEXT)] = None,
    words: Annotated[str, Query(max_length=200, pattern=ANY_TEXT, description="Said in it; needs `transcripts`.")] = "",
    cursor: Annotated[str, Query(max_length=200, description="`next` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Calls:
    """A page of calls; scope `calls`. Numbers are masked without the scope `numbers`."""
    with seated(request, key, "calls") as seat:
        wanted = Filters(direction, agent or None, None, outcome or None, words=words.strip())
        rows, end = reading.find(seat, wanted, filters.after(cursor), limit)
        data = [Call.model_validate(reading.shown(row, seat)) for row in rows]
    return Calls(data=data, next=filters.written(end) if end else None)


@router.get("/{call_id}", summary="One call")
def one(request: Request, key: Key, call_id: UUID) -> Whole:
    """One call; scope `calls`."""
    with seated(request, key, "calls") as seat:
        return Whole.model_validate(one_call.facts_of(seat, call_id))


@router.get("/{call_id}/transcript", summary="What was said")
def transcript(request: Request, key: Key, call_id: UUID) -> Transcript:
    """The turns of a call; scopes `calls` and `transcripts`."""
    with seated(request, key, "calls", "transcripts") as seat:
        turns = one_call.facts_of(seat, call_id)["turns"]
    said = [Turn.model_validate(turn | {"interrupted": bool(turn["stages"].get("interrupted"))}) for turn in turns]
    return Transcript(id=call_id, turns=said)


@router.get(
    "/{call_id}/recording", summary="The sound", response_class=StreamingResponse,
    responses={200: {"content": _SOUNDS}, 206: {"content": _SOUNDS, "description": "A part"}},
)  # fmt: skip
def recording(request: Request, key: Key, call_id: UUID) -> Response:
    """The call on two channels, whole or by `Range`: Ogg Opus, older ones WAV. Scopes `calls` and `audio`.

    The log says that it was taken.
    """
    begins = request.headers.get("range", "bytes=0-").startswith("bytes=0-")
    with seated(request, key, "calls", "audio") as seat:
        sound = reading.recording(seat, call_id, request.app.state.portal.settings, told=begins)
    return sounds.answer(sound, request.headers.get("range"), str(call_id))
