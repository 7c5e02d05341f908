"""What is done with tickets: the operations that pages, the API and commands call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, LiteralString
from uuid import UUID

from portal.support import standing, tickets
from portal.support.standing import ALLOWED, Standing
from portal.support.terms import level
from portal.support.tickets import SEVERITIES, About, Post, Ticket
from portal.support.wording import Kind
from store import events, jobs
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.db import Conn, turned_to

TELL = "ticket.tell"
"""The job that mails one post to one reader: `POST/PERSON`, or `POST/operator`."""
MOST_SUBJECT, MOST_TEXT = 150, 10_000
MOST_AN_HOUR = 60
"""What one client's people and systems write: each post is a mail to the operator."""


def side_of(who: Actor) -> Literal["client", "operator"]:
    """On whose side somebody stands: a client's people and systems act for a tenant."""
    return "operator" if who.tenant_id is None else "client"


def open_ticket(
    conn: Conn, tenant_id: UUID, subject: str, text: str, severity: str, about: About | None, *, by: Actor,
    now: datetime,
) -> Ticket:  # fmt: skip
    """A question of a client's; its answer is due by the clock of working hours. Raises BadInput naming the field,
    NotFound for a call, an invoice or a number that is not the client's, Refused for one too many within an hour."""
    subject, text = " ".join(subject.split()), text.strip()
    if not 1 <= len(subject) <= MOST_SUBJECT or "\0" in subject:
        raise BadInput(f"subject: 1 to {MOST_SUBJECT} characters", code="subject_wrong")
    _check(text)
    if severity not in SEVERITIES:
        raise BadInput(f"severity: {severity!r} is none", hint=f"one of {', '.join(SEVERITIES)}", code="severity_wrong")
    if about is not None:
        _exists(conn, tenant_id, about)
    _not_too_often(conn, tenant_id, by, now)
    made = standing.opened(now, ALLOWED[level(conn, tenant_id, now)][severity])
    kind, what = (about.kind, about.id) if about else (None, None)
    ids = {"tenant": tenant_id, "id": new_id()}
    row = conn.execute(
        """INSERT INTO support.tickets (tenant_id, id, subject, severity, about_kind, about_id, state, answer_due,
                                        opened_by, opened_at, changed_at)
           VALUES (%(tenant)s, %(id)s, %(subject)s, %(severity)s, %(kind)s, %(what)s, 'open', %(due)s, %(by)s,
                   %(now)s, %(now)s) RETURNING number""",
        ids | {"subject": subject, "severity": severity, "kind": kind, "what": what, "due": made.due_at,
               "by": str(by), "now": now},
    ).fetchone()  # fmt: skip
    assert row is not None
    ticket = tickets.get(conn, row["number"])
    post = _write(conn, ticket, text, by, now)
    note(conn, by, "ticket.open", f"ticket:{ticket.number}", tenant_id, severity=severity, about=kind or "")
    _tell(conn, ticket, post, "ticket.opened", by)
    return ticket


def answer(conn: Conn, number: int, text: str, *, by: Actor, now: datetime, waits: bool = False) -> Ticket:
    """Somebody writes in a ticket, and the other side is told by mail; a closed one is open again.

    `waits`: the operator asks something, and the clock stands still until the client has written. Raises NotFound,
    BadInput, Refused for one too many within an hour.
    """
    _check(text := text.strip())
    ticket = tickets.get(conn, number, lock=True)
    _not_too_often(conn, ticket.tenant_id, by, now)
    post = _write(conn, ticket, text, by, now)
    allowed = ALLOWED[level(conn, ticket.tenant_id, now)][ticket.severity]
    if side_of(by) == "client":
        after = standing.asked(ticket.standing, now, allowed)
    else:
        after = standing.answered(ticket.standing, now, allowed, waits=waits)
    _become(conn, ticket, after, now)
    note(conn, by, "ticket.post", f"ticket:{number}", ticket.tenant_id, state=after.state)
    _tell(conn, ticket, post, "ticket.answered", by)
    return tickets.get(conn, number)


def remark(conn: Conn, number: int, text: str, *, by: Actor, now: datetime) -> Ticket:
    """A note of the operator's own (operator): nobody is told, no client reads it, and the clock runs on.

    Raises NotFound, BadInput, Refused for a client.
    """
    if side_of(by) == "client":
        raise Refused("an internal note is the operator's")
    _check(text := text.strip())
    ticket = tickets.get(conn, number, lock=True)
    _write(conn, ticket, text, by, now, internal=True)
    note(conn, by, "ticket.note", f"ticket:{number}")  # of no tenant: it does not stand in the client's journal
    return ticket


