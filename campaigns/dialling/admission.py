"""Admission: the one transaction after which a telephone may ring.

    campaign locked → pace → a target claimed → account, blocks → money held → law asked, attempt written → try, state

Before its COMMIT nothing has happened; after it the target is admitted, so that nobody else claims it. Whoever is told
`Rung` rings once, and only then. Locks are taken in this order: campaign, target, account, number, month, decisions.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from agents.definition import Agent
from agents.loading import loads
from billing.charges import controls
from campaigns.campaigns import Campaign, get
from campaigns.dialling import course, queue
from campaigns.dialling.filling import LOOK_EVERY, fill
from campaigns.dialling.permission import Means, Person, Put, Refusal, permit
from campaigns.dialling.versus import version_of
from campaigns.dialling.works import works_until
from campaigns.planning.breaker import broken
from campaigns.planning.pacing import may_begin, next_turn
from compliance.ledgers import ledger
from store import agents
from store.base.actor import service
from store.base.errors import Refused
from store.base.ids import new_id
from store.db import Conn, Database

DIALLER = service("dialler")
Step = Callable[[str], None]
"""Told as each step of an admission is done: campaign, pace, claim, blocks, money, law, try, state; committed."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A call that is to ring now; all of it is committed. `paid_seconds`: held on a prepaid balance, None: no bound."""

    tenant_id: UUID
    call_id: UUID
    campaign: str
    person: Person
    decision_id: UUID
    paid_seconds: int | None


@dataclass(frozen=True, slots=True)
class Passed:
    """Somebody was not admitted: until `due_at`, or for good (None)."""

    e164: str
    why: tuple[str, ...]
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nobody can be admitted now. `until`: when to ask again, where that is known."""

    why: str
    until: datetime | None = None


Admission = Rung | Passed | Nothing


class Fraud(Exception):
    """Takes the transaction back: what looks like fraud blocks the tenant in one that stays."""


def unheeded(_step: str) -> None:
    """The steps are nobody's business."""


def admit(
    db: Database, tenant_id: UUID, name: str, means: Means, now: datetime, *, room: int = 1, step: Step = unheeded
) -> Admission:
    """The next person of a running campaign, if somebody may be rung at `now` (aware). `room`: calls the house can
    take besides. Raises Unavailable, NotFound; then nothing was done."""
    try:
        with ledger.session(db, tenant_id) as conn:
            found = _admitted(conn, tenant_id, name, means, now, room, step)
    except Fraud as fraud:
        with db.tenant(tenant_id) as conn:
            with suppress(Refused):  # somebody has paused or stopped it meanwhile
                course.pause(conn, tenant_id, name, f"outbound is blocked (fraud): {fraud}", by=DIALLER)
            controls.block(conn, tenant_id, "fraud", str(fraud), by=service("fraud"))
        return Nothing(str(fraud))
    step("committed")
    return found


def _admitted(conn: Conn, tenant_id: UUID, name: str, means: Means, now: datetime, room: int, step: Step) -> Admission:
    campaign = get(conn, tenant_id, name, lock=True)
    step("campaign")
    if campaign.state != "running":
        return Nothing(f"it is {campaign.state}")
    wait = _wait(conn, tenant_id, campaign, now, room)
    step("pace")
    if wait is not None:
        return wait
    version = agents.get(conn, tenant_id, campaign.agent, campaign.agent_version)
    if version.status != "live":
        return _paused(conn, tenant_id, name, f"version {version.version} of its agent is {version.status}")
    fill(conn, tenant_id, campaign, now)
    target = queue.claim(conn, tenant_id, name, now)
    step("claim")
    if target is None:
        return _drained(conn, tenant_id, campaign, now)
    if (other := version_of(campaign, target["id"])) != version.version:
        version = agents.get(conn, tenant_id, campaign.agent, other)
    person = _person(campaign, target, _agent(version.yaml, campaign.agent), version.version)
    call_id = new_id()
    told = permit(conn, tenant_id, call_id, person, means, now, step)
    match told:
        case str():
            raise Fraud(told)
        case Put():
            by = (means.node, person.agent_version)
            queue.begin(conn, tenant_id, call_id, target["id"], name, by, told.decision_id, now)
            step("state")
            return Rung(tenant_id, call_id, name, person, told.decision_id, told.paid_seconds)
        case Refusal(stops=True):
            return _paused(conn, tenant_id, name, told.why[0])
        case Refusal(waits=True):
            return Nothing(told.why[0], now + timedelta(seconds=5))
        case Refusal():
            due = campaign.calendar.next_open(told.again_at) if told.again_at else None
            queue.put_off(conn, tenant_id, target["id"], told.why, due, _for_good(told), now)
            return Passed(person.e164, told.why, due)


