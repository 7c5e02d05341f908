"""What a campaign has come to: counts, minutes, money, refusals; and its people, one by one. Read only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from billing.charges.ledger import spell
from campaigns.campaigns import Campaign, get
from campaigns.dialling.versus import Arm, arms, compared
from store.db import Conn

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Report:
    """`people`: state → how many; `outcomes`: what their last call came to, or why there is none → how many; `waits`:
    the reasons of those who wait or were refused → how many; `calls`: ended calls' outcome → how many."""

    campaign: Campaign
    people: dict[str, int]
    outcomes: dict[str, int]
    waits: dict[str, int]
    calls: dict[str, int]
    answered: int
    talked_ms: int
    cost_micros: int
    versions: list[Arm]

    def as_json(self) -> dict[str, Any]:
        """name, state, why it is paused, people, outcomes, waits, calls, answered, minutes, cost (a decimal, EUR);
        versions: of the agent, each with its share of calls won; their difference."""
        counts = {key: asdict(self)[key] for key in ("people", "outcomes", "waits", "calls", "answered")}
        return {
            "name": self.campaign.name, "state": self.campaign.state, "paused_why": self.campaign.paused_why, **counts,
            "minutes": round(self.talked_ms / 60_000, 1), "cost": spell(self.cost_micros),
            "budget": spell(self.campaign.budget_micros) if self.campaign.budget_micros else None,
            "versions": [arm.as_json() for arm in self.versions], "difference": compared(self.versions),
        }  # fmt: skip


def report(conn: Conn, tenant_id: UUID, name: str) -> Report:
    """Where a campaign stands. Raises NotFound."""
    campaign = get(conn, tenant_id, name)
    key = (tenant_id, name)
    targets = "FROM campaigns.targets WHERE tenant_id = %s AND campaign = %s"
    tries = "FROM campaigns.tries WHERE tenant_id = %s AND campaign = %s"
    sums = conn.execute(
        f"""SELECT coalesce(sum(talked_ms), 0)::bigint AS talked, coalesce(sum(cost_micros), 0)::bigint AS cost,
                   count(*) FILTER (WHERE talked_ms > 0) AS answered {tries}""",
        key,
    ).fetchone()
    assert sums is not None
    return Report(
        campaign,
        _counted(conn, f"SELECT state AS what, count(*) AS n {targets} GROUP BY 1", key),
        _counted(conn, f"SELECT outcome AS what, count(*) AS n {targets} AND outcome <> '' GROUP BY 1", key),
        _counted(
            conn, f"SELECT w AS what, count(*) AS n FROM (SELECT unnest(why) AS w {targets}) AS r GROUP BY 1", key
        ),
        _counted(conn, f"SELECT outcome AS what, count(*) AS n {tries} AND outcome <> '' GROUP BY 1", key),
        sums["answered"],
        sums["talked"],
        sums["cost"],
        arms(conn, tenant_id, name),
    )


def _counted(conn: Conn, query: str, key: tuple[UUID, str]) -> dict[str, int]:
    """The most frequent first; a name decides where two are as frequent."""
    rows = conn.execute(f"{query} ORDER BY 2 DESC, 1", key)  # pyright: ignore[reportCallIssue, reportArgumentType]
    return {row["what"]: row["n"] for row in rows}


@dataclass(frozen=True, slots=True)
class Line:
    """A person of a campaign; times are UTC. `last_call`: the id of their last call."""

    e164: str
    name: str
    state: str
    outcome: str
    why: list[str]
    tries: int
    due_at: datetime | None
    last_at: datetime | None
    talked_ms: int
    last_call: UUID | None


EXPORTED = ("e164", "name", "state", "outcome", "why", "tries", "due_at", "last_at", "talked_ms", "last_call")


def lines(conn: Conn, tenant_id: UUID, name: str) -> Iterator[Line]:
    """Its people in the order of their numbers, read by pages. Raises NotFound."""
    get(conn, tenant_id, name)
    after = ""
    while True:
        with conn.cursor(row_factory=class_row(Line)) as cursor:
            page = cursor.execute(
                """SELECT t.e164, t.name, t.state, t.outcome, t.why, t.tries,
                          CASE WHEN t.state = 'waiting' THEN t.due_at END AS due_at,
                          l.admitted_at AS last_at, coalesce(l.talked_ms, 0) AS talked_ms, l.call_id AS last_call
                     FROM campaigns.targets t
                     LEFT JOIN LATERAL (SELECT admitted_at, talked_ms, call_id FROM campaigns.tries r
                                         WHERE r.tenant_id = t.tenant_id AND r.target_id = t.id
                                         ORDER BY admitted_at DESC LIMIT 1) l ON true
                    WHERE t.tenant_id = %s AND t.campaign = %s AND t.e164 > %s ORDER BY t.e164 LIMIT %s""",
                (tenant_id, name, after, _PAGE),
            ).fetchall()
        if not page:
            return
        yield from page
        after = page[-1].e164
