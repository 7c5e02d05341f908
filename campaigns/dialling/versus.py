"""Two versions of an agent in one campaign: each person is one version's; what each came to, and how sure that is.

Which version a person is called with is told by their id, so that every try of theirs is the same version's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from agents.loading import loads
from campaigns.campaigns import Campaign
from campaigns.planning.intervals import Share, difference, wilson
from store import agents
from store.db import Conn

GOALS = frozenset({"book", "callback", "message"})
"""What a call is won by: one of these actions was done in it."""


def won(said: Collection[str]) -> bool:
    """Whether the actions that were done in a call win it."""
    return not GOALS.isdisjoint(said)


def version_of(campaign: Campaign, target_id: UUID) -> int:
    """With which version of the agent this person is called."""
    if campaign.versus is None:
        return campaign.agent_version
    return campaign.versus if hashlib.sha256(target_id.bytes).digest()[0] & 1 else campaign.agent_version


def variables(conn: Conn, tenant_id: UUID, campaign: Campaign) -> frozenset[str]:
    """What the agent, in every version that calls, must be given of a person."""
    versions = {campaign.agent_version, campaign.versus or campaign.agent_version}
    texts = [agents.get(conn, tenant_id, campaign.agent, version).yaml for version in versions]
    return frozenset(name for text in texts for name in loads(text, campaign.agent).agent.variables)


@dataclass(frozen=True, slots=True)
class Arm:
    """One version: calls that ended, people who picked up themselves, and how many of those calls were won."""

    version: int
    calls: int
    share: Share

    def as_json(self) -> dict[str, Any]:
        """version, calls, reached, won, share and the interval (low, high), 0 to 1."""
        value = self.share.value
        return {
            "version": self.version, "calls": self.calls, "reached": self.share.of, "won": self.share.won,
            "share": None if value is None else round(value, 3),
            "low": round(self.share.low, 3), "high": round(self.share.high, 3),
        }  # fmt: skip


def arms(conn: Conn, tenant_id: UUID, name: str) -> list[Arm]:
    """What each version came to, the lower first; a person counts once, however often they were called."""
    rows = conn.execute(
        """SELECT agent_version AS version, count(*) AS calls,
                  count(DISTINCT target_id) FILTER (WHERE picked_up = 'human') AS reached,
                  count(DISTINCT target_id) FILTER (WHERE picked_up = 'human' AND won) AS won
             FROM campaigns.tries
            WHERE tenant_id = %s AND campaign = %s AND outcome <> '' AND agent_version IS NOT NULL
              AND target_id IS NOT NULL
            GROUP BY 1 ORDER BY 1""",
        (tenant_id, name),
    ).fetchall()
    return [Arm(row["version"], row["calls"], wilson(row["won"], row["reached"])) for row in rows]


def compared(found: list[Arm]) -> dict[str, Any] | None:
    """The later version's share less the earlier's: between `low` and `high`, 19 times in 20; `shown`: it is no chance.
    None unless there are two."""
    if len(found) != 2:
        return None
    low, high = difference(found[0].share, found[1].share)
    versions = [arm.version for arm in found]
    return {"versions": versions, "low": round(low, 3), "high": round(high, 3), "shown": low > 0 or high < 0}
