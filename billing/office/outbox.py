"""The outbox: what was to be told is told by e-mail, web hook and SMS, at least once, after its transaction.

Each channel is told once: one that failed is tried again later and later (1 minute, 2, 4, … 6 hours, 20 times:
some three days), without those that were told already. A notice nobody has an address for stays to be read
(`decroche billing notices`); after a week it is not sent any more, so that an address given later is not flooded. A
step of dunning is, with the sums of the day, until it is told: what follows counts from that day, which is kept.
The e-mail of an invoice or a credit note carries its Factur-X file, that of a debit note its PDF.
A web hook's body is signed and dated under its reader's own key (`store/base/stamped.py`); its id lets a receiver drop
repeats.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
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
from store.base.errors import DecrocheError, Unavailable
from store.base.outward import OutwardFailed, OutwardRefused
from store.base.settings import Settings, loopback
from store.base.stamped import key_of, stamp
from store.db import Conn, Database

MOST_ATTEMPTS = 20
SENT_FOR_DAYS = 7
_WAIT_MOST = timedelta(hours=6)
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
    "price_change": "Nouveau prix de l'abonnement à compter du {from}",
    "leaving": "Fin de l'abonnement le {ends_on}",
    "withdrawal": "Rétractation reçue le {on}",
    "over_plan": "Au-delà du forfait {plan} : {what}",
    "debit_note": "Note de débit {number} : {amount} €, retard de paiement de la facture {invoice}",
    "chargeback": "Paiement repris par la banque : facture {number}",
    "ended": "Accès terminé le {last_access_on} : données à supprimer",
    "refunded": "Remboursement fait chez Stripe : facture {number}",
}


_SAYS_ENOUGH = ("email", "webhook", "hand")
"""Ways that carry the whole text: an SMS has the title only, and tells nobody what is owed."""

_WITH_FILE = ("invoice", "credit_note", "debit_note")
"""Notices whose e-mail carries the document they tell of."""


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
                  n.told_how, n.last_error
             FROM billing.notices n JOIN store.tenants t ON t.id = n.tenant_id
            WHERE %(only)s::uuid IS NULL OR n.tenant_id = %(only)s ORDER BY n.created_at, n.id""",
        {"only": tenant_id},
    ).fetchall()


def deliver(db: Database, post: Post, most: int = 100) -> tuple[int, int]:
    """Tell up to so many waiting notices, the oldest first (operator): (told, failed).

    One transaction each, locked so that two workers never tell the same; a failure is noted and tried again.
    """
    told = failed = 0
    for _ in range(most):
        with db.operator() as conn:
            row = conn.execute(
                """SELECT n.*, t.slug FROM billing.notices n JOIN store.tenants t ON t.id = n.tenant_id
                    WHERE n.sent_at IS NULL AND n.attempts < %s AND n.next_at <= now()
                      AND (n.created_at > now() - %s OR n.taken_on IS NOT NULL)
                    ORDER BY n.created_at, n.id LIMIT 1 FOR UPDATE OF n SKIP LOCKED""",
                (MOST_ATTEMPTS, timedelta(days=SENT_FOR_DAYS)),
            ).fetchone()
            if row is None:
                break
            ways = _ways(_channels(conn, row, post), post)
            if not ways:
                conn.execute(
                    "UPDATE billing.notices SET next_at = now() + interval '1 day' WHERE id = %s", (row["id"],)
                )
                continue
            if _tell(conn, row, ways, post):
                told += 1
            else:
                failed += 1
    return told, failed


def _tell(conn: Conn, notice: Mapping[str, Any], ways: Mapping[str, str], post: Post) -> bool:
    """Tell one notice by each way it was not told by yet; whether it is told by all."""
    done: list[str] = list(notice["told"])
    wrong: list[str] = []
    if notice["kind"] in _WITH_FILE and "email" in ways and "email" not in done:
        notice = _with_file(conn, notice)
    for way, address in ways.items():
        if way in done:
            continue
        try:
            _SEND[way](notice, address, post)
            done.append(way)
        except Undelivered as error:
            wrong.append(str(error))
    conn.execute(
        """UPDATE billing.notices SET attempts = attempts + 1, told = %(told)s, last_error = %(error)s,
                  sent_at = CASE WHEN %(error)s = '' THEN now() END, next_at = now() + %(wait)s,
                  told_on = CASE WHEN %(enough)s
                                 THEN coalesce(told_on, (now() AT TIME ZONE 'Europe/Paris')::date) ELSE told_on END
            WHERE id = %(id)s""",
        {
            "told": done,
            "error": "; ".join(wrong),
            "wait": pause(notice["attempts"]),
            "id": notice["id"],
            "enough": any(way in _SAYS_ENOUGH for way in done),
        },
    )
    return not wrong


def _with_file(conn: Conn, notice: Mapping[str, Any]) -> Mapping[str, Any]:
    """The notice with the file it tells of, or with why there is none."""
    from billing.documents.render import pages_apart, pdf_apart
    from billing.invoices import debit, invoicing

    number = notice["about"]
    try:
        if notice["kind"] == "debit_note":
            return {**notice, "file": pages_apart("debit_note.html", debit.page(conn, debit.get(conn, number)))}
        return {**notice, "file": pdf_apart(invoicing.get(conn, number).invoice())}
    except Unavailable as error:
        return {**notice, "no_file": str(error)}


def pause(attempts: int) -> timedelta:
    """How long to wait after so many failures before the next attempt."""
    return min(_WAIT_MOST, timedelta(minutes=2**attempts)) if attempts < 20 else _WAIT_MOST


def title(notice: Mapping[str, Any]) -> str:
    """What a person reads first."""
    kind, body = str(notice["kind"]), notice["body"]
    template = _TITLES.get(kind, kind)
    if kind == "invoice" and "due_on" not in body:
        how = "déjà réglée" if "paid" in body else "prélevée le {debited_on}"
        template = "Facture {number} : {amount} € TTC, " + how
    return template.format(**{name: letters.in_title(name, value) for name, value in body.items()})


def _channels(conn: Conn, notice: Mapping[str, Any], post: Post) -> Channels:
    if notice["audience"] == "operator":
        return post.operator
    limits = limits_of(conn, notice["tenant_id"])
    row = conn.execute(
        "SELECT party ->> 'email' AS email FROM billing.customers WHERE tenant_id = %s", (notice["tenant_id"],)
    ).fetchone()
    # the e-mail of the billing address is where invoices go, unless another was named for notices
    return Channels(limits.email or (row["email"] if row and row["email"] else ""), limits.webhook, limits.phone)


def _ways(to: Channels, post: Post) -> dict[str, str]:
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
    """The gateway's idempotency key is the notice's id: asked again after a lost answer it need not send twice."""
    headers = {"Idempotency-Key": str(notice["id"])}
    if post.sms_token:
        headers["Authorization"] = f"Bearer {post.sms_token}"
    payload = to_json({"to": phone, "text": title(notice)[:_SMS_LENGTH]}).encode()
    _send_json(f"SMS to {phone}", post.sms_url, payload, headers)


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


_SEND: Mapping[str, Callable[[Mapping[str, Any], str, Post], None]] = {"webhook": _hook, "email": _mail, "sms": _sms}
