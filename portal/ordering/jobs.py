"""What follows from an engagement, done by `decroche work` as the operator; then its letter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from billing.charges.controls import Notice, tell
from billing.invoices import invoicing, leaving
from billing.office.outbox import mail, post_of
from billing.plans import plans
from portal.ordering import engaging, proof, terms
from portal.ordering.engaging import DECLARED, KIND, Engagement
from store import jobs, tenants
from store.audit import note
from store.base.actor import Actor, service
from store.base.errors import BadInput, NotFound, Refused
from store.base.settings import Settings
from store.db import Conn
from store.jobs import Held
from store.work import Handler

LETTER = "portal.engagement_letter"
"""The job that mails the proof of one, about its id."""
ELSEWHERE = timedelta(minutes=1)
"""How long a worker that may not act for the operator leaves one to another."""
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one: the subscription, and the number of what was issued, "" for none."""

    subscription_id: UUID | None
    invoice: str = ""


def handlers(of: Settings, *, now: Clock = lambda: datetime.now(UTC)) -> dict[str, Handler]:
    """Kind of job → who does it."""
    return {
        KIND: lambda held: fulfil(held, now()),
        LETTER: lambda held: send(held, of, now()),
        DECLARED: lambda held: declared(held, now()),
    }


def declared(held: Held, now: datetime) -> None:
    """Tell the operator that a client declared sensitive data: a written agreement is to be given, or refused."""
    if not held.db.operator_dsn:
        held.later(now + ELSEWHERE)
        return
    with held.last(operator=True) as conn:
        about = f"declared {held.job.about}"
        tell(conn, held.job.tenant_id, Notice("sensitive_data", about, "operator", {"plan": "page Abonnement"}))


def fulfil(held: Held, now: datetime) -> None:
    """Do what was accepted, once; what billing refuses now is noted with why."""
    if not held.db.operator_dsn:
        held.later(now + ELSEWHERE)
        return
    with held.last(operator=True) as conn:
        of = engaging.get(conn, UUID(held.job.about))
        if of.state != "received":
            return
        try:
            with conn.transaction():
                done, state, why = _do(conn, of), "done", ""
        except (BadInput, NotFound, Refused) as error:
            done, state, why = Done(of.subscription_id), "refused", error.code
            note(conn, service("orders"), "subscription.refuse", f"engagement:{of.id}", of.tenant_id, why=why)
        conn.execute(
            "UPDATE portal.engagements SET state = %s, why = %s, subscription_id = %s, invoice = %s WHERE id = %s",
            (state, why, done.subscription_id, done.invoice, of.id),
        )
        jobs.add(conn, LETTER, of.id, due_at=now, priority=10)


def _do(conn: Conn, of: Engagement) -> Done:
    by = Actor("person", of.email, of.tenant_id, "titulaire")
    if of.kind == "order":
        return _order(conn, of, by)
    subscription = next(one for one in plans.subscriptions(conn, of.tenant_id) if one.id == of.subscription_id)
    match of.kind:
        case "notice":
            leaving.give_notice(conn, subscription, of.day, by)
        case "withdrawal":
            return Done(subscription.id, leaving.withdraw(conn, subscription, of.day, by).credit_note)
        case "leave":
            leaving.leave_for_price(conn, subscription, of.day, by)
        case _:
            note(conn, by, "subscription.accept_price", f"subscription:{subscription.id}", of.tenant_id)
    return Done(subscription.id)


def _order(conn: Conn, of: Engagement, by: Actor) -> Done:
    """The subscription, and its first invoice (5.3) where it is known whom it is made out to."""
    if not all(
        (end := plans.calendar_of(conn, one, of.day).ends_on) is not None and end < of.day
        for one in plans.subscriptions(conn, of.tenant_id)
    ):
        raise Refused("a subscription runs already", code="subscription_runs")
    made = plans.subscribe(
        conn, of.tenant_id, plans.get_plan(conn, of.recap["plan"], of.recap["version"]), of.day,
        accepted_by=f"{of.name} <{of.email}>".strip(), accepted_at=of.at, accepted_from=f"{of.address}, {of.browser}",
        terms_version=str(of.terms_version), terms=terms.content(conn, str(of.terms_version)),
        options=of.recap["options"], by=by,
    )  # fmt: skip
    if of.recap["sensitive_data"]:
        tell(conn, of.tenant_id, Notice("sensitive_data", str(made.id), "operator", {"plan": of.recap["title"]}))
    tenant = next(one for one in tenants.listed(conn) if one.id == of.tenant_id)
    try:
        with conn.transaction():
            return Done(made.id, invoicing.issue_order(conn, tenant, made, of.day, service("orders")).number)
    except (BadInput, Refused):  # nobody to make it out to yet, or a series that is ahead: the month's run has it
        return Done(made.id)


def send(held: Held, of: Settings, now: datetime) -> None:
    """Mail the proof to who accepted. At least once: its Message-ID is the same each time."""
    if not held.db.operator_dsn:
        held.later(now + ELSEWHERE)
        return
    engagement_id = UUID(held.job.about)
    with held.db.operator(held.job.tenant_id) as conn:
        found = engaging.get(conn, engagement_id)
        client = next(one.name for one in tenants.listed(conn) if one.id == found.tenant_id)
        version = found.terms_version
        accepted = (terms.get(conn, version).kind, terms.content(conn, version)) if version else None
    mail(proof.letter(found, client, proof.pdf(found), accepted), post_of(of))
    with held.last(operator=True) as conn:
        conn.execute("UPDATE portal.engagements SET mailed_at = %s WHERE id = %s", (now, engagement_id))
