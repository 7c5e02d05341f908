"""Agents and their versions: which text was tested by whom, approved by whom, and answers calls now."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from store.base.errors import NotFound, Refused
from store.db import Conn
from store.tenants import check_slug

Status = Literal["draft", "tested", "live", "retired"]

_COLUMNS = "tenant_id, agent, version, yaml, sha256, status, tested_by, tested_at, approved_by, approved_at, created_at"


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
    created_at: datetime


def import_version(conn: Conn, tenant_id: UUID, agent: str, yaml: str) -> AgentVersion:
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


def mark_tested(conn: Conn, tenant_id: UUID, agent: str, version: int, by: str) -> AgentVersion:
    """`by` has tested a draft (again, if tested before). Raises NotFound, Refused."""
    return _move(
        conn,
        "UPDATE store.agent_versions SET status = 'tested', tested_by = %(by)s, tested_at = now()"
        " WHERE tenant_id = %(tenant)s AND agent = %(agent)s AND version = %(version)s"
        "   AND status IN ('draft', 'tested')",
        tenant_id, agent, version, by, "a live or retired version is not tested again: import a new one",
    )  # fmt: skip


def publish(conn: Conn, tenant_id: UUID, agent: str, version: int, by: str) -> AgentVersion:
    """`by` approves a tested (or retired) version: it answers calls from now, the one before is retired.

    Raises NotFound; Refused when nobody has tested it (contract, 4.1).
    """
    get(conn, tenant_id, agent, version)
    # two at once take turns; then the partial unique index sees one live version
    conn.execute("SELECT 1 FROM store.agents WHERE tenant_id = %s AND name = %s FOR UPDATE", (tenant_id, agent))
    with conn.transaction():
        conn.execute(
            "UPDATE store.agent_versions SET status = 'retired'"
            " WHERE tenant_id = %s AND agent = %s AND status = 'live' AND version <> %s",
            (tenant_id, agent, version),
        )
        return _move(
            conn,
            "UPDATE store.agent_versions SET status = 'live', approved_by = %(by)s, approved_at = now()"
            " WHERE tenant_id = %(tenant)s AND agent = %(agent)s AND version = %(version)s"
            "   AND status IN ('tested', 'live', 'retired') AND tested_by IS NOT NULL",
            tenant_id, agent, version, by, f"nobody has tested it yet: decroche agent test {agent}",
        )  # fmt: skip


def retire(conn: Conn, tenant_id: UUID, agent: str, version: int, by: str) -> AgentVersion:
    """The version answers no more calls. Raises NotFound."""
    return _move(
        conn,
        "UPDATE store.agent_versions SET status = 'retired'"
        " WHERE tenant_id = %(tenant)s AND agent = %(agent)s AND version = %(version)s AND %(by)s <> ''",
        tenant_id, agent, version, by, "say who retires it",
    )  # fmt: skip


def _move(
    conn: Conn, sql: LiteralString, tenant_id: UUID, agent: str, version: int, by: str, why_not: str
) -> AgentVersion:
    """Run the UPDATE `sql`; when it matches nothing the state forbids it, and `why_not` is the hint."""
    if not by.strip():
        raise Refused("nobody is named: who does this?", hint="name a person with --by")
    found = get(conn, tenant_id, agent, version)
    values = {"tenant": tenant_id, "agent": agent, "version": version, "by": by.strip()}
    with conn.cursor(row_factory=class_row(AgentVersion)) as cursor:
        row = cursor.execute(f"{sql} RETURNING {_COLUMNS}", values).fetchone()
    if row is None:
        raise Refused(f"version {version} of agent {agent} is {found.status}", hint=why_not)
    return row
