"""Callbacks agreed in a call: kept inside their slot, or told as missed; never placed late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from agents.loading import loads
from billing.charges import controls
from campaigns.dialling.admission import Admission, Fraud, Nothing, Passed, Rung, Step, unheeded
from campaigns.dialling.ending import tell_missed
from campaigns.dialling.permission import Means, Person, Put, Refusal, permit
from compliance.ledgers import callbacks, ledger
from store import agents
from store.base.actor import Actor, service
from store.base.errors import BadInput
from store.base.ids import new_id
from store.base.numbering import e164
from store.db import Conn, Database

AHEAD = timedelta(days=60)
"""How far ahead a call may be agreed on."""
_LATER = timedelta(minutes=1)


def agree(
    conn: Conn, tenant_id: UUID, number: str, agent: tuple[str, int, str], slot: tuple[datetime, datetime],
    evidence: tuple[UUID, int], now: datetime, *, by: Actor, goods: str = "",
    variables: Mapping[str, str] | None = None,
) -> UUID:  # fmt: skip
    """Write down that a person asked in a call to be called at that time; the callback's id. With it goes the request
    that the law wants proof of (C. conso R223-4).

    `agent`: name, version and the number it shows; `slot`: from, to; `evidence`: the call, and the millisecond of it at
    which it was said. Raises BadInput for a slot that is over, empty or too far ahead.
    """
    to, (from_at, to_at) = e164(number, field="number"), slot
    if to_at <= max(from_at, now):
        raise BadInput("slot: it is over before it begins", hint="agree on a later one")
    if from_at > now + AHEAD:
        raise BadInput(f"slot: it begins in more than {AHEAD.days} days", hint="agree on an earlier one")
    origin = _origin(conn, tenant_id, evidence[0])
    said = f"call {evidence[0]}, {evidence[1]} ms"
    request_id = callbacks.add(conn, tenant_id, to, now, said, now, goods, by=by)
    callback_id = new_id()
    conn.execute(
        """INSERT INTO campaigns.callbacks (tenant_id, id, campaign, e164, agent, agent_version, caller_id, party,
               postcode, goods, variables, from_at, to_at, agreed_at, evidence_call, evidence_ms, request_id, due_at,
               changed_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            tenant_id, callback_id, origin.get("campaign"), to, *agent, origin.get("party", "consumer"),
            origin.get("postcode", ""), goods, Jsonb({**origin.get("variables", {}), **(variables or {})}), from_at,
            to_at, now, *evidence, request_id, max(from_at, now), now,
        ),
    )  # fmt: skip
    return callback_id


def _origin(conn: Conn, tenant_id: UUID, call_id: UUID) -> dict[str, Any]:
    """The campaign whose call this is, and what it knows of the person."""
    row = conn.execute(
        """SELECT t.campaign, g.party, g.postcode, g.variables FROM campaigns.tries t
             JOIN campaigns.targets g ON (g.tenant_id, g.id) = (t.tenant_id, t.target_id)
            WHERE t.tenant_id = %s AND t.call_id = %s""",
        (tenant_id, call_id),
    ).fetchone()
    return row or {}


def due(conn: Conn, now: datetime) -> list[tuple[UUID, str]]:
    """Tenants (id, short name) with a callback that is due, or whose slot is over (operator's session)."""
    rows = conn.execute(
        """SELECT DISTINCT b.tenant_id, t.slug FROM campaigns.callbacks b JOIN store.tenants t ON t.id = b.tenant_id
            WHERE b.state = 'agreed' AND b.due_at <= %s AND t.status = 'active'""",
        (now,),
    ).fetchall()
    return [(row["tenant_id"], row["slug"]) for row in rows]


def admit(
    db: Database, tenant_id: UUID, means: Means, now: datetime, *, room: int = 1, step: Step = unheeded
) -> Admission:
    """The next callback of a tenant that is due, as `admission.admit` does a target. Raises Unavailable."""
    if room < 1:
        return Nothing("the house has no room")
    try:
        with ledger.session(db, tenant_id) as conn:
            found = _admitted(conn, tenant_id, means, now, step)
    except Fraud as fraud:
        with db.tenant(tenant_id) as conn:
            controls.block(conn, tenant_id, "fraud", str(fraud), by=service("fraud"))
        return Nothing(str(fraud))
    step("committed")
    return found


