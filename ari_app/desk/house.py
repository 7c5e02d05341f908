"""What every call of this process is given: the switch, the engines, the office, the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from ari_app.desk.office import Office
from ari_app.desk.parts import Parts
from ari_app.desk.till import Till
from ari_app.switch.base import Arrival, Switch
from store.base.settings import Settings

Acquaintance = Callable[[UUID, str], Awaitable[Mapping[str, str]]]
"""(client, number) → what the client's own systems know of who has it, by the names of agents' variables."""


async def nobody(tenant_id: UUID, number: str) -> Mapping[str, str]:
    """Nobody is known."""
    return {}


@dataclass(slots=True)
class House:
    """Shared by all calls; nothing in it belongs to one."""

    settings: Settings
    switch: Switch
    parts: Parts
    office: Office
    till: Till
    carried: dict[UUID, UUID] = field(default_factory=dict[UUID, UUID])
    """Calls of this process that no agent talks in (a phone's, a diverted one), with whose they are."""
    rung: dict[str, asyncio.Future[Arrival]] = field(default_factory=dict[str, "asyncio.Future[Arrival]"])
    """Calls for which a person is rung who is to be spoken to first, by id: who came."""

    acquaintance: Acquaintance = nobody
    """Who calls: the floor above knows (`portal/links/crm`)."""

    def came(self, arrival: Arrival) -> bool:
        """A person who was rung picked up; False where nobody waits for them any more."""
        waiting = self.rung.pop(arrival.call, None)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(arrival)
        return True
