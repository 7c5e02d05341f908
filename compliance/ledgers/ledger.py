"""The decisions that were taken for real: gathers what is known of a number, decides, keeps the proof.

`ask` is called at dialling time. Whether the answer is yes or no it is stored, hash-chained, in the same
transaction as the attempt it allows. Without a database there is no answer, hence no call (Unavailable).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any
from uuid import UUID

import psycopg

from compliance.law import numbers
from compliance.law.cases import RESULTS, Case, checked, to_json
from compliance.law.engine import Decision, Switches, decide
from compliance.law.explain import explain, short
from compliance.law.rulebook import FOLDER, Rule, rulebook
from compliance.ledgers import facts
from compliance.ledgers.pseudonym import person
from store import audit
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Unavailable
from store.base.ids import new_id
from store.chain import canonical
from store.db import Conn, Database


class LedgerUnavailable(Unavailable):
    """What is known of a number cannot be read, or the decision cannot be kept: no call."""

    code = "compliance_unavailable"


@dataclass(frozen=True, slots=True)
class Request:
    """A call someone wants to place. `at`: judge it at that instant instead of now; it is then not an attempt.

    `place`: the call will be placed at once if allowed, so a yes is recorded as an attempt (needs `call_id`).
    `requested_at`: the person's own request to be called back, where the caller of `ask` has the proof.
    `professional`: who calls (the tenant, where it is not said), `principal`: on whose behalf, where it is another:
    only a consent that names both counts (C. conso R223-1).
    """

    to: str
    caller_id: str | None
    purpose: str = "canvassing"
    party: str = "consumer"
    automated: bool = True
    postcode: str | None = None
    sector: str | None = None
    goods: str = ""
    professional: str = ""
    principal: str = ""
    agent: str = ""
    call_id: UUID | None = None
    requested_at: datetime | None = None
    at: datetime | None = None
    place: bool = True


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision that is in the ledger. `explanation`: language → text with articles and dates."""

    id: UUID
    seq: int
    allowed: bool
    reasons: tuple[str, ...]
    law: tuple[str, ...]
    next_allowed_at: datetime | None
    explanation: dict[str, str]
    summary: dict[str, str]
    at: datetime

    def as_json(self) -> dict[str, Any]:
        """Plain JSON: id, allowed, reasons, law, next_allowed_at, at, explanation, summary."""
        later = self.next_allowed_at
        return {
            "id": str(self.id),
            "allowed": self.allowed,
            "reasons": list(self.reasons),
            "law": list(self.law),
            "next_allowed_at": later.isoformat() if later else None,
            "at": self.at.isoformat(),
            "explanation": self.explanation,
            "summary": self.summary,
        }


def ask(db: Database, tenant_id: UUID, request: Request, now: datetime) -> StoredDecision:
    """May this call be placed? Stored whether yes or no. `now` is aware.

    Raises Unavailable (the call must then not be placed) and BadInput for what is no purpose, party or sector.
    """
    with session(db, tenant_id) as conn:
        return ask_in(conn, tenant_id, request, now)


def ask_in(conn: Conn, tenant_id: UUID, request: Request, now: datetime) -> StoredDecision:
    """As `ask`, in the transaction of the tenant's session `conn`: a yes and its attempt hold when that commits.

    It takes turns about the number, then about the tenant's decisions: take no other lock after it. Raises BadInput;
    the caller turns the database's own errors into Unavailable (`session`).
    """
    at = (request.at or now).astimezone(UTC)
    if request.place and request.at is None and request.call_id is None:
        raise BadInput("call_id: a call that will be placed needs its id")
    if "\0" in request.to:
        raise BadInput("to: holds a NUL character")
    number = numbers.read(request.to)
    dialled = number.e164 if number else request.to
    facts.take_turns(conn, tenant_id, dialled)
    switches = facts.switches(conn, tenant_id)
    callers = _callers(conn, request)
    case = _case(conn, request, callers, dialled, at)
    decision = decide(case, switches)
    if not facts.may_show(conn, request.caller_id, at):
        decision = _also(decision, "caller_id_unassigned", rulebook().latest("N10"))
    stored = _keep(conn, tenant_id, request, callers, case, switches, decision, dialled, now)
    if stored.allowed and request.place and request.at is None and request.call_id:
        facts.add_attempt(conn, tenant_id, request.call_id, dialled, at)
    return stored


def foreseen(
    conn: Conn, tenant_id: UUID, requests: Sequence[Request], now: datetime
) -> Iterator[Callable[[datetime], Decision]]:
    """For each request what `ask` would answer at an instant, by what is known at `now`. Nothing is kept, no call may
    come of it: a campaign's people are looked over before it begins."""
    switches = facts.switches(conn, tenant_id)
    read = [numbers.read(request.to) for request in requests]
    heard = facts.heard_of(conn, [number.e164 for number in read if number])
    shows = {shown: facts.may_show(conn, shown, now) for shown in {request.caller_id for request in requests}}
    for request, number in zip(requests, read, strict=True):
        dialled = number.e164 if number else request.to
        callers = _callers(conn, request)
        known = None if dialled in heard else facts.NOTHING
        case = _case(conn, request, callers, dialled, now, known)
        yield partial(_foreseen, case, switches, shows[request.caller_id])


def _foreseen(case: Case, switches: Switches, shows: bool, at: datetime) -> Decision:
    decision = decide(case._replace(at=at.astimezone(UTC)), switches)
    return decision if shows else _also(decision, "caller_id_unassigned", rulebook().latest("N10"))


