"""Conversations that go on, and their end: one row each until they are records as calls are. The operations.

Each function is part of one transaction of the client's (`db.tenant`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from ari_app.desk import after, cdr, journal
from ari_app.desk.journal import Entry
from portal.people.tokens import digest
from store import jobs
from store.base.endings import Outcome
from store.base.errors import NotFound, Refused, Unavailable
from store.calls import Cdr, insert_cdr
from store.db import Conn
from store.locks import Lock, take_turns

CLOSE = "chat.close"
"""The job that ends a conversation in which nothing is written any more."""
_COLUMNS = "id, tenant_id, widget_id, entry, turn, began_at, seen_at, answering_until"


class Gone(NotFound):
    """The conversation is over."""

    code = "conversation_over"


class NotYourTurn(Refused):
    """Another line of the conversation is being answered, or this one was."""

    code = "not_your_turn"


class Crowded(Unavailable):
    """Too many conversations go on."""

    code = "chat_full"


@dataclass(frozen=True, slots=True)
class Conversation:
    """One that goes on. `turn`: lines of the visitor that were answered."""

    id: UUID
    tenant_id: UUID
    widget_id: UUID
    entry: Mapping[str, Any]
    turn: int
    began_at: datetime
    seen_at: datetime
    answering_until: datetime | None

    def at_ms(self, now: datetime) -> int:
        """Milliseconds since it began."""
        return max(0, round((now - self.began_at).total_seconds() * 1000))


def begin(
    conn: Conn, tenant_id: UUID, widget_id: UUID, conversation_id: UUID, token: str, entry: Entry, now: datetime,
    *, most: int, idle: timedelta,
) -> None:  # fmt: skip
    """A conversation begins, whose visitor holds `token`. Raises Crowded where `most` of the client's go on."""
    take_turns(conn, Lock.CHAT, str(tenant_id))
    going = conn.execute("SELECT count(*) AS n FROM chat.conversations WHERE seen_at > %s", (now - idle,)).fetchone()
    if going is not None and going["n"] >= most:
        raise Crowded(f"{most} conversations go on", hint="chat.at_once")
    conn.execute(
        """INSERT INTO chat.conversations (tenant_id, id, widget_id, token_hash, entry, began_at, seen_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        (tenant_id, conversation_id, widget_id, digest(token), Jsonb(cdr.clean(entry.as_json())), now, now),
    )
    jobs.add(conn, CLOSE, conversation_id, due_at=now + idle)


def held(conn: Conn, widget_id: UUID, token: str) -> Conversation:
    """Of who shows its token on the site it was begun on. Raises Gone."""
    with conn.cursor(row_factory=class_row(Conversation)) as cursor:
        found = cursor.execute(
            f"SELECT {_COLUMNS} FROM chat.conversations WHERE token_hash = %s AND widget_id = %s FOR UPDATE",
            (digest(token), widget_id),
        ).fetchone()
    if found is None:
        raise Gone("this conversation is over")
    return found


def get(conn: Conn, conversation_id: UUID) -> Conversation | None:
    """One of the client's; None: it is over."""
    with conn.cursor(row_factory=class_row(Conversation)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM chat.conversations WHERE id = %s FOR UPDATE", (conversation_id,)
        ).fetchone()


def claim(conn: Conn, of: Conversation, turn: int, now: datetime, longest: timedelta) -> None:
    """Its next line is being answered, for so long at the most. Raises NotYourTurn."""
    if of.answering_until is not None and of.answering_until > now:
        raise NotYourTurn("the line before is being answered", hint="wait for its answer")
    if of.turn != turn:
        raise NotYourTurn(f"the next line is {of.turn}, not {turn}", hint="read the conversation again")
    conn.execute("UPDATE chat.conversations SET answering_until = %s WHERE id = %s", (now + longest, of.id))


def answered(conn: Conn, of: Conversation, entry: Entry, now: datetime) -> None:
    """A line was answered: the conversation stands there now. Raises Gone where it was ended meanwhile."""
    done = conn.execute(
        """UPDATE chat.conversations SET entry = %s, turn = turn + 1, seen_at = %s, answering_until = NULL
            WHERE id = %s AND turn = %s""",
        (Jsonb(cdr.clean(entry.as_json())), now, of.id, of.turn),
    )
    if not done.rowcount:
        raise Gone("this conversation is over")


def let_go(conn: Conn, of: Conversation) -> None:
    """Its line could not be answered: it may be sent again."""
    conn.execute("UPDATE chat.conversations SET answering_until = NULL WHERE id = %s", (of.id,))


def finish(conn: Conn, of: Conversation, entry: Entry, side: str, now: datetime, outcome: Outcome = "answered") -> bool:
    """It is over: kept as a call is, and what follows a call follows. False where nothing was written: nothing is kept.

    `side`: who ended it, `caller`, `agent` or `system`.
    """
    conn.execute("DELETE FROM chat.conversations WHERE id = %s", (of.id,))
    if not any(turn.who == "caller" for turn in entry.notes.turns):
        return False
    turns = cdr.turns_of(entry.notes)
    record = _record(of, entry, side, now, outcome)
    if insert_cdr(conn, record, turns, cdr.actions_of(entry.notes)):
        after.follow(conn, record, turns)
    return True


def _record(of: Conversation, entry: Entry, side: str, now: datetime, outcome: Outcome) -> Cdr:
    told = entry.notes.disclosure
    made = Cdr(
        id=of.id, tenant_id=of.tenant_id, direction="inbound", caller="", callee="", started_at=of.began_at,
        answered_at=of.began_at, ended_at=max(now, of.began_at), hangup_cause=16, hangup_side="system",
        outcome=outcome, agent=entry.agent, agent_version=entry.version,
        disclosure_text=told.text if told else None, disclosure_heard_ms=told.heard_at_ms if told else None,
        slots=cdr.clean(entry.notes.slots), channel="chat",
    )  # fmt: skip
    return replace(made, hangup_side="caller" if side == "caller" else "agent" if side == "agent" else "system")


def close(conn: Conn, conversation_id: UUID, now: datetime, idle: timedelta, most: timedelta) -> datetime | None:
    """End a conversation in which nothing was written for `idle`, or that began `most` ago; None where it is over, else
    when it is to be looked at again."""
    found = get(conn, conversation_id)
    if found is None:
        return None
    due = max(min(found.seen_at + idle, found.began_at + most), found.answering_until or found.began_at)
    if now < due:
        return due
    long = now >= found.began_at + most
    finish(conn, found, journal.read(found.entry), "system", min(now, due), "max_duration" if long else "answered")
    return None
