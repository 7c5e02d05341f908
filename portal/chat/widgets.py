"""Widgets: on which sites of the client one of its agents may be written to. The operations."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from agents.loading import loads
from portal.chat.origins import origins
from store import agents
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.db import Conn

MOST = 10
"""Widgets of an agent that have not ended."""
_COLUMNS = "id, tenant_id, key, agent, origins, made_by, made_at, ended_at, ended_by"


@dataclass(frozen=True, slots=True)
class Widget:
    """`key` stands in the client's pages, for all to read; `origins`: the sites from which it opens anything."""

    id: UUID
    tenant_id: UUID
    key: str
    agent: str
    origins: Sequence[str]
    made_by: str
    made_at: datetime
    ended_at: datetime | None
    ended_by: str


@dataclass(frozen=True, slots=True)
class Route:
    """Whose a key is. `version` None: nobody answers there just now."""

    tenant_id: UUID
    tenant_status: str
    widget_id: UUID
    origins: Sequence[str]
    agent: str
    version: int | None


def add(conn: Conn, tenant_id: UUID, agent: str, sites: Iterable[str], *, by: Actor, now: datetime) -> Widget:
    """Let an agent be written to from these sites. Raises NotFound, BadInput naming what is wrong, Refused."""
    allowed = origins(sites)
    found = agents.live(conn, tenant_id, agent) or agents.get(conn, tenant_id, agent)
    if loads(found.yaml, agent).agent.direction != "inbound":
        raise BadInput(f"{agent} places calls: nobody writes to it", hint="choose one that answers", code="agent_calls")
    if sum(widget.ended_at is None for widget in listed(conn, tenant_id, agent)) >= MOST:
        raise Refused(f"there are {MOST} of {agent} already", hint="decroche chat end", code="widgets_many")
    with conn.cursor(row_factory=class_row(Widget)) as cursor:
        made = cursor.execute(
            f"""INSERT INTO chat.widgets (tenant_id, id, key, agent, origins, made_by, made_at)
                VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}""",
            (tenant_id, new_id(), f"cw_{secrets.token_urlsafe(16)}", agent, allowed, str(by), now),
        ).fetchone()
    assert made is not None
    note(conn, by, "chat.add", _subject(made.id), tenant_id, agent=agent, origins=allowed)
    return made


def listed(conn: Conn, tenant_id: UUID | None = None, agent: str | None = None) -> list[Widget]:
    """Widgets that `conn` may see, the newest first; those that have ended too."""
    with conn.cursor(row_factory=class_row(Widget)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM chat.widgets
                 WHERE (%(tenant)s::uuid IS NULL OR tenant_id = %(tenant)s)
                   AND (%(agent)s::text IS NULL OR agent = %(agent)s)
                 ORDER BY made_at DESC, id DESC""",
            {"tenant": tenant_id, "agent": agent},
        ).fetchall()


def end(conn: Conn, widget_id: UUID, *, by: Actor, now: datetime) -> Widget:
    """It opens nothing any more; a second time changes nothing. Raises NotFound (another client's too)."""
    with conn.cursor(row_factory=class_row(Widget)) as cursor:
        found = cursor.execute(f"SELECT {_COLUMNS} FROM chat.widgets WHERE id = %s", (widget_id,)).fetchone()
        if found is None:
            raise NotFound(f"no widget {widget_id}", hint="decroche chat list")
        if found.ended_at is not None:
            return found
        ended = cursor.execute(
            f"UPDATE chat.widgets SET ended_at = %s, ended_by = %s WHERE id = %s RETURNING {_COLUMNS}",
            (now, str(by), widget_id),
        ).fetchone()
    assert ended is not None
    note(conn, by, "chat.end", _subject(widget_id), ended.tenant_id, agent=ended.agent)
    return ended


def route(conn: Conn, key: str) -> Route | None:
    """Whose a key is, from any session (`db.service()`); None for one that nobody has, or that has ended."""
    with conn.cursor(row_factory=class_row(Route)) as cursor:
        return cursor.execute("SELECT * FROM chat.route(%s)", (key,)).fetchone()


def tag(widget: Widget, url: str) -> str:
    """What the client puts into its pages. `url`: the portal's public address."""
    return f'<script src="{url.rstrip("/")}/chat/v1/widget.js" data-key="{widget.key}" defer></script>'


def _subject(widget_id: UUID) -> str:
    return f"chat:{widget_id}"
