"""The outbox: how what was to be told goes out, by e-mail, web hook and SMS, and what it says at first glance.

What is told is in `billing.notices`, written with what it tells of; `telling.py` tells it. A web hook's body is signed
and dated under its reader's own key (`store/base/stamped.py`); its id lets a receiver drop repeats.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from time import time
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from billing.charges.controls import limits_of
from billing.keys import key
from billing.office import letters
from store.base import outward
from store.base.console import to_json
from store.base.errors import DecrocheError
from store.base.outward import OutwardFailed, OutwardRefused
from store.base.settings import Settings, loopback
from store.base.stamped import key_of, stamp
from store.db import Conn

_SMS_LENGTH = 300

_TITLES = {
    "account_compromised": "Compte signalé comme compromis : sessions et clés coupées",
    "bundle": "Forfait : {percent} % utilisés",
    "amount": "Consommation du mois : {amount} € HT",
    "low_balance": "Crédit prépayé bientôt épuisé : {left} € HT",
    "cap": "Plafond du mois atteint : appels sortants bloqués",
    "blocked": "Appels sortants suspendus : {reason}",
    "flood": "Appels entrants refusés, trop nombreux à la fois : {reason}",
    "invoice": "Facture {number} : {amount} € TTC, à payer au plus tard le {due_on}",
    "credit_note": "Avoir {number} : {amount} € TTC",
    "reminder_1": "Facture {number} : rappel",
    "reminder_2": "Facture {number} : second rappel",
    "formal_notice": "Facture {number} : mise en demeure",
    "suspension": "Facture {number} : accès suspendu jusqu'au paiement",
    "sensitive_data": "Données sensibles déclarées ({plan}) : accord écrit à donner ou à refuser",
    "price_change": "Nouveau prix de l'abonnement à compter du {from}",
    "leaving": "Fin de l'abonnement le {ends_on}",
    "withdrawal": "Rétractation reçue le {on}",
    "over_plan": "Au-delà du forfait {plan} : {what}",
    "debit_note": "Note de débit {number} : {amount} €, retard de paiement de la facture {invoice}",
    "chargeback": "Paiement repris par la banque : facture {number}",
    "ended": "Accès terminé le {last_access_on} : données à supprimer",
    "hook_disabled": "Web hook désactivé : {host}",
    "refunded": "Remboursement fait chez Stripe : facture {number}",
}


class Undelivered(DecrocheError):
    """A notice could not be told; it stays in the outbox."""

    code = "notice_undelivered"
    retryable = True


@dataclass(frozen=True, slots=True)
class Channels:
    """Where a notice goes. All empty: nobody asked to be told; it stays to be read."""

    email: str = ""
    webhook: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """How things are sent: the mail server (`host:port`), the SMS gateway, the operator's own addresses."""

    smtp: str = "127.0.0.1:25"
    mail_from: str = "decroche@localhost"
    smtp_user: str = ""
    smtp_password: str = ""
    sms_url: str = ""
    sms_token: str = ""
    webhook_secret: str = ""
    """What the operator's own web hook is signed with; a client's is under a key that only that client is given."""
    key_of: Callable[[UUID], str] | None = None
    operator: Channels = Channels()
    allowed: tuple[str, ...] = ()
    """Addresses that clients' web hooks may be at though they are not public (`outward.allowed`)."""


def post_of(of: Settings) -> Post:
    """The post by the settings and secrets."""
    b = of.billing
    operator = Channels(b.operator_email, b.operator_webhook, b.operator_phone)
    return Post(
        b.smtp,
        b.mail_from,
        b.smtp_user,
        key("smtp-password", of) if b.smtp_user else "",
        b.sms_url,
        key("sms-token", of),
        key("notice-webhook", of),
        partial(key_of, of=of),
        operator,
        tuple(of.outward.allowed),
    )


def listed(conn: Conn, tenant_id: UUID | None = None) -> list[DictRow]:
    """Every notice, told or not, the oldest first."""
    return conn.execute(
        """SELECT t.slug AS tenant, n.id, n.kind, n.about, n.audience, n.body, n.created_at, n.sent_at, n.told_on,
                  n.told_how, coalesce(j.why, '') AS last_error
             FROM billing.notices n JOIN store.tenants t ON t.id = n.tenant_id
             LEFT JOIN store.jobs j ON j.kind = 'billing.tell' AND j.about = n.id::text
            WHERE %(only)s::uuid IS NULL OR n.tenant_id = %(only)s ORDER BY n.created_at, n.id""",
        {"only": tenant_id},
    ).fetchall()