def _admitted(conn: Conn, tenant_id: UUID, means: Means, now: datetime, step: Step) -> Admission:
    found = conn.execute(
        """SELECT * FROM campaigns.callbacks WHERE tenant_id = %s AND state = 'agreed' AND due_at <= %s
            ORDER BY to_at, id LIMIT 1 FOR UPDATE SKIP LOCKED""",
        (tenant_id, now),
    ).fetchone()
    if found is None:
        return Nothing("no callback is due")
    if now >= found["to_at"]:
        return _missed(conn, found, found["outcome"] or "", tuple(found["why"]) or ("slot_over",), now)
    version = agents.get(conn, tenant_id, found["agent"], found["agent_version"])
    call_id, person = new_id(), _person(found, version.yaml)
    step("claim")
    told = permit(conn, tenant_id, call_id, person, means, now, step)
    match told:
        case str():
            raise Fraud(told)
        case Put():
            _begin(conn, found, call_id, means.node, told.decision_id, now)
            step("state")
            return Rung(tenant_id, call_id, found["campaign"] or "", person, told.decision_id, told.paid_seconds)
        case Refusal():
            again = told.again_at or (now + _LATER if told.waits or told.stops else None)
            if again is None or again >= found["to_at"]:
                return _missed(conn, found, "refused_by_law", told.why, now)
            conn.execute(
                """UPDATE campaigns.callbacks SET due_at = %s, why = %s, changed_at = %s
                    WHERE tenant_id = %s AND id = %s""",
                (again, list(told.why), now, tenant_id, found["id"]),
            )
            return Passed(found["e164"], told.why, again)


def _begin(conn: Conn, found: dict[str, Any], call_id: UUID, node: str, decision_id: UUID, now: datetime) -> None:
    conn.execute(
        """INSERT INTO campaigns.tries (tenant_id, call_id, campaign, callback_id, decision_id, node, admitted_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        (found["tenant_id"], call_id, found["campaign"], found["id"], decision_id, node, now),
    )
    conn.execute(
        """UPDATE campaigns.callbacks SET state = 'admitted', call_id = %s, node = %s, why = '{}', changed_at = %s
            WHERE tenant_id = %s AND id = %s""",
        (call_id, node, now, found["tenant_id"], found["id"]),
    )


def _missed(conn: Conn, found: dict[str, Any], outcome: str, why: tuple[str, ...], now: datetime) -> Passed:
    conn.execute(
        """UPDATE campaigns.callbacks SET state = 'missed', outcome = %s, why = %s, changed_at = %s
            WHERE tenant_id = %s AND id = %s""",
        (outcome, list(why), now, found["tenant_id"], found["id"]),
    )
    tell_missed(conn, found, outcome or ", ".join(why))
    return Passed(found["e164"], why, None)


def _person(found: dict[str, Any], text: str) -> Person:
    agent = loads(text, found["agent"]).agent
    return Person(
        e164=found["e164"], party=found["party"], postcode=found["postcode"], variables=found["variables"],
        purpose="callback", goods=found["goods"], agent=agent, agent_name=found["agent"],
        agent_version=found["agent_version"], caller_id=found["caller_id"], asked_at=found["agreed_at"],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Callback:
    """A call that was agreed on; times are UTC. `evidence_call`, `evidence_ms`: where it was said."""

    e164: str
    agent: str
    campaign: str | None
    from_at: datetime
    to_at: datetime
    state: str
    outcome: str
    why: list[str]
    agreed_at: datetime
    evidence_call: UUID
    evidence_ms: int


def listed(conn: Conn, tenant_id: UUID, *, limit: int = 1000) -> list[Callback]:
    """A tenant's callbacks, the latest slot first."""
    with conn.cursor(row_factory=class_row(Callback)) as cursor:
        return cursor.execute(
            """SELECT e164, agent, campaign, from_at, to_at, state, outcome, why, agreed_at, evidence_call, evidence_ms
                 FROM campaigns.callbacks WHERE tenant_id = %s ORDER BY from_at DESC, id LIMIT %s""",
            (tenant_id, limit),
        ).fetchall()
