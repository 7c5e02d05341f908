"""A campaign as it is kept: written once, approved by another person than its author."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from campaigns.lawful import fit
from campaigns.planning.hours import Calendar, spans
from campaigns.planning.pacing import Pace
from campaigns.planning.reminding import SAYS, lacking
from campaigns.planning.retries import Again, kept, policy_of, read
from store import agents, numbers
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.db import Conn
from store.tenants import check_slug
from store.tenants import listed as tenants_listed

_COLUMNS = (
    "name, agent, agent_version, purpose, goods, party, caller_id, begins_on, ends_on, weekdays, hours, timezone,"
    " per_minute, at_once, budget_micros, retries, state, made_by, made_at, approved_by, approved_at, approval_reason,"
    " paused_why, running_since, ended_at, versus, reminds, before_hours, filled_at"
)


MOST_HOURS = 14 * 24
"""A reminder is given two weeks before an appointment at the earliest."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asks for. `hours` as `hours.spans` reads them, `retry` as `retries.read`; `weekdays` 1 (Monday) to
    7; `budget_micros`: what its calls may cost, 0: no bound of its own."""

    name: str
    agent: str
    lists: tuple[str, ...]
    purpose: str
    begins_on: date
    ends_on: date
    goods: str = ""
    party: str = "consumer"
    hours: str = ""
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    per_minute: int = 10
    at_once: int = 2
    budget_micros: int = 0
    retry: tuple[str, ...] = ()
    versus: int = 0
    """Another version of the agent, with which half of the people are called; 0: none."""
    reminds: str = ""
    """The agent whose diary fills it, in place of lists: each appointment's person is called `before_hours` before."""
    before_hours: int = 24


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign; times are UTC, `hours` by the clock of `timezone`. `running_since`: its last launch or resumption."""

    name: str
    agent: str
    agent_version: int
    purpose: str
    goods: str
    party: str
    caller_id: str
    begins_on: date
    ends_on: date
    weekdays: list[int]
    hours: str
    timezone: str
    per_minute: int
    at_once: int
    budget_micros: int
    retries: dict[str, list[int | None]]
    state: str
    made_by: str
    made_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    approval_reason: str
    paused_why: str
    running_since: datetime | None
    ended_at: datetime | None
    versus: int | None
    reminds: str | None
    before_hours: int | None
    filled_at: datetime | None
    lists: list[str]

    @property
    def calendar(self) -> Calendar:
        """Its days and hours."""
        days = frozenset(self.weekdays)
        return Calendar(self.begins_on, self.ends_on, days, spans(self.hours), ZoneInfo(self.timezone))

    @property
    def policy(self) -> dict[str, Again]:
        """Who is tried again: its own rules over the house's."""
        return policy_of(self.retries)

    @property
    def pace(self) -> Pace:
        """How many calls it may have in progress, and begin a minute."""
        return Pace(self.at_once, self.per_minute)


_SELECT = f"""
SELECT {_COLUMNS}, ARRAY(SELECT l.list FROM campaigns.campaign_lists l
                          WHERE (l.tenant_id, l.campaign) = (c.tenant_id, c.name) ORDER BY 1) AS lists
  FROM campaigns.campaigns c
"""


