"""Support tickets: the list, one of them, opened and answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from portal.api.keys import key_shown, seated
from portal.api.once import IdempotencyKey, once
from portal.api.problems import RESPONSES, Problem
from portal.door import Seat
from portal.support import tickets, writing
from portal.support.standing import Severity, State
from portal.support.tickets import RIGHTS, About, Post
from portal.support.wording import Kind, said_by
from portal.support.writing import MOST_SUBJECT, MOST_TEXT

REUSED = "The Idempotency-Key came with another request before."
router = APIRouter(prefix="/tickets", tags=["tickets"],
                   responses=RESPONSES | {409: {"model": Problem, "description": REUSED}})  # fmt: skip

Key = Annotated[str, Depends(key_shown)]
Number = Annotated[int, Path(ge=1, lt=2**63, description="As people call it.")]
TEXT = r"^[^\x00]*\S[^\x00]*$"


class Subject(BaseModel):
    """What a ticket is about: a call by its id, an invoice by its number, a telephone number as E.164."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind
    id: str = Field(min_length=1, max_length=64, pattern=r"^[^\x00]*$")


class Question(BaseModel):
    """A new ticket."""

    model_config = ConfigDict(extra="forbid")
    subject: str = Field(min_length=1, max_length=MOST_SUBJECT, pattern=TEXT)
    text: str = Field(min_length=1, max_length=MOST_TEXT, pattern=TEXT)
    severity: Severity = "minor"
    about: Subject | None = Field(None, description="Needs `calls` for a call or a number, `invoices` for an invoice.")


class Message(BaseModel):
    """What is written in a ticket."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=1, max_length=MOST_TEXT, pattern=TEXT)


class Ticket(BaseModel):
    """A ticket. `answer_due`: by when the operator answers, in working hours; null: nothing is owed now."""

    number: int
    subject: str
    severity: Severity
    about: Subject | None
    state: State
    answer_due: str | None
    opened_at: str
    changed_at: str


class Tickets(BaseModel):
    """A page of tickets, newest first."""

    data: list[Ticket]
    next: int | None = Field(description="Cursor of the page that follows; null: this is the last.")


class Said(BaseModel):
    """What one side wrote; `author`: of the client's own, "" of the operator's."""

    side: Literal["client", "operator"]
    author: str
    text: str
    at: str


class Whole(Ticket):
    """A ticket with what was written in it, in order."""

    posts: list[Said]


def _shown(of: tickets.Ticket) -> dict[str, Any]:
    return {
        "number": of.number, "subject": of.subject, "severity": of.severity, "state": of.state,
        "about": {"kind": of.about_kind, "id": of.about_id} if of.about_kind else None,
        "answer_due": of.answer_due.isoformat() if of.answer_due else None,
        "opened_at": of.opened_at.isoformat(), "changed_at": of.changed_at.isoformat(),
    }  # fmt: skip


def _whole(seat: Seat, of: tickets.Ticket) -> Whole:
    said = [_said(post) for post in tickets.posts(seat.conn, of)]
    return Whole.model_validate(_shown(of) | {"posts": said})


def _said(of: Post) -> dict[str, Any]:
    author = said_by(of.author) if of.side == "client" else ""
    return {"side": of.side, "author": author, "text": of.text, "at": of.at.isoformat()}


@router.get("", summary="Tickets, newest first")
def listed(
    request: Request, key: Key, state: Annotated[State | None, Query()] = None,
    cursor: Annotated[int | None, Query(ge=1, lt=2**63, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Tickets:  # fmt: skip
    """Those that the key may see; scope `tickets`."""
    with seated(request, key, "tickets") as seat:
        found = tickets.listed(seat.conn, state=state or "", before=cursor, limit=limit + 1)
    page = found[:limit]
    return Tickets(data=[Ticket.model_validate(_shown(one)) for one in page],
                   next=page[-1].number if len(found) > limit else None)  # fmt: skip


@router.get("/{number}", summary="One ticket")
def one(request: Request, key: Key, number: Number) -> Whole:
    """One with what was written in it; scope `tickets`."""
    with seated(request, key, "tickets") as seat:
        return _whole(seat, tickets.get(seat.conn, number))


@router.post("", summary="Open a ticket", status_code=201)
def ask(request: Request, key: Key, question: Question, idempotency_key: IdempotencyKey = "") -> Whole:
    """A new one; scope `tickets`, and the one that opens what it is about. The operator is told by mail."""
    now: datetime = request.app.state.clock()
    with seated(request, key, "tickets") as seat:
        about = About(question.about.kind, question.about.id) if question.about else None
        if about is not None:
            seat.needs(RIGHTS[about.kind])

        def done() -> Whole:
            made = writing.open_ticket(
                seat.conn, seat.whose, question.subject, question.text, question.severity, about, by=seat.by, now=now
            )
            return _whole(seat, made)

        asked = f"POST {request.url.path} {question.model_dump_json()}"
        return once(seat, key, idempotency_key, asked, now, Whole, done)


@router.post("/{number}/posts", summary="Write in a ticket", status_code=201)
def answer(request: Request, key: Key, number: Number, message: Message, idempotency_key: IdempotencyKey = "") -> Whole:
    """A closed one is open again; scope `tickets`. The operator is told by mail."""
    now: datetime = request.app.state.clock()
    with seated(request, key, "tickets") as seat:

        def done() -> Whole:
            return _whole(seat, writing.answer(seat.conn, number, message.text, by=seat.by, now=now))

        asked = f"POST {request.url.path} {message.model_dump_json()}"
        return once(seat, key, idempotency_key, asked, now, Whole, done)
