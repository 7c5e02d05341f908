"""The outbox: what was to be told is told by e-mail and webhook, at least once, after its transaction.

A client's addresses are its limits' `email` and `webhook`; the operator's are the variables DECROCHE_OPERATOR_EMAIL
and DECROCHE_OPERATOR_WEBHOOK. The mail server is DECROCHE_SMTP (`host:port`), the sender DECROCHE_MAIL_FROM. The body
of a webhook is signed with DECROCHE_WEBHOOK_SECRET (HMAC-SHA256 in `X-Decroche-Signature`); its id lets a receiver
drop repeats.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from billing.controls import limits_of
from store.console import to_json
from store.db import Conn, Database
from store.errors import DecrocheError

MOST_ATTEMPTS = 20
_TITLES = {
    "bundle": "Forfait : {percent} % utilisés",
    "amount": "Consommation du mois : {amount}",
    "cap": "Plafond du mois atteint : appels sortants bloqués",
    "blocked": "Appels sortants suspendus : {reason}",
    "reminder_1": "Facture {number} : rappel",
    "reminder_2": "Facture {number} : second rappel",
    "formal_notice": "Facture {number} : mise en demeure",
    "suspension": "Facture {number} : accès suspendu jusqu'au paiement",
}


class Undelivered(DecrocheError):
    """A notice could not be told; it stays in the outbox."""

    code = "notice_undelivered"
    retryable = True


@dataclass(frozen=True, slots=True)
class Channels:
    """Where a notice goes. Both empty: nobody asked to be told; it stays to be read."""

    email: str = ""
    webhook: str = ""


def deliver(db: Database, most: int = 100) -> tuple[int, int]:
    """Tell up to so many waiting notices, the oldest first (operator): (told, failed).

    One transaction each, locked so that two workers never tell the same; a failure is noted and tried again.
    """
    told = failed = 0
    tried: set[UUID] = set()
    for _ in range(most):
        with db.operator() as conn:
            row = conn.execute(
                """SELECT n.*, t.slug FROM billing.notices n JOIN store.tenants t ON t.id = n.tenant_id
                    WHERE n.sent_at IS NULL AND n.attempts < %s AND n.id <> ALL(%s)
                    ORDER BY n.created_at, n.id LIMIT 1 FOR UPDATE OF n SKIP LOCKED""",
                (MOST_ATTEMPTS, list(tried)),
            ).fetchone()
            if row is None:
                break
            tried.add(row["id"])
            channels = _channels(conn, row)
            if channels == Channels():
                continue
            try:
                send(row, channels)
            except Undelivered as error:
                failed += 1
                conn.execute(
                    "UPDATE billing.notices SET attempts = attempts + 1, last_error = %s WHERE id = %s",
                    (str(error), row["id"]),
                )
            else:
                told += 1
                conn.execute(
                    "UPDATE billing.notices SET attempts = attempts + 1, sent_at = now() WHERE id = %s", (row["id"],)
                )
    return told, failed


def send(notice: Mapping[str, Any], channels: Channels) -> None:
    """Tell one notice everywhere it goes. Raises Undelivered."""
    if channels.webhook:
        _post(notice, channels.webhook)
    if channels.email:
        _mail(notice, channels.email)


def title(notice: Mapping[str, Any]) -> str:
    """What a person reads first."""
    kind = str(notice["kind"])
    return _TITLES.get(kind, kind).format(**notice["body"])


def _channels(conn: Conn, notice: Mapping[str, Any]) -> Channels:
    if notice["audience"] == "operator":
        return Channels(os.environ.get("DECROCHE_OPERATOR_EMAIL", ""), os.environ.get("DECROCHE_OPERATOR_WEBHOOK", ""))
    limits = limits_of(conn, notice["tenant_id"])
    return Channels(limits.email, limits.webhook)


def _post(notice: Mapping[str, Any], address: str) -> None:
    import httpx

    facts = {name: notice[name] for name in ("id", "kind", "about", "body", "created_at")} | {"tenant": notice["slug"]}
    payload = to_json(facts).encode()
    headers = {"Content-Type": "application/json"}
    if secret := os.environ.get("DECROCHE_WEBHOOK_SECRET", ""):
        headers["X-Decroche-Signature"] = hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()
    try:
        httpx.post(address, content=payload, headers=headers, timeout=10).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Undelivered(f"webhook {address}: {error}") from error


def _mail(notice: Mapping[str, Any], address: str) -> None:
    host, _, port = os.environ.get("DECROCHE_SMTP", "127.0.0.1:25").partition(":")
    message = EmailMessage()
    message["Subject"] = title(notice)
    message["From"] = os.environ.get("DECROCHE_MAIL_FROM", "decroche@localhost")
    message["To"] = address
    message["Message-ID"] = f"<{notice['id']}@decroche>"
    lines = [title(notice), "", *(f"{name} : {value}" for name, value in notice["body"].items())]
    message.set_content("\n".join(lines))
    try:
        with smtplib.SMTP(host, int(port or 25), timeout=10) as server:
            server.send_message(message)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise Undelivered(f"e-mail to {address}: {error}") from error