def add(conn: Conn, tenant_id: UUID, wanted: Wanted, person: str, *, by: Actor) -> Campaign:
    """Write a campaign, in `person`'s name, for the agent's live version. Raises BadInput, NotFound, Refused."""
    check_slug("name", wanted.name)
    spans(wanted.hours)
    if wanted.ends_on < wanted.begins_on:
        raise BadInput("to: it ends before it begins", hint="--from and --to are days, both included")
    live = agents.live(conn, tenant_id, wanted.agent)
    if live is None:
        raise NotFound(f"agent {wanted.agent} has no live version", hint=f"decroche agent publish {wanted.agent}")
    agent = fit(live.yaml, wanted.agent, wanted.purpose, wanted.goods)
    _filled(conn, tenant_id, wanted, frozenset(agent.variables))
    if wanted.versus:
        _compared(conn, tenant_id, wanted, live.version)
    (tenant,) = [each for each in tenants_listed(conn) if each.id == tenant_id]
    try:
        with conn.transaction():
            conn.execute(
                """INSERT INTO campaigns.campaigns (tenant_id, name, agent, agent_version, purpose, goods, party,
                          caller_id, begins_on, ends_on, weekdays, hours, timezone, per_minute, at_once, made_by,
                          budget_micros, retries, versus, reminds, before_hours)
                   VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
                (tenant_id, wanted.name, wanted.agent, live.version, wanted.purpose, wanted.goods, wanted.party,
                 _shown(conn, tenant_id, wanted.agent), wanted.begins_on, wanted.ends_on, list(wanted.weekdays),
                 wanted.hours, tenant.timezone, wanted.per_minute, wanted.at_once, person.strip(),
                 wanted.budget_micros, Jsonb(kept(read(wanted.retry))), wanted.versus or None,
                 wanted.reminds or None, wanted.before_hours if wanted.reminds else None),
            )  # fmt: skip
            for name in wanted.lists:
                conn.execute("INSERT INTO campaigns.campaign_lists VALUES (%s, %s, %s)", (tenant_id, wanted.name, name))
    except psycopg.errors.UniqueViolation as error:
        raise BadInput(f"name: there is a campaign {wanted.name} already", hint="decroche campaign list") from error
    except psycopg.errors.ForeignKeyViolation as error:
        raise NotFound(f"no list among {', '.join(wanted.lists)}", hint="decroche contact list") from error
    note(conn, by, "campaign.add", f"campaign:{wanted.name}", tenant_id)
    return get(conn, tenant_id, wanted.name)


def _filled(conn: Conn, tenant_id: UUID, wanted: Wanted, variables: frozenset[str]) -> None:
    """Lists say whom it calls, or a diary does. Raises BadInput, NotFound."""
    if bool(wanted.lists) == bool(wanted.reminds):
        raise BadInput("whom does it call?", hint="--list LIST, or --reminds AGENT, whose diary fills it")
    if not wanted.reminds:
        return
    agents.get(conn, tenant_id, wanted.reminds)
    if not 1 <= wanted.before_hours <= MOST_HOURS:
        raise BadInput(f"before: {wanted.before_hours} hours is not between 1 and {MOST_HOURS}", hint="--before 24")
    if unknown := lacking(variables):
        raise BadInput(
            f"agent {wanted.agent} asks for {', '.join(unknown)}, which no appointment says",
            hint=f"variables: [{', '.join(names[0] for names in SAYS.values())}]",
        )


def _compared(conn: Conn, tenant_id: UUID, wanted: Wanted, live: int) -> None:
    """The version beside the live one: another, and one that was approved. Raises NotFound, Refused, WrongPurpose."""
    other = agents.get(conn, tenant_id, wanted.agent, wanted.versus)
    if other.version == live or other.status not in ("live", "retired") or not other.approved_by:
        raise Refused(
            f"version {wanted.versus} of agent {wanted.agent} is no version to compare with version {live}",
            hint="--versus names one that was live before: decroche agent list",
        )
    fit(other.yaml, wanted.agent, wanted.purpose, wanted.goods)


def _shown(conn: Conn, tenant_id: UUID, agent: str) -> str:
    """The number the agent shows, as for a single call. Raises NotFound."""
    owned = numbers.listed(conn, tenant_id)
    shown = next((number for number in owned if number.agent == agent), None) or next(iter(owned), None)
    if shown is None:
        raise NotFound("there is no number to show", hint="decroche number assign")
    return shown.e164


def get(conn: Conn, tenant_id: UUID, name: str, *, lock: bool = False) -> Campaign:
    """The campaign of that name; `lock`: nobody else changes or dials it in this transaction. Raises NotFound."""
    end = "FOR UPDATE OF c" if lock else ""
    with conn.cursor(row_factory=class_row(Campaign)) as cursor:
        found = cursor.execute(f"{_SELECT} WHERE c.tenant_id = %s AND c.name = %s {end}", (tenant_id, name)).fetchone()
    if found is None:
        raise NotFound(f"no campaign {name}", hint="decroche campaign list")
    return found


def listed(conn: Conn, tenant_id: UUID) -> list[Campaign]:
    """A tenant's campaigns, the newest first."""
    with conn.cursor(row_factory=class_row(Campaign)) as cursor:
        return cursor.execute(f"{_SELECT} WHERE c.tenant_id = %s ORDER BY made_at DESC", (tenant_id,)).fetchall()


def approve(conn: Conn, tenant_id: UUID, name: str, person: str, *, by: Actor, reason: str = "") -> Campaign:
    """`person` stands for a draft. `reason`: why its author alone is enough, where it is; kept.

    Raises NotFound; Refused for what is no draft, and for its author without a reason (the database holds it too).
    """
    found = get(conn, tenant_id, name)
    alone = found.made_by.strip().lower() == person.strip().lower()
    if alone and not reason.strip():
        raise Refused(
            f"campaign {name} was written by {found.made_by}, who cannot approve it alone",
            hint="another person approves it (--by), or write why one is enough (--reason)",
        )
    done = conn.execute(
        """UPDATE campaigns.campaigns
              SET state = 'approved', approved_by = %s, approved_at = now(), approval_reason = %s
            WHERE tenant_id = %s AND name = %s AND state = 'draft'""",
        (person.strip(), reason.strip() if alone else "", tenant_id, name),
    )
    if done.rowcount == 0:
        raise Refused(f"campaign {name} is {found.state}", hint="only a draft is approved")
    note(conn, by, "campaign.approve", f"campaign:{name}", tenant_id, alone=alone)
    return get(conn, tenant_id, name)
