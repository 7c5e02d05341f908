"""Sends a message, by its job or at once: never to a private address, without redirects, in fifteen seconds at most."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

from billing.charges.controls import tell
from billing.charges.thresholds import Notice
from portal.links.hooks import deliveries, endpoints, retrying, signing
from portal.links.hooks.deliveries import SEND, SNIPPET, Delivery
from portal.links.hooks.endpoints import Endpoint
from portal.links.hooks.kinds import TEST, body, message_id
from portal.links.hooks.retrying import Verdict
from store import jobs
from store.base import outward
from store.base.actor import service
from store.base.errors import BadInput, NotFound
from store.base.outward import OutwardFailed, OutwardRefused
from store.base.settings import Settings
from store.db import Conn, Database
from store.jobs import Held
from store.work import Handler

log = logging.getLogger(__name__)

SECONDS = 15.0
READ = 1024
"""Bytes of an answer that are read; of them so many characters are kept as `SNIPPET` says."""
Clock = Callable[[], datetime]
_BY = service("hooks")
REASONS = {"away": "aucune réponse favorable pendant trois jours", "gone": "le récepteur a répondu 410 (plus rien)"}
"""Why an endpoint was disabled, as the client reads it."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a try came to. `status` None: nobody answered; `why`: a word for it, empty where there is a status."""

    status: int | None
    snippet: str
    why: str


def handlers(of: Settings, *, now: Clock = lambda: datetime.now(UTC)) -> dict[str, Handler]:
    """Kind of job → who does it."""
    return {SEND: lambda held: send(held, of, now)}


def send(held: Held, of: Settings, clock: Clock) -> None:
    """Do a job: one try of a message, and what follows from it; nothing where it is not waited for any more."""
    with held.tenant() as conn:
        now = clock()
        try:
            message = deliveries.get(conn, _id(held.job.about))
        except NotFound:
            return
        endpoint = endpoints.get(conn, message.endpoint_id)
        keys = endpoints.keys_of(conn, endpoint.id, now, of)
    if message.state != "waiting":
        return
    if verdict := _untried(message, endpoint, now):
        with held.last() as conn:
            deliveries.was_left(conn, message.id, verdict, "disabled" if endpoint.disabled_at else "away")
            _follow(conn, message, endpoint, verdict, now)
        return
    tried = attempt(message, endpoint, keys, of, now)
    with held.last() as conn:
        _follow(conn, message, endpoint, _noted(conn, message, endpoint, tried, clock()), clock())


def _untried(message: Delivery, endpoint: Endpoint, now: datetime) -> Verdict | None:
    if message.kind == TEST:
        return None
    return retrying.before(
        message.since, now, disabled=endpoint.disabled_at is not None, rests_until=endpoint.rests_until,
        took_at=endpoint.took_at,
    )  # fmt: skip


def send_now(db: Database, delivery_id: UUID, tenant_id: UUID, of: Settings, clock: Clock) -> Delivery:
    """One try of a message, without a job: a test that somebody waits for. Raises NotFound, SealBroken."""
    with db.tenant(tenant_id) as conn:
        message = deliveries.get(conn, delivery_id)
        endpoint = endpoints.get(conn, message.endpoint_id)
        keys = endpoints.keys_of(conn, endpoint.id, clock(), of)
    tried = attempt(message, endpoint, keys, of, clock())
    with db.tenant(tenant_id) as conn:
        _noted(conn, message, endpoint, tried, clock())
        return deliveries.get(conn, delivery_id)


def attempt(message: Delivery, endpoint: Endpoint, keys: list[bytes], of: Settings, now: datetime) -> Tried:
    """Send it once; what came of it. Raises nothing: an address that may not be asked is a failure too."""
    content, name = body(message.kind, message.subject, message.at, of.portal.url), message_id(message.id)
    try:
        answer = outward.send(
            endpoint.url, content, signing.headers(name, now, content, keys), seconds=SECONDS, most=READ,
            allowed=of.outward.allowed,
        )  # fmt: skip
    except OutwardRefused as error:
        log.warning("web hook %s: [%s] %s", endpoint.id, error.code, error)
        return Tried(None, "", "address refused")
    except OutwardFailed as error:
        log.info("web hook %s: [%s] %s", endpoint.id, error.code, error)
        return Tried(None, "", "no answer")
    return Tried(answer.status, _snippet(answer.body), "")


def _snippet(answer: bytes) -> str:
    """How an answer begins, as one line of text."""
    return re.sub(r"[\x00-\x20\x7f-\x9f\ufffd]+", " ", answer.decode("utf-8", "replace")).strip()[:SNIPPET]


def _noted(conn: Conn, message: Delivery, endpoint: Endpoint, tried: Tried, now: datetime) -> Verdict:
    test = message.kind == TEST
    verdict = retrying.after(
        tried.status, message.tries + 1, message.since, now, faults=endpoint.faults + 1, took_at=endpoint.took_at,
        test=test,
    )  # fmt: skip
    deliveries.was_tried(conn, message.id, verdict, now, status=tried.status, snippet=tried.snippet, why=tried.why)
    if verdict.state == "delivered":
        endpoints.took(conn, endpoint.id, now)
    elif not test:
        endpoints.failed(conn, endpoint.id, now + retrying.rest(endpoint.faults + 1))
    return verdict


def _follow(conn: Conn, message: Delivery, endpoint: Endpoint, verdict: Verdict, now: datetime) -> None:
    """Have it sent again; or disable the endpoint where it is time, and have the client told."""
    if verdict.next_at is not None:
        jobs.add(conn, SEND, message.id, due_at=verdict.next_at)
    if not verdict.disable or not endpoints.disable(conn, endpoint, verdict.disable, by=_BY, now=now):
        return
    what = {
        "host": endpoint.name or str(urlsplit(endpoint.url).hostname),
        "reason": REASONS[verdict.disable],
        "to_do": "réparer le récepteur, puis le réactiver et rejouer les envois à la page Intégrations",
    }
    tell(conn, endpoint.tenant_id, Notice("hook_disabled", f"{endpoint.id}/{now.isoformat()}", "client", what))
    log.warning("web hook %s is disabled: %s", endpoint.id, verdict.disable)


def _id(about: str) -> UUID:
    try:
        return UUID(about)
    except ValueError as error:
        raise BadInput(f"{about!r} is no id") from error