def _for_good(told: Refusal) -> str:
    """What a target's outcome is that may not be called any more."""
    if told.again_at is not None:
        return "campaign_over"
    return "no_price" if told.why == ("no_price",) else "refused_by_law"


def _wait(conn: Conn, tenant_id: UUID, campaign: Campaign, now: datetime, room: int) -> Nothing | None:
    """Why nobody is admitted now, whoever is next: the breaker, the budget, its hours, its pace, the house."""
    name = campaign.name
    if until := works_until(conn, now):
        return Nothing("the operator's works go on", until)
    if why := broken(queue.ended_lately(conn, tenant_id, campaign), now):
        return _paused(conn, tenant_id, name, why)
    if campaign.budget_micros and (wait := _beyond(conn, tenant_id, campaign, now)):
        return wait
    opens = campaign.calendar.next_open(now)
    if opens is None:
        queue.give_up(conn, tenant_id, name, "campaign_over", now)
        return _drained(conn, tenant_id, campaign, now)
    if opens > now:
        return Nothing("it is outside its hours", opens)
    in_hand, begun = queue.in_progress(conn, tenant_id, name, now)
    if may_begin(campaign.pace, in_hand, begun, now, room=room) < 1:
        return Nothing(f"{in_hand} of its calls are in progress", next_turn(campaign.pace, begun, now))
    return None


def _beyond(conn: Conn, tenant_id: UUID, campaign: Campaign, now: datetime) -> Nothing | None:
    """Its calls in progress count for all that they may come to: none of them can be taken back."""
    spent, running = queue.spent(conn, tenant_id, campaign.name, now)
    if spent >= campaign.budget_micros:
        return _paused(conn, tenant_id, campaign.name, "its budget is spent")
    if running and spent + running >= campaign.budget_micros:
        return Nothing("its calls in progress may reach its budget", now + timedelta(seconds=5))
    return None


def _paused(conn: Conn, tenant_id: UUID, name: str, why: str) -> Nothing:
    course.pause(conn, tenant_id, name, why, by=DIALLER)
    return Nothing(why)


def _drained(conn: Conn, tenant_id: UUID, campaign: Campaign, now: datetime) -> Nothing:
    """Nobody is due: the campaign waits for the next, for somebody to look at the unknown, or is over."""
    left, unknown, next_due = queue.left(conn, tenant_id, campaign.name)
    if unknown and not left and campaign.calendar.next_open(now):
        return Nothing(f"of {unknown} people nobody knows what became")
    if campaign.reminds is not None and campaign.calendar.next_open(now):
        return Nothing("nobody is due", min(next_due or now + LOOK_EVERY, now + LOOK_EVERY))
    if not left:
        course.finish(conn, tenant_id, campaign.name, now, by=DIALLER)
        return Nothing("everybody was called")
    return Nothing("nobody is due", next_due)


def _person(campaign: Campaign, target: dict[str, Any], agent: Agent, version: int) -> Person:
    return Person(
        e164=target["e164"], party=target["party"], postcode=target["postcode"], variables=target["variables"],
        purpose=campaign.purpose, goods=campaign.goods, agent=agent, agent_name=campaign.agent,
        agent_version=version, caller_id=campaign.caller_id,
    )  # fmt: skip


@lru_cache(maxsize=64)
def _agent(text: str, name: str) -> Agent:
    return loads(text, name).agent
