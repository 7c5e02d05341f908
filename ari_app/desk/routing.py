"""Who answers a number, and which number an agent shows: routes, versions, fallbacks. Every method runs in a thread."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

from agents.definition import Agent
from agents.loading import loads
from ari_app.desk.office_types import Answerable
from store import agents, numbers, tenants
from store.base.errors import NotFound, Refused, Unavailable
from store.base.spreadsheet import PARIS
from store.db import Database

ANSWER_SECONDS = 10.0
"""How long a call in waits to hear who answers it, ringing meanwhile: then it goes to its fallback."""


class OfficeAway(Unavailable):
    """The office does not answer."""

    code = "office_away"


class NoAgent(Refused):
    """No live agent answers this number."""

    code = "no_agent"


class Routing:
    """One per process; thread safe. A version that was read once is kept."""

    def __init__(self, db: Database, answer_seconds: float = ANSWER_SECONDS) -> None:
        self.db, self._answer_seconds = db, answer_seconds
        self._agents: dict[tuple[UUID, str, int], Agent] = {}

    async def who_answers(self, dialled: str) -> Answerable | None:
        """The agent that answers a number; None when nobody has it. Raises NoAgent when nobody is live, OfficeAway."""
        try:
            async with asyncio.timeout(self._answer_seconds):
                return await asyncio.to_thread(self._who_answers, dialled)
        except TimeoutError as error:
            raise OfficeAway(f"{dialled}: nobody said within {self._answer_seconds:.0f} s who answers") from error

    def _who_answers(self, dialled: str) -> Answerable | None:
        with self.db.service() as conn:
            route = numbers.route(conn, dialled)
        if route is None:
            return None
        if route.agent is None or route.version is None or route.tenant_status != "active":
            raise NoAgent(
                f"{dialled}: no live agent, or its tenant is {route.tenant_status}",
                hint="decroche agent publish NAME; decroche number assign",
            )
        return self._answerable(route.tenant_id, route.agent, route.version, dialled, route.fallback or "")

    async def route(self, dialled: str) -> numbers.Route | None:
        """Whose number this is, and where it falls back to; None when nobody has it."""
        return await asyncio.to_thread(self._route, dialled)

    def _route(self, dialled: str) -> numbers.Route | None:
        with self.db.service() as conn:
            return numbers.route(conn, dialled)

    def _answerable(self, tenant_id: UUID, name: str, version: int, number: str, fallback: str = "") -> Answerable:
        key = (tenant_id, name, version)
        with self.db.tenant(tenant_id) as conn:
            (tenant,) = tenants.listed(conn)  # row-level security: its own row is all it sees
            if key not in self._agents:
                self._agents[key] = loads(agents.get(conn, tenant_id, name, version).yaml, name).agent
        agent = self._agents[key]
        return Answerable(tenant_id, tenant.slug, number, agent, name, version, agent.time_zone, fallback)

    async def version_of(self, who: Answerable, agent: str) -> Answerable:
        """Another live agent of the same client, on the same number. Raises NotFound, NoAgent."""
        return await asyncio.to_thread(self._version_of, who, agent)

    def _version_of(self, who: Answerable, name: str) -> Answerable:
        with self.db.tenant(who.tenant_id) as conn:
            live = agents.live(conn, who.tenant_id, name)
        if live is None:
            raise NoAgent(f"agent {name} of {who.tenant} has no live version", hint=f"decroche agent publish {name}")
        return self._answerable(who.tenant_id, name, live.version, who.number, who.fallback)

    async def version_left(self, tenant_id: UUID, name: str, version: int, number: str) -> Answerable:
        """The agent's version that talked in a call, live or not, on a number. Raises NotFound, AgentFileError."""
        return await asyncio.to_thread(self._version_left, tenant_id, name, version, number)

    def _version_left(self, tenant_id: UUID, name: str, version: int, number: str) -> Answerable:
        route = self._route(number)
        fallback = (route.fallback or "") if route is not None and route.tenant_id == tenant_id else ""
        return self._answerable(tenant_id, name, version, number, fallback)

    async def caller_for(self, tenant: str, agent: str) -> Answerable:
        """The live version of a tenant's agent and the number it shows. Raises NotFound, NoAgent."""
        return await asyncio.to_thread(self._caller_for, tenant, agent)

    def _caller_for(self, slug: str, name: str) -> Answerable:
        with self.db.operator() as conn:
            tenant_id = tenants.tenant_id(conn, slug)
            live = agents.live(conn, tenant_id, name)
            owned = numbers.listed(conn, tenant_id)
        if live is None:
            raise NoAgent(f"agent {name} of {slug} has no live version", hint=f"decroche agent publish {name}")
        owned = [n for n in owned if n.ported_on is None or n.ported_on <= datetime.now(PARIS).date()]
        shown = next((n for n in owned if n.agent == name), None) or next(iter(owned), None)
        if shown is None:
            raise NotFound(f"tenant {slug} has no number to show", hint="decroche number assign")
        return self._answerable(tenant_id, name, live.version, shown.e164)

    async def live_agents(self) -> list[Answerable]:
        """Every live agent that answers a number: what can be prepared beforehand."""
        return await asyncio.to_thread(self._live_agents)

    def _live_agents(self) -> list[Answerable]:
        with self.db.operator() as conn:
            everything = numbers.listed(conn)
        found: list[Answerable] = []
        for number in everything:
            try:
                who = self._who_answers(number.e164) if number.tenant_id else None
            except NoAgent:
                continue
            if who is not None:
                found.append(who)
        return found

    async def number_map(self) -> dict[str, str]:
        """Every assigned number with its fallback ('' = none, or none that may be rung now), for the switch."""
        return await asyncio.to_thread(self._number_map)

    def _number_map(self) -> dict[str, str]:
        from billing.charges.legs import barred

        with self.db.operator() as conn:
            silent = barred(conn)
            owned = [(n.e164, n.fallback or "", n.tenant_id) for n in numbers.listed(conn) if n.tenant_id is not None]
        return {number: "" if owner in silent else fallback for number, fallback, owner in owned}

    def owned(self, tenant_id: UUID, party: str) -> str | None:
        """`party`, where it is one of the client's numbers."""
        with self.db.operator() as conn:
            return next((n.e164 for n in numbers.listed(conn, tenant_id) if n.e164 == party), None)

    def tenant_of(self, slug: str) -> UUID:
        """The id of a client by its name. Raises NotFound."""
        with self.db.operator() as conn:
            return tenants.tenant_id(conn, slug)
