"""An agent's way to the telephone: draft → tested → live, each step with who took it (contract, 4.1)."""

from __future__ import annotations

from agents.check import untold
from agents.loading import Loaded, loads
from agents.meaning.sense import Sense
from agents.trial import TrialResult, run_trial
from llm.base import Mind
from store import agents, tenants
from store.agents import AgentVersion
from store.base.actor import Actor
from store.base.errors import Refused
from store.db import Conn


class NotPublishable(Refused):
    """The version may not answer calls."""

    code = "not_publishable"


def import_text(conn: Conn, tenant: str, loaded: Loaded, *, by: Actor) -> AgentVersion:
    """Store a checked text as the agent's next draft."""
    return agents.import_version(conn, tenants.tenant_id(conn, tenant), loaded.agent.id, loaded.text, by=by)


async def held(loaded: Loaded, mind: Mind | None, sense: Sense | None = None) -> list[TrialResult]:
    """Hold the file's scripted conversations. Raises Refused where there are none."""
    if not loaded.agent.tests:
        raise Refused(f"agent {loaded.agent.id} has no scripted conversation", hint="write some under 'tests:'")
    return [await run_trial(loaded.agent, trial, mind, sense) for trial in loaded.agent.tests]


def tested(conn: Conn, version: AgentVersion, *, person: str, by: Actor) -> AgentVersion:
    """Record that `person` tested the version. Raises NotFound, Refused."""
    return agents.mark_tested(conn, version.tenant_id, version.agent, version.version, person, by=by)


def publish(conn: Conn, version: AgentVersion, *, person: str, by: Actor, reason: str = "") -> AgentVersion:
    """`person` approves the version and it goes live. Raises NotPublishable, AgentFileError, Refused."""
    agent = loads(version.yaml, version.agent).agent
    if lacks := untold(agent):
        told = "; ".join(f"{lack.message} ({lack.reference})" for lack in lacks)
        raise NotPublishable(
            f"version {version.version} of {version.agent}: {told}",
            hint="put the words into the file, import and test it again",
        )
    return agents.publish(conn, version.tenant_id, version.agent, version.version, person, by=by, reason=reason)
