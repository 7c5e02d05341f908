"""A campaign's course: launched, paused, resumed, stopped, finished; each an operation with its audit entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from campaigns.campaigns import Campaign, get
from campaigns.checking import judged
from campaigns.dialling import queue
from campaigns.dialling.filling import fill
from campaigns.dialling.said_no import said_no
from campaigns.dialling.versus import variables
from campaigns.dialling.works import works_until
from campaigns.planning.verdicts import Verdict
from store import agents
from store.audit import note
from store.base.actor import Actor
from store.base.errors import Refused
from store.base.ids import new_id
from store.db import Conn

_BLOCK = 1000
_HINT = {
    "draft": "another person than its author approves it first: decroche campaign approve",
    "approved": "decroche campaign launch",
    "running": "decroche campaign pause, or stop",
    "paused": "decroche campaign resume, or stop",
    "finished": "it is over: add another",
    "stopped": "it was stopped for good: add another",
}


def launch(
    conn: Conn, tenant_id: UUID, name: str, now: datetime, *, by: Actor, judged_one: Callable[[], None] | None = None
) -> Counter[str]:
    """Begin an approved campaign: its lists as they stand at `now` become its targets. How many wait for now, for
    later, and will never be called. One that reminds begins with whoever has an appointment now, be it nobody.
    Raises NotFound, Refused. `judged_one`: called for each person looked at."""
    campaign = _in(conn, tenant_id, name, "approved")
    if until := works_until(conn, now):
        raise Refused(f"the operator's works go on until {until:%Y-%m-%d %H:%M} UTC", hint="launch it afterwards",
                      code="maintenance")  # fmt: skip
    version = agents.get(conn, tenant_id, campaign.agent, campaign.agent_version)
    if version.status != "live":
        raise Refused(
            f"version {version.version} of agent {campaign.agent} is {version.status}, and is what was approved",
            hint="publish it again, or add a campaign of the live version",
        )
    if campaign.reminds is not None:
        counts = Counter({"now": 0, "later": fill(conn, tenant_id, campaign, now), "never": 0})
        return _launched(conn, tenant_id, name, counts, now, by)
    lacking = variables(conn, tenant_id, campaign)
    over = said_no(conn, tenant_id, name)
    counts: Counter[str] = Counter({"now": 0, "later": 0, "never": 0})

    rows: list[tuple[Any, ...]] = []
    for person, verdict in judged(conn, tenant_id, campaign, now):
        state, due, outcome, why = _stands(person, verdict, over, lacking, now)
        counts["never" if state == "done" else verdict.when] += 1
        rows.append((
            tenant_id, new_id(), name, person["e164"], person["name"], person["party"] or campaign.party,
            person["postcode"], Jsonb(person["fields"]), state, due, outcome, why, now,
        ))  # fmt: skip
        if len(rows) == _BLOCK:
            _insert(conn, rows)
            rows.clear()
        if judged_one:
            judged_one()
    if not counts["now"] + counts["later"]:
        raise Refused(f"nobody of {counts.total()} people may ever be called", hint=f"decroche campaign check {name}")
    _insert(conn, rows)
    return _launched(conn, tenant_id, name, counts, now, by)


def _launched(conn: Conn, tenant_id: UUID, name: str, counts: Counter[str], now: datetime, by: Actor) -> Counter[str]:
    _become(conn, tenant_id, name, "running", now)
    note(conn, by, "campaign.launch", f"campaign:{name}", tenant_id, **counts)
    return counts


def _insert(conn: Conn, rows: list[tuple[Any, ...]]) -> None:
    with conn.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO campaigns.targets (tenant_id, id, campaign, e164, name, party, postcode, variables, state,
                                              due_at, outcome, why, changed_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            rows,
        )


def _stands(
    person: dict[str, Any], verdict: Verdict, over: frozenset[str], needed: frozenset[str], now: datetime
) -> tuple[str, datetime, str, list[str]]:
    """State, due date, outcome and why of a new target."""
    if person["e164"] in over:
        return "done", now, "said_no_before", []
    if lacks := sorted(needed - set(person["fields"])):
        return "done", now, "lacks", lacks
    if verdict.at is None:
        return "done", now, "refused_by_law", list(verdict.why)
    return "waiting", verdict.at, "", list(verdict.why)


def pause(conn: Conn, tenant_id: UUID, name: str, why: str, *, by: Actor) -> Campaign:
    """No more calls of a running campaign begin; those in progress go on. Raises NotFound, Refused."""
    _in(conn, tenant_id, name, "running")
    _become(conn, tenant_id, name, "paused", why=why)
    note(conn, by, "campaign.pause", f"campaign:{name}", tenant_id, why=why)
    return get(conn, tenant_id, name)


def resume(conn: Conn, tenant_id: UUID, name: str, now: datetime, *, by: Actor) -> Campaign:
    """A paused campaign goes on; what made it pause is counted anew. Raises NotFound, Refused."""
    _in(conn, tenant_id, name, "paused")
    _become(conn, tenant_id, name, "running", now)
    note(conn, by, "campaign.resume", f"campaign:{name}", tenant_id)
    return get(conn, tenant_id, name)


def stop(conn: Conn, tenant_id: UUID, name: str, now: datetime, *, by: Actor) -> int:
    """End a campaign for good; how many were still to be called. Calls in progress go on to their end.

    Raises NotFound, Refused.
    """
    _in(conn, tenant_id, name, "draft", "approved", "running", "paused")
    waiting = queue.give_up(conn, tenant_id, name, "stopped", now)
    _become(conn, tenant_id, name, "stopped", now)
    note(conn, by, "campaign.stop", f"campaign:{name}", tenant_id, waiting=waiting)
    return waiting


def finish(conn: Conn, tenant_id: UUID, name: str, now: datetime, *, by: Actor) -> None:
    """Nobody is left to call."""
    _in(conn, tenant_id, name, "running", "paused")
    _become(conn, tenant_id, name, "finished", now)
    note(conn, by, "campaign.finish", f"campaign:{name}", tenant_id)


def requeue(conn: Conn, tenant_id: UUID, name: str, now: datetime, *, by: Actor) -> int:
    """Somebody has looked: people whose call's end nobody saw wait again; how many. Raises NotFound, Refused."""
    _in(conn, tenant_id, name, "running", "paused")
    count = conn.execute(
        """UPDATE campaigns.targets SET state = 'waiting', outcome = '', due_at = %s, changed_at = %s
            WHERE tenant_id = %s AND campaign = %s AND state = 'unknown'""",
        (now, now, tenant_id, name),
    ).rowcount
    note(conn, by, "campaign.requeue", f"campaign:{name}", tenant_id, people=count)
    return count


def _in(conn: Conn, tenant_id: UUID, name: str, *states: str) -> Campaign:
    """The campaign, locked, in one of these states."""
    found = get(conn, tenant_id, name, lock=True)
    if found.state not in states:
        raise Refused(f"campaign {name} is {found.state}", hint=_HINT[found.state])
    return found


def _become(conn: Conn, tenant_id: UUID, name: str, state: str, now: datetime | None = None, why: str = "") -> None:
    conn.execute(
        """UPDATE campaigns.campaigns
              SET state = %(state)s, paused_why = %(why)s,
                  running_since = CASE WHEN %(state)s = 'running' THEN %(now)s ELSE running_since END,
                  ended_at = CASE WHEN %(state)s IN ('finished', 'stopped') THEN %(now)s::timestamptz END
            WHERE tenant_id = %(tenant)s AND name = %(name)s""",
        {"state": state, "why": why, "now": now, "tenant": tenant_id, "name": name},
    )
