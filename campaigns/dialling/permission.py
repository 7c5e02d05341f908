"""May this one person be rung now: kept apart from their other calls, blocks, money, law, in the caller's transaction.

A yes leaves a lease, what is held of the balance, a decision and an attempt; a no leaves the law's decision alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from agents.definition import Agent
from billing.charges import controls, prepaid
from billing.charges import ledger as accounts
from billing.charges.tariffs import in_force
from campaigns.lawful import asked
from campaigns.planning.spacing import free_at
from compliance.ledgers import facts, ledger
from store import live
from store.db import Conn

ON_THE_LINE = timedelta(minutes=5)
"""When somebody who is in a call with the tenant is thought of again."""


@dataclass(frozen=True, slots=True)
class Means:
    """Where calls are carried. `longest`: no call is in progress for longer; `least_gap`: between two to a person;
    `leg_of`: the switch's name of a call that is placed."""

    node: str
    longest: timedelta
    least_gap: timedelta
    leg_of: Callable[[UUID], str] = str


@dataclass(frozen=True, slots=True)
class Person:
    """Whom to call, with which agent, about what. `asked_at`: when they agreed to it in a call, if they did."""

    e164: str
    party: str
    postcode: str
    variables: Mapping[str, str]
    purpose: str
    goods: str
    agent: Agent
    agent_name: str
    agent_version: int
    caller_id: str
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """Yes, as soon as the transaction is committed."""

    decision_id: UUID
    paid_seconds: int | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """No. `again_at`: when it may be asked again, None: never. `waits`: the house's turn, not the person's; `stops`:
    nobody of this tenant may be called until somebody sees to it."""

    why: tuple[str, ...]
    again_at: datetime | None = None
    waits: bool = False
    stops: bool = False


def apart(
    conn: Conn, number: str, now: datetime, least: timedelta, *, besides: UUID | None = None,
    asked_at: datetime | None = None,
) -> tuple[str, datetime] | None:  # fmt: skip
    """Why and until when a number (E.164) must not be rung, for other calls of the tenant to it; None: it may be.

    The turn about the number is the caller's (`facts.take_turns`). A call in progress is never joined by another.
    """
    if live.with_party(conn, number, now, besides):
        return "on_the_line", now + ON_THE_LINE
    rung = facts.last_rung(conn, number, now - least, besides)
    free = free_at(rung, now, least, asked_at)
    return ("called_lately", free) if free > now else None


def permit(
    conn: Conn, tenant_id: UUID, call_id: UUID, person: Person, means: Means, now: datetime, step: Callable[[str], None]
) -> Put | Refusal | str:
    """The permission to ring; text: why it looks like fraud, for which the whole transaction must be taken back."""
    accounts.lock_account(conn, tenant_id)
    facts.take_turns(conn, tenant_id, person.e164)
    if held := apart(conn, person.e164, now, means.least_gap, asked_at=person.asked_at):
        return Refusal((held[0],), held[1])
    lease = live.LiveCall(
        tenant_id, call_id, means.leg_of(call_id), means.node, "outbound", now, now + means.longest,
        person.caller_id, person.e164,
    )  # fmt: skip
    try:
        if fraud := controls.dialling(conn, tenant_id, person.e164, now, lease, patient=True):
            return fraud
    except controls.OutboundWaits as error:
        return Refusal((str(error),), waits=True)
    except controls.OutboundBlocked as error:
        return Refusal((str(error),), stops=True)
    step("blocks")
    try:
        seconds = prepaid.reserve(conn, tenant_id, call_id, "outbound", person.e164, now).seconds
    except prepaid.BalanceTooLow as error:
        live.end(conn, call_id)
        return Refusal((str(error),), stops=True)
    except prepaid.NoPrice as error:
        live.end(conn, call_id)
        return Refusal(("no_price",)) if in_force(conn, now) else Refusal((str(error),), stops=True)
    step("money")
    request = asked(
        person.agent, person.agent_name, purpose=person.purpose, goods=person.goods, party=person.party,
        caller_id=person.caller_id, to=person.e164, postcode=person.postcode,
    )  # fmt: skip
    decision = ledger.ask_in(conn, tenant_id, replace(request, call_id=call_id, place=True), now)
    step("law")
    if not decision.allowed:
        accounts.release(conn, tenant_id, call_id)
        live.end(conn, call_id)
        return Refusal(decision.reasons, decision.next_allowed_at)
    return Put(decision.id, seconds)
