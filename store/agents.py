"""Agents and their versions: which text was tested by whom, approved by whom, and answers calls now."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from store.audit import note
from store.base.actor import Actor
from store.base.errors import NotFound, Refused
from store.db import Conn
from store.tenants import check_slug

Status = Literal["draft", "tested", "live", "retired"]

_COLUMNS = (
    "tenant_id, agent, version, yaml, sha256, status, tested_by, tested_at, approved_by, approved_at,"
    " approval_reason, created_at"
)


@dataclass(frozen=True, slots=True)
class AgentVersion:
    """One text of an agent. `sha256` is of the YAML's UTF-8 bytes; times are UTC."""

    tenant_id: UUID
    agent: str
    version: int
    yaml: str
    sha256: str
    status: Status
    tested_by: str | None
    tested_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    approval_reason: str
    """Why the person who tested it approved it too; empty where another did."""
    created_at: datetime


def import_version(conn: Conn, tenant_id: UUID, agent: str, yaml: str, *, by: Actor) -> AgentVersion:
    """Store `yaml` as the agent's next draft, making the agent when new; the same text again is itself."""
    check_slug("agent", agent)
    sha256 = hashlib.sha256(yaml.encode()).hexdigest()
    conn.execute(
        "INSERT INTO store.agents (tenant_id, name) VALUES (%s, %s) ON CONFLICT DO NOTHING", (tenant_id, agent)
    )
    # numbers are given one writer at a time
    conn.execute("SELECT 1 FROM store.agents WHERE tenant_id = %s AND name = %s FOR UPDATE", (tenant_id, agent))
    conn.execute(
        """INSERT INTO store.agent_versions (tenant_id, agent, version, yaml, sha256)
           SELECT %(tenant)s, %(agent)s, coalesce(max(version), 0) + 1, %(yaml)s, %(sha256)s
             FROM store.agent_versions WHERE tenant_id = %(tenant)s AND agent = %(agent)s
           ON CONFLICT (tenant_id, agent, sha256) DO NOTHING""",
        {"tenant": tenant_id, "agent": agent, "yaml": yaml, "sha256": sha256},
    )
    with conn.cursor(row_factory=class_row(AgentVersion)) as cursor:
        row = cursor.execute(
            f"SELECT {_COLUMNS} FROM store.agent_versions WHERE tenant_id = %s AND agent = %s AND sha256 = %s",
            (tenant_id, agent, sha256),
        ).fetchone()
    assert row is not None
    note(conn, by, "agent.import", _subject(row), tenant_id)
    return row


def get(conn: Conn, tenant_id: UUID, agent: str, version: int | None = None) -> AgentVersion:
    """One version, the newest when `version` is None. Raises NotFound."""
    with conn.cursor(row_factory=class_row(AgentVersion)) as cursor:
        row = cursor.execute(
            f"""SELECT {_COLUMNS} FROM store.agent_versions
                 WHERE tenant_id = %(tenant)s AND agent = %(agent)s
                   AND (%(version)s::integer IS NULL OR version = %(version)s)
                 ORDER BY version DESC LIMIT 1""",
            {"tenant": tenant_id, "agent": agent, "version": version},
        ).fetchone()
    if row is None:
        what = f"agent {agent}" if version is None else f"version {version} of agent {agent}"
        raise NotFound(f"no {what}", hint="decroche agent list")
    return row


def live(conn: Conn, tenant_id: UUID, agent: str) -> AgentVersion | None:
    """The version that answers calls, if there is one."""
    with conn.cursor(row_factory=class_row(AgentVersion)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM store.agent_versions WHERE tenant_id = %s AND agent = %s AND status = 'live'",
            (tenant_id, agent),
        ).fetchone()


