"""What calls and the office tell each other: who answers, and how a call ended. Plain data."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from agents.definition import Agent
from ari_app.desk.lifecycle import Lifecycle
from ari_app.desk.record import Notes
from ari_app.desk.recording import Recording
from store.base.parties import Parties

LEASE_MARGIN = 120
"""Seconds a lease outlives the longest call."""

NODE = socket.gethostname()
"""Which machine carries a call, where the settings do not say: `settings.node` is this, or what they say."""


@dataclass(frozen=True, slots=True)
class Answerable:
    """An agent's live version, and whose it is."""

    tenant_id: UUID
    tenant: str
    number: str
    agent: Agent
    agent_name: str
    version: int
    timezone: str
    fallback: str = ""
    """Where its number falls back to, E.164; '': nowhere."""

    def now(self) -> datetime:
        """The time it is for the tenant."""
        return datetime.now(UTC).astimezone(ZoneInfo(self.timezone))


@dataclass(frozen=True, slots=True)
class CallEnd:
    """All that is known of a call that ended."""

    id: UUID
    parties: Parties
    leg: str
    who: Answerable
    life: Lifecycle
    notes: Notes
    variables: dict[str, str]
    decision_id: UUID | None
    recording: Recording | None


@dataclass(frozen=True, slots=True)
class CallOrder:
    """A call to place. `purpose` as compliance knows it; `at`: the instant it is judged at (None: now)."""

    tenant: str
    agent: str
    to: str
    purpose: str = ""
    party: str = "consumer"
    postcode: str = ""
    variables: Mapping[str, str] | None = None
    at: datetime | None = None
    check_only: bool = False
