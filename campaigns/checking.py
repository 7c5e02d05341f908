"""The check before launch: how many of a campaign's people may be called now, later, never, and why.

Nothing is kept of it: each call is asked about again when it is dialled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from agents.loading import loads
from campaigns.campaigns import Campaign
from campaigns.lawful import asked
from campaigns.planning.verdicts import Verdict, verdict
from compliance.ledgers.ledger import foreseen
from store import agents, bookings
from store.db import Conn

EXAMPLES = 20
_BLOCK = 1000


@dataclass(slots=True)
class Check:
    """`why`: reason → people it holds back; `law`: reason → its articles (none: the campaign's own hours or days)."""

    counts: Counter[str] = field(default_factory=lambda: Counter({"now": 0, "later": 0, "never": 0}))
    why: Counter[str] = field(default_factory=Counter[str])
    law: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    examples: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def add(self, e164: str, name: str, found: Verdict) -> None:
        """One more person."""
        self.counts[found.when] += 1
        self.why.update(list(found.why))
        self.law.update({reason: list(articles) for reason, articles in found.why.items()})
        if found.why and len(self.examples) < EXAMPLES:
            law = sorted({article for articles in found.why.values() for article in articles})
            self.examples.append(
                {"e164": e164, "name": name, "when": found.when, "at": found.at, "reasons": list(found.why), "law": law}
            )

    def as_json(self) -> dict[str, Any]:
        """now, later, never; reasons {reason: people}; law {reason: [article]}; examples."""
        return {**self.counts, "reasons": dict(self.why.most_common()), "law": self.law, "examples": self.examples}


def check(conn: Conn, tenant_id: UUID, campaign: Campaign, now: datetime) -> Check:
    """Judge every person of the campaign's lists, each once, as the law and the ledgers stand at `now` (aware)."""
    found = Check()
    for person, verdict_ in judged(conn, tenant_id, campaign, now):
        found.add(person["e164"], person["name"], verdict_)
    return found


def judged(conn: Conn, tenant_id: UUID, campaign: Campaign, now: datetime) -> Iterator[tuple[dict[str, Any], Verdict]]:
    """Every person of the campaign's lists, each once (e164, name, postcode, party, fields), and when they may be
    called."""
    agent = loads(agents.get(conn, tenant_id, campaign.agent, campaign.agent_version).yaml, campaign.agent).agent
    calendar, after = campaign.calendar, ""
    read = _people if campaign.reminds is None else _appointed
    while people := read(conn, tenant_id, campaign, after, now):
        requests = [
            asked(agent, campaign.agent, purpose=campaign.purpose, goods=campaign.goods,
                  party=person["party"] or campaign.party, caller_id=campaign.caller_id, to=person["e164"],
                  postcode=person["postcode"])
            for person in people
        ]  # fmt: skip
        for person, law in zip(people, foreseen(conn, tenant_id, requests, now), strict=True):
            yield person, verdict(now, calendar, law)
        after = people[-1]["e164"]


def _appointed(conn: Conn, tenant_id: UUID, campaign: Campaign, after: str, now: datetime) -> list[dict[str, Any]]:
    """Those who stand in the diary of a campaign that reminds."""
    found = {one.phone: one.name for one in bookings.find(conn, tenant_id=tenant_id, agent=campaign.reminds,
                                                          since=now) if one.phone}  # fmt: skip
    none: dict[str, Any] = {}
    return [
        {"e164": e164, "name": found[e164], "postcode": "", "party": campaign.party, "fields": none}
        for e164 in sorted(found) if e164 > after
    ][:_BLOCK]  # fmt: skip


def _people(conn: Conn, tenant_id: UUID, campaign: Campaign, after: str, _now: datetime) -> list[dict[str, Any]]:
    return conn.execute(
        """SELECT c.e164, c.name, c.postcode, c.party, c.fields FROM campaigns.contacts c
            WHERE c.tenant_id = %(tenant)s AND c.e164 > %(after)s
              AND EXISTS (SELECT 1 FROM campaigns.list_members m
                           WHERE m.tenant_id = c.tenant_id AND m.contact_id = c.id AND m.list = ANY (%(lists)s))
            ORDER BY c.e164 LIMIT %(block)s""",
        {"tenant": tenant_id, "after": after, "lists": campaign.lists, "block": _BLOCK},
    ).fetchall()
