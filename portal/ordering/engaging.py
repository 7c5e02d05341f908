"""What a client binds itself by on the web, written in the transaction of the click. The worker does what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from billing.charges import tariffs
from billing.plans import plans
from billing.plans.plans import Subscription
from billing.plans.subscription import SubscriptionFacts
from billing.rating.tariff import PARIS
from compliance.people import declarations
from compliance.people.declarations import Standing
from portal.ordering import recap
from portal.ordering.recap import ENDINGS, Ending, Offer, Terms
from store import jobs
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.db import Conn
from store.locks import Lock, take_turns

KIND = "portal.engagement"
"""The job that does what follows from one, about its id."""
DECLARED = "portal.declaration"
"""The job that tells the operator of sensitive data declared without an order, about the instant."""


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who clicked, and from where."""

    email: str
    name: str
    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class Engagement:
    """What was accepted. `recap`: all that was shown, `sha256` its hash; `invoice`: issued for it, "" for none."""

    tenant_id: UUID
    id: UUID
    kind: str
    subscription_id: UUID | None
    recap: Mapping[str, Any]
    sha256: str
    terms_version: str | None
    terms_sha256: str | None
    email: str
    name: str
    address: str
    browser: str
    at: datetime
    state: str
    why: str
    invoice: str
    mailed_at: datetime | None

    @property
    def day(self) -> date:
        """The seller's day of the click."""
        return self.at.astimezone(PARIS).date()


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription with what happened to it, and whether something about it waits to be done."""

    of: Subscription
    facts: SubscriptionFacts
    waits: bool


class OfferChanged(Refused):
    """What was shown is offered no more."""

    code = "offer_changed"


_COLUMNS = """tenant_id, id, kind, subscription_id, recap, sha256, terms_version, terms_sha256, email, name, address,
              browser, at, state, why, invoice, mailed_at"""


def listed(conn: Conn, tenant_id: UUID) -> list[Engagement]:
    """Everything a client accepted, the newest first."""
    with conn.cursor(row_factory=class_row(Engagement)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM portal.engagements WHERE tenant_id = %s ORDER BY at DESC, id DESC", (tenant_id,)
        ).fetchall()


def get(conn: Conn, engagement_id: UUID) -> Engagement:
    """One that `conn` may see. Raises NotFound."""
    with conn.cursor(row_factory=class_row(Engagement)) as cursor:
        found = cursor.execute(f"SELECT {_COLUMNS} FROM portal.engagements WHERE id = %s", (engagement_id,)).fetchone()
    if found is None:
        raise NotFound("no such engagement")
    return found


def offers(conn: Conn) -> list[Offer]:
    """The latest version of every plan, the cheapest first."""
    latest = {plan.name: plan for plan in plans.list_plans(conn)}
    found = [Offer(plan, _minutes(conn, plan.tariff)) for plan in latest.values()]
    return sorted(found, key=lambda offer: (offer.plan.monthly_micros, offer.plan.name))


def _minutes(conn: Conn, tariff: str) -> int | None:
    if not tariff:
        return None
    row = conn.execute("SELECT portal.offered_tariff(%s) AS toml", (tariff,)).fetchone()
    bundle = tariffs.parsed(row["toml"]).bundle if row and row["toml"] else None
    return bundle.seconds // 60 if bundle else None


def held(conn: Conn, tenant_id: UUID) -> list[Held]:
    """The client's subscriptions, the newest first."""
    waiting = {one.subscription_id for one in listed(conn, tenant_id) if one.state == "received"}
    return [
        Held(of, plans.facts_of(conn, of), of.id in waiting) for of in reversed(plans.subscriptions(conn, tenant_id))
    ]


def may_order(conn: Conn, tenant_id: UUID, today: date) -> bool:
    """Whether no subscription runs and no order waits: one at a time is ordered on the web."""
    if any(one.kind == "order" and one.state == "received" for one in listed(conn, tenant_id)):
        return False
    ends = [plans.calendar_of(conn, of, today).ends_on for of in plans.subscriptions(conn, tenant_id)]
    return all(end is not None and end < today for end in ends)