def oppose(
    db: Database,
    tenant_id: UUID,
    number: str,
    how: str,
    call_id: UUID | None,
    now: datetime,
    *,
    by: Actor,
    source: str = "",
) -> UUID:
    """The person does not want such calls: permanent, and in force when this returns. The opposition's id.

    Their consents to this tenant are withdrawn and the attempt of `call_id` counts as refused.
    Raises BadInput for no number (a hidden caller cannot be recognised later), Unavailable.
    """
    with session(db, tenant_id) as conn:
        return oppose_in(conn, tenant_id, number, how, call_id, now, by=by, source=source)


def oppose_in(
    conn: Conn, tenant_id: UUID, number: str, how: str, call_id: UUID | None, now: datetime, *, by: Actor,
    source: str = "",
) -> UUID:  # fmt: skip
    """As `oppose`, in the transaction of the tenant's session `conn`. Raises BadInput."""
    opposed = numbers.read(number)
    if opposed is None:
        raise BadInput(f"number: {number!r} is not a telephone number", hint="ask the person for their number")
    opposition_id = new_id()
    facts.take_turns(conn, tenant_id, opposed.e164)
    conn.execute(
        """INSERT INTO compliance.oppositions (id, tenant_id, number, opposed_at, how, call_id, source)
           VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        (opposition_id, tenant_id, opposed.e164, now, how, call_id, source),
    )
    facts.withdraw_all(conn, opposed.e164, now, how)
    if call_id is not None:
        facts.result(conn, call_id, "refused")
    audit.note(conn, by, "opposition.add", person(opposed.e164), tenant_id, how=how)
    return opposition_id


def record_attempt(db: Database, tenant_id: UUID, call_id: UUID, result: str) -> None:
    """How an attempt that `ask` allowed ended: no_answer, answered or refused. Raises NotFound, Unavailable."""
    if result not in RESULTS:
        raise BadInput(f"result: {result!r} is none of {', '.join(RESULTS)}")
    with session(db, tenant_id) as conn:
        if not facts.result(conn, call_id, result):
            raise NotFound(f"no attempt of call {call_id}", hint="ask() records it when it says yes")


@contextmanager
def session(db: Database, tenant_id: UUID) -> Generator[Conn]:
    """The tenant's transaction in which the law is asked; no answer of the database is an Unavailable: no call."""
    try:
        with db.tenant(tenant_id) as conn:
            yield conn
    except psycopg.Error as error:
        raise LedgerUnavailable(
            f"the compliance ledger does not answer: {error}", hint="decroche doctor; no call is placed meanwhile"
        ) from error


def _callers(conn: Conn, request: Request) -> tuple[str, ...]:
    """Who calls, then on whose behalf: whom a consent must have been given to."""
    caller = request.professional or facts.professional(conn)
    return (caller, request.principal) if request.principal else (caller,)


def _case(
    conn: Conn, request: Request, callers: tuple[str, ...], dialled: str, at: datetime, known: facts.Known | None = None
) -> Case:
    known = known or facts.gather(conn, dialled, at, request.goods, callers)
    case = Case(
        at=at,
        to=request.to,
        caller_id=request.caller_id,
        party=request.party,
        purpose=request.purpose,
        automated=request.automated,
        postcode=request.postcode,
        sector=request.sector,
        history=known.history,
        consent=known.consent,
        opposed_at=known.opposed_at,
        bloctel=known.bloctel,
        requested_at=request.requested_at or known.requested_at,
    )
    return checked(case)


def _also(decision: Decision, reason: str, rule: Rule) -> Decision:
    """The decision with one more reason that time does not lift."""
    return decision._replace(
        allowed=False,
        reasons=tuple(sorted({*decision.reasons, reason})),
        law=tuple(sorted({*decision.law, rule.reference})),
        rules=(*decision.rules, rule),
        next_allowed_at=None,
    )


def _keep(
    conn: Conn,
    tenant_id: UUID,
    request: Request,
    callers: tuple[str, ...],
    case: Case,
    switches: Switches,
    decision: Decision,
    number: str,
    now: datetime,
) -> StoredDecision:
    """Append the decision with all that it was taken from."""
    decision_id = new_id()
    answer = decision.as_json()
    del answer["id"]
    record = {
        **answer,
        "id": decision_id,
        "tenant": tenant_id,
        "call_id": request.call_id,
        "agent": request.agent,
        "callers": callers,
        "goods": request.goods,
        "number": number,
        "decided_at": now,
        "judged_at": case.at,
        "for_dialling": request.place and request.at is None,
        "case": to_json(case),
        "switches": asdict(switches),
        "refused_by": [rule.version for rule in decision.rules],
        "in_force": sorted(rule.version for rule in rulebook().at(case.at).values()),
        "rules_sha256": rules_digest(),
    }
    row = conn.execute("SELECT compliance.append_decision(%s) AS seq", (canonical(record),)).fetchone()
    assert row is not None
    return StoredDecision(
        id=decision_id,
        seq=row["seq"],
        allowed=decision.allowed,
        reasons=decision.reasons,
        law=decision.law,
        next_allowed_at=decision.next_allowed_at,
        explanation={"fr": explain(decision, "fr"), "en": explain(decision, "en")},
        summary={"fr": short(decision, "fr"), "en": short(decision, "en")},
        at=case.at,
    )


@cache
def rules_digest() -> str:
    """SHA-256 of the rule files, so that a decision names the exact rules it was taken by."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