def title(notice: Mapping[str, Any]) -> str:
    """What a person reads first."""
    kind, body = str(notice["kind"]), notice["body"]
    template = _TITLES.get(kind, kind)
    if kind == "invoice" and "due_on" not in body:
        how = "déjà réglée" if "paid" in body else "prélevée le {debited_on}"
        template = "Facture {number} : {amount} € TTC, " + how
    return template.format(**{name: letters.in_title(name, value) for name, value in body.items()})


def channels(conn: Conn, notice: Mapping[str, Any], post: Post) -> Channels:
    """Where whoever a notice is for is told."""
    if notice["audience"] == "operator":
        return post.operator
    limits = limits_of(conn, notice["tenant_id"])
    row = conn.execute(
        "SELECT party ->> 'email' AS email FROM billing.customers WHERE tenant_id = %s", (notice["tenant_id"],)
    ).fetchone()
    # the e-mail of the billing address is where invoices go, unless another was named for notices
    return Channels(limits.email or (row["email"] if row and row["email"] else ""), limits.webhook, limits.phone)


def ways_of(to: Channels, post: Post) -> dict[str, str]:
    """The channels that lead somewhere: an SMS needs a gateway too."""
    found = {"webhook": to.webhook, "email": to.email, "sms": to.phone if post.sms_url else ""}
    return {way: address for way, address in found.items() if address}


def _hook(notice: Mapping[str, Any], address: str, post: Post) -> None:
    facts = {name: notice[name] for name in ("id", "kind", "about", "body", "created_at")} | {"tenant": notice["slug"]}
    payload = to_json(facts).encode()
    headers: dict[str, str] = {}
    if notice["audience"] == "operator":  # the operator's own address may be inside
        if post.webhook_secret:
            headers = stamp(post.webhook_secret, payload, time())
        _send_json(f"web hook {address}", address, payload, headers)
        return
    if post.key_of is not None:
        headers = stamp(post.key_of(notice["tenant_id"]), payload, time())
    try:
        status = outward.post(address, payload, headers, seconds=10, allowed=post.allowed)
    except (OutwardRefused, OutwardFailed) as error:
        raise Undelivered(f"web hook: {error}") from error
    if status >= 300:
        raise Undelivered(f"web hook: answered {status}")


def _sms(notice: Mapping[str, Any], phone: str, post: Post) -> None:
    sms(phone, title(notice)[:_SMS_LENGTH], str(notice["id"]), post)


def sms(phone: str, text: str, key: str, post: Post) -> None:
    """Send one by the operator's gateway. `key`: of this text for good; asked again after a lost answer it need not
    send twice. Raises Undelivered."""
    if not post.sms_url:
        raise Undelivered("there is no SMS gateway", hint="billing.sms_url")
    headers = {"Idempotency-Key": key}
    if post.sms_token:
        headers["Authorization"] = f"Bearer {post.sms_token}"
    _send_json("SMS", post.sms_url, to_json({"to": phone, "text": text}).encode(), headers)


def _send_json(what: str, address: str, payload: bytes, headers: Mapping[str, str]) -> None:
    import httpx

    headers = {"Content-Type": "application/json", **headers}
    try:
        httpx.post(address, content=payload, headers=headers, timeout=10).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Undelivered(f"{what}: {error}") from error


def mail(message: EmailMessage, post: Post) -> None:
    """Send one by the mail server, from the house's own address. Raises Undelivered."""
    message["From"] = post.mail_from
    try:
        _send(message, post)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise Undelivered(f"e-mail to {message['To']}: {error}") from error


def _send(message: EmailMessage, post: Post) -> None:
    host, _, port = post.smtp.partition(":")
    with smtplib.SMTP(host, int(port or 25), timeout=10) as server:
        if not loopback(host):  # refused where the server cannot, or its certificate is another's
            server.starttls(context=ssl.create_default_context())
        if post.smtp_user:
            server.login(post.smtp_user, post.smtp_password)
        server.send_message(message)


def _mail(notice: Mapping[str, Any], address: str, post: Post) -> None:
    message = EmailMessage()
    message["From"] = post.mail_from
    try:
        message["Subject"] = " ".join(title(notice).split())
        message["To"] = address
        message["Message-ID"] = f"<{notice['id']}@decroche>"
        message.set_content("\n".join([title(notice), "", *letters.lines(notice)]))
        if "no_file" in notice:
            raise ValueError(notice["no_file"])
        if "file" in notice:
            message.add_attachment(
                notice["file"], maintype="application", subtype="pdf", filename=f"{notice['about']}.pdf"
            )
        _send(message, post)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise Undelivered(f"e-mail to {address}: {error}") from error


SEND: Mapping[str, Callable[[Mapping[str, Any], str, Post], None]] = {"webhook": _hook, "email": _mail, "sms": _sms}