def listed(conn: Conn, tenant_id: UUID | None = None) -> list[AgentVersion]:
    """Every version `conn` may see, of one tenant if named; newest first in each agent."""
    with conn.cursor(row_factory=class_row(AgentVersion)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM store.agent_versions
                 WHERE %(tenant)s::uuid IS NULL OR tenant_id = %(tenant)s
                 ORDER BY tenant_id, agent, version DESC""",
            {"tenant": tenant_id},
        ).fetchall()


def mark_tested(conn: Conn, tenant_id: UUID, agent: str, version: int, person: str, *, by: Actor) -> AgentVersion:
    """`person` has tested a draft (again, if tested before). Raises NotFound, Refused."""
    made = _move(
        conn,
        "UPDATE store.agent_versions SET status = 'tested', tested_by = %(person)s, tested_at = now()"
        " WHERE tenant_id = %(tenant)s AND agent = %(agent)s AND version = %(version)s"
        "   AND status IN ('draft', 'tested')",
        tenant_id, agent, version, person, "a live or retired version is not tested again: import a new one",
    )  # fmt: skip
    note(conn, by, "agent.test", _subject(made), tenant_id)
    return made


def publish(
    conn: Conn, tenant_id: UUID, agent: str, version: int, person: str, *, by: Actor, reason: str = ""
) -> AgentVersion:
    """`person` approves a tested (or retired) version: it answers calls from now, the one before is retired.

    `reason`: why it is the person who tested it, where it is; kept. Raises NotFound; Refused when nobody has tested it,
    or the same person did and gives no reason (contract, 4.1; the database holds both).
    """
    found = get(conn, tenant_id, agent, version)
    alone = (found.tested_by or "").strip().lower() == person.strip().lower() != ""
    if alone and not reason.strip():
        raise Refused(
            f"version {version} of agent {agent} was tested by {found.tested_by}, who cannot approve it alone",
            hint="another person approves it (--by), or write why one is enough (--reason)",
        )
    # two at once take turns; then the partial unique index sees one live version
    conn.execute("SELECT 1 FROM store.agents WHERE tenant_id = %s AND name = %s FOR UPDATE", (tenant_id, agent))
    with conn.transaction():
        conn.execute(
            "UPDATE store.agent_versions SET status = 'retired'"
            " WHERE tenant_id = %s AND agent = %s AND status = 'live' AND version <> %s",
            (tenant_id, agent, version),
        )
        made = _move(
            conn,
            "UPDATE store.agent_versions SET status = 'live', approved_by = %(person)s, approved_at = now(),"
            " approval_reason = %(reason)s"
            " WHERE tenant_id = %(tenant)s AND agent = %(agent)s AND version = %(version)s"
            "   AND status IN ('tested', 'live', 'retired') AND tested_by IS NOT NULL",
            tenant_id, agent, version, person, f"nobody has tested it yet: decroche agent test {agent}",
            reason=reason.strip() if alone else "",
        )  # fmt: skip
    note(conn, by, "agent.publish", _subject(made), tenant_id, alone=alone)
    return made


def retire(conn: Conn, tenant_id: UUID, agent: str, version: int, person: str, *, by: Actor) -> AgentVersion:
    """The version answers no more calls. Raises NotFound."""
    made = _move(
        conn,
        "UPDATE store.agent_versions SET status = 'retired'"
        " WHERE tenant_id = %(tenant)s AND agent = %(agent)s AND version = %(version)s AND %(person)s <> ''",
        tenant_id, agent, version, person, "say who retires it",
    )  # fmt: skip
    note(conn, by, "agent.retire", _subject(made), tenant_id)
    return made


def _subject(version: AgentVersion) -> str:
    return f"agent:{version.agent}@{version.version}"


def _move(
    conn: Conn, sql: LiteralString, tenant_id: UUID, agent: str, version: int, person: str, why_not: str,
    reason: str = "",
) -> AgentVersion:  # fmt: skip
    """Run the UPDATE `sql`; when it matches nothing the state forbids it, and `why_not` is the hint."""
    if not person.strip():
        raise Refused("nobody is named: who does this?", hint="name a person with --by")
    found = get(conn, tenant_id, agent, version)
    values = {"tenant": tenant_id, "agent": agent, "version": version, "person": person.strip(), "reason": reason}
    with conn.cursor(row_factory=class_row(AgentVersion)) as cursor:
        row = cursor.execute(f"{sql} RETURNING {_COLUMNS}", values).fetchone()
    if row is None:
        raise Refused(f"version {version} of agent {agent} is {found.status}", hint=why_not)
    return row