def order(
    conn: Conn, tenant_id: UUID, client: str, offer: Offer, options: Sequence[str], terms: Terms, *, sensitive: bool,
    shown: str, who: Signatory, by: Actor, now: datetime,
) -> UUID:  # fmt: skip
    """An order. `shown`: the hash of the recap that was accepted, but for the answer about sensitive data; `client`:
    its name. Raises OfferChanged; Refused while a subscription runs; BadInput for an option the plan has not."""
    take_turns(conn, Lock.PLAN, f"engagement {tenant_id}")
    today = now.astimezone(PARIS).date()
    if unknown := [name for name in options if name not in offer.plan.options]:
        raise BadInput(f"option {unknown[0]!r} is not in plan {offer.plan.name}", code="option_unknown")
    if recap.digest(recap.order(client, offer, options, today, terms, None)) != shown:
        raise OfferChanged
    if not may_order(conn, tenant_id, today):
        raise Refused("a subscription runs, or an order waits", code="subscription_runs")
    accepted = recap.order(client, offer, options, today, terms, sensitive)
    made = _keep(conn, tenant_id, "order", None, accepted, terms, who, by, now)
    declarations.declare(conn, tenant_id, sensitive=sensitive, reference=f"order {made}", by=by, now=now)
    return made


def declare(conn: Conn, tenant_id: UUID, *, sensitive: bool, by: Actor, now: datetime) -> Standing:
    """The client's word on sensitive data, without an order (6.2 f); the operator is told where there are some."""
    done = declarations.declare(conn, tenant_id, sensitive=sensitive, reference="page Abonnement", by=by, now=now)
    if done.word == "waits":
        jobs.add(conn, DECLARED, now.isoformat(), due_at=now, priority=10)
    return done


def open_endings(conn: Conn, tenant_id: UUID, of: Held, today: date) -> list[Ending]:
    """How a subscription may be ended today; not at all while something about it waits to be done."""
    ahead = recap.next_price(of.facts, today)
    stays = ahead is not None and accepted_price(conn, tenant_id, of, ahead[0])
    if of.waits:
        return []
    return [how for how in ENDINGS if recap.ended(of.facts, how, today) and not (how == "leave" and stays)]


def end(
    conn: Conn, tenant_id: UUID, client: str, of: Held, how: Ending, *, who: Signatory, by: Actor, now: datetime
) -> UUID:
    """Notice, withdrawal, or leaving before a new price. Raises Refused where the contract does not allow it now."""
    today = now.astimezone(PARIS).date()
    after = recap.ended(of.facts, how, today) if how in open_endings(conn, tenant_id, of, today) else None
    if after is None:
        raise Refused(f"{how} is not open for this subscription", code="ending_refused")
    accepted = recap.ending(client, of.of.plan, how, today, after)
    return _keep(conn, tenant_id, how, of.of.id, accepted, None, who, by, now)


def accept_price(
    conn: Conn, tenant_id: UUID, client: str, of: Held, *, who: Signatory, by: Actor, now: datetime
) -> UUID:
    """A price that was announced is accepted. Raises Refused where none is ahead."""
    ahead = recap.next_price(of.facts, now.astimezone(PARIS).date())
    if ahead is None or of.waits:
        raise Refused("no new price is ahead", code="no_price_ahead")
    accepted = recap.new_price(client, of.of.plan, *ahead)
    return _keep(conn, tenant_id, "accept_price", of.of.id, accepted, None, who, by, now)


def accepted_price(conn: Conn, tenant_id: UUID, of: Held, since: date) -> bool:
    """Whether the price that applies from then was accepted."""
    return any(
        one.kind == "accept_price" and one.subscription_id == of.of.id and one.recap["from"] == since.isoformat()
        for one in listed(conn, tenant_id)
    )


def _keep(
    conn: Conn, tenant_id: UUID, kind: str, subscription_id: UUID | None, accepted: Mapping[str, Any],
    terms: Terms | None, who: Signatory, by: Actor, now: datetime,
) -> UUID:  # fmt: skip
    made, sha256 = new_id(), recap.digest(accepted)
    conn.execute(
        """INSERT INTO portal.engagements (tenant_id, id, kind, subscription_id, recap, sha256, terms_version,
                                           terms_sha256, email, name, address, browser, at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            tenant_id, made, kind, subscription_id, Jsonb(dict(accepted)), sha256, terms.version if terms else None,
            terms.sha256 if terms else None, who.email, who.name, who.address, who.browser[:300], now,
        ),
    )  # fmt: skip
    note(conn, by, f"subscription.ask_{kind}", f"engagement:{made}", tenant_id, recap=sha256,
         terms=terms.sha256 if terms else "")  # fmt: skip
    jobs.add(conn, KIND, made, due_at=now, priority=20)
    return made
