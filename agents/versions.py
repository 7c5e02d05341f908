"""An agent's way to the telephone: draft → tested → live, each step with who took it (contract, 4.1)."""

from __future__ import annotations

from agents.check import untold
from agents.loading import Loaded, loads
from store import agents, audit, tenants
from store.agents import AgentVersion
from store.base.errors import Refused
from store.db import Conn


class NotPublishable(Refused):
    """The version may not answer calls."""

    code = "not_publishable"


def import_text(conn: Conn, tenant: str, loaded: Loaded, *, who: str) -> AgentVersion:
    """Store a checked text as the agent's next draft."""
    tenant_id = tenants.tenant_id(conn, tenant)
    made = agents.import_version(conn, tenant_id, loaded.agent.id, loaded.text)
    audit.append(conn, who=who, action="agent.import", subject=_subject(made), tenant_id=tenant_id)
    return made


def tested(conn: Conn, version: AgentVersion, *, by: str, who: str) -> AgentVersion:
    """Record that `by` tested the version."""
    made = agents.mark_tested(conn, version.tenant_id, version.agent, version.version, by)
    audit.append(conn, who=who, action="agent.test", subject=_subject(made), tenant_id=made.tenant_id)
    return made


def publish(conn: Conn, version: AgentVersion, *, by: str, who: str) -> AgentVersion:
    """`by` approves the version and it goes live. Raises NotPublishable, AgentFileError, Refused."""
    agent = loads(version.yaml, version.agent).agent
    if lacks := untold(agent):
        told = "; ".join(f"{lack.message} ({lack.reference})" for lack in lacks)
        raise NotPublishable(
            f"version {version.version} of {version.agent}: {told}",
            hint="put the words into the file, import and test it again",
        )
    made = agents.publish(conn, version.tenant_id, version.agent, version.version, by)
    audit.append(conn, who=who, action="agent.publish", subject=_subject(made), tenant_id=made.tenant_id)
    return made


def _subject(version: AgentVersion) -> str:
    return f"agent:{version.agent}@{version.version}"