def close(conn: Conn, number: int, *, by: Actor, now: datetime) -> Ticket:
    """It is settled; whoever writes in it later opens it again. Raises NotFound, Refused for a closed one."""
    ticket = tickets.get(conn, number, lock=True)
    if ticket.state == "closed":
        raise Refused(f"ticket {number} is closed already", code="ticket_closed")
    _become(conn, ticket, standing.closed(ticket.standing), now)
    note(conn, by, "ticket.close", f"ticket:{number}", ticket.tenant_id)
    with turned_to(conn, ticket.tenant_id):
        events.note(conn, "ticket.closed", str(number))
    return tickets.get(conn, number)


def look(conn: Conn, number: int, *, by: Actor) -> tuple[Ticket, list[Post]]:
    """A ticket with all that is written in it, for somebody of the operator's: the client's journal says so."""
    ticket = tickets.get(conn, number)
    note(conn, by, "ticket.look", f"ticket:{number}", ticket.tenant_id)
    return ticket, tickets.posts(conn, ticket)


def _check(text: str) -> None:
    if not 1 <= len(text) <= MOST_TEXT or "\0" in text:
        raise BadInput(f"text: 1 to {MOST_TEXT} characters", code="text_wrong")


def _not_too_often(conn: Conn, tenant_id: UUID, by: Actor, now: datetime) -> None:
    if side_of(by) == "operator":
        return
    row = conn.execute(
        "SELECT count(*) AS n FROM support.posts WHERE tenant_id = %s AND side = 'client' AND at > %s",
        (tenant_id, now - timedelta(hours=1)),
    ).fetchone()
    if row and row["n"] >= MOST_AN_HOUR:
        raise Refused(
            f"{MOST_AN_HOUR} messages within an hour are as many as are taken", hint="write again in an hour",
            code="tickets_many",
        )  # fmt: skip


_THERE: Mapping[Kind, LiteralString] = {
    "call": "SELECT 1 FROM store.calls WHERE tenant_id = %s AND id::text = %s",
    "invoice": "SELECT 1 FROM billing.invoices WHERE tenant_id = %s AND number = %s",
    "number": "SELECT 1 FROM store.numbers WHERE tenant_id = %s AND e164 = %s",
}


def _exists(conn: Conn, tenant_id: UUID, about: About) -> None:
    try:
        wanted = str(UUID(about.id)) if about.kind == "call" else about.id
    except ValueError:
        wanted = ""
    if "\0" in wanted or conn.execute(_THERE[about.kind], (tenant_id, wanted)).fetchone() is None:
        raise NotFound(f"no {about.kind} {about.id[:64]!r} of this client", code="about_unknown")


def _write(conn: Conn, ticket: Ticket, text: str, by: Actor, now: datetime, *, internal: bool = False) -> Post:
    post = Post(new_id(), ticket.id, side_of(by), internal, str(by), text, now)
    conn.execute(
        """INSERT INTO support.posts (tenant_id, id, ticket_id, side, internal, author, text, at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        (ticket.tenant_id, post.id, ticket.id, post.side, internal, post.author, text, now),
    )
    return post


def _become(conn: Conn, ticket: Ticket, after: Standing, now: datetime) -> None:
    conn.execute(
        """UPDATE support.tickets SET state = %s, answer_due = %s, left_seconds = %s, changed_at = %s, closed_at = %s
            WHERE tenant_id = %s AND id = %s""",
        (
            after.state, after.due_at, None if after.left is None else int(after.left.total_seconds()), now,
            now if after.state == "closed" else None, ticket.tenant_id, ticket.id,
        ),
    )  # fmt: skip


def _tell(conn: Conn, ticket: Ticket, post: Post, kind: str, by: Actor) -> None:
    """The other side is told by mail, and whoever reads events."""
    to = ["operator"] if side_of(by) == "client" else [str(one) for one in _readers(conn, ticket)]
    with turned_to(conn, ticket.tenant_id):
        for who in to:
            jobs.add(conn, TELL, f"{post.id}/{who}", priority=10)
        events.note(conn, kind, str(ticket.number))


def _readers(conn: Conn, ticket: Ticket) -> list[UUID]:
    """Those of the client who wrote in it and may still see it; else those who hold the account."""
    rows = conn.execute(
        """SELECT r.person_id, r.holds,
                  EXISTS (SELECT FROM support.posts p WHERE p.tenant_id = %(tenant)s AND p.ticket_id = %(ticket)s
                             AND p.author = 'person:' || r.email) AS wrote
             FROM support.readers(%(tenant)s, %(kind)s) r ORDER BY r.person_id""",
        {"tenant": ticket.tenant_id, "ticket": ticket.id, "kind": ticket.about_kind},
    ).fetchall()
    return [row["person_id"] for row in rows if row["wrote"]] or [row["person_id"] for row in rows if row["holds"]]
