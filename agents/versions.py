"""An agent's way to the telephone: draft → tested → live, each step with who took it (contract, 4.1)."""

from __future__ import annotations

from uuid import UUID

from agents.check import untold
from agents.loading import Loaded, loads
from agents.meaning.sense import Sense
from agents.trial import TrialResult, run_trial
from compliance.people import declarations
from llm.base import Mind
from store import agents, tenants
from store.agents import AgentVersion
from store.base.actor import Actor
from store.base.errors import BadInput, Refused
from store.db import Conn


class NotPublishable(Refused):
    """The version may not answer calls."""

    code = "not_publishable"


class WrittenMeanwhile(Refused):
    """Somebody else wrote a newer version."""

    code = "written_meanwhile"


def import_text(conn: Conn, tenant: str, loaded: Loaded, *, by: Actor) -> AgentVersion:
    """Store a checked text as the agent's next draft."""
    return agents.import_version(conn, tenants.tenant_id(conn, tenant), loaded.agent.id, loaded.text, by=by)


def write(conn: Conn, tenant_id: UUID, agent: str, loaded: Loaded, *, upon: int, by: Actor) -> AgentVersion:
    """Store a checked text as the next draft of `agent`, written upon version `upon`.

    Raises BadInput where the text is another agent's; WrittenMeanwhile where `upon` is not the newest any more.
    """
    if loaded.agent.id != agent:
        raise BadInput(f"id: the text is of {loaded.agent.id!r}, not of {agent!r}", code="agent_id",
                       hint="an agent keeps its id; another one is imported")  # fmt: skip
    newest = agents.get(conn, tenant_id, agent)
    if newest.version != upon:
        raise WrittenMeanwhile(f"version {newest.version} of {agent} was written since version {upon} was read",
                               hint="read it, and make the change again")  # fmt: skip
    return agents.import_version(conn, tenant_id, agent, loaded.text, by=by)


async def held(loaded: Loaded, mind: Mind | None, sense: Sense | None = None) -> list[TrialResult]:
    """Hold the file's scripted conversations. Raises Refused where there are none."""
    if not loaded.agent.tests:
        raise Refused(f"agent {loaded.agent.id} has no scripted conversation", hint="write some under 'tests:'")
    return [await run_trial(loaded.agent, trial, mind, sense) for trial in loaded.agent.tests]


def tested(conn: Conn, version: AgentVersion, *, person: str, by: Actor) -> AgentVersion:
    """Record that `person` tested the version. Raises NotFound, Refused."""
    return agents.mark_tested(conn, version.tenant_id, version.agent, version.version, person, by=by)


def publish(conn: Conn, version: AgentVersion, *, person: str, by: Actor, reason: str = "") -> AgentVersion:
    """`person` approves the version and it goes live. Raises NotPublishable, AgentFileError, Refused;
    DeclarationMissing or AgreementMissing where a word on sensitive data is wanting (contract, 6.2 f)."""
    agent = loads(version.yaml, version.agent).agent
    if lacks := untold(agent):
        told = "; ".join(f"{lack.message} ({lack.reference})" for lack in lacks)
        raise NotPublishable(
            f"version {version.version} of {version.agent}: {told}",
            hint="put the words into the file, import and test it again",
        )
    declarations.needed(declarations.held(conn, version.tenant_id))
    return agents.publish(conn, version.tenant_id, version.agent, version.version, person, by=by, reason=reason)
