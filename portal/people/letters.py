"""Letters that let people in: an invitation, a forgotten password. Sent by `decroche work`, each with a fresh link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

from psycopg.rows import class_row

from billing.office.outbox import mail, post_of
from portal.people.tokens import LINK_DAYS, digest, new_token
from store.audit import note
from store.base.actor import service
from store.base.errors import BadInput
from store.base.settings import Settings
from store.jobs import Held
from store.work import Handler

KIND = "portal.letter"
RESET_HOURS = 2
"""How long the link of a forgotten password opens something: it was asked for just now."""
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Letter:
    """To whom. `first`: has no password yet; `link`: a link goes with it."""

    email: str
    name: str
    client: str
    first: bool
    link: bool


def handlers(of: Settings, *, now: Clock = lambda: datetime.now(UTC)) -> dict[str, Handler]:
    """Kind of job → who does it."""
    return {KIND: lambda held: send(held, of, now())}


def send(held: Held, of: Settings, now: datetime) -> None:
    """Write one and mail it. Sent twice where the worker died in between: the link of the later one is the good one."""
    purpose, _, who = held.job.about.partition("/")
    if purpose not in ("invitation", "reset"):
        raise BadInput(f"no letter is called {purpose!r}")
    try:
        person_id = UUID(who)
    except ValueError as error:
        raise BadInput(f"{who!r} is no id") from error
    token = new_token()
    until = now + (timedelta(hours=RESET_HOURS) if purpose == "reset" else timedelta(days=LINK_DAYS))
    with held.tenant() as conn, conn.cursor(row_factory=class_row(Letter)) as cursor:
        found = cursor.execute(
            "SELECT * FROM portal.write_letter(%s, %s, %s, %s, %s)", (person_id, purpose, digest(token), now, until)
        ).fetchone()
        if found is not None:
            note(conn, service("letters"), f"person.letter_{purpose}", f"person:{person_id}", held.job.tenant_id)
    if found is not None:
        mail(written(found, purpose, of.portal.url, token), post_of(of))


def written(to: Letter, purpose: str, site: str, token: str) -> EmailMessage:
    """The letter, in French, then in English."""
    link = f"{site.rstrip('/')}/invitation/{token}" if to.link else f"{site.rstrip('/')}/connexion"
    hello = f"Bonjour {to.name}," if to.name else "Bonjour,"
    message = EmailMessage()
    message["To"] = to.email
    if purpose == "reset":
        message["Subject"] = "Décroche : choisir un nouveau mot de passe"
        lines = [hello, "", "Un nouveau mot de passe a été demandé pour cette adresse. Ce lien sert une fois, pendant "
                 f"{RESET_HOURS} heures :", link, "", "Si vous n'avez rien demandé, ne faites rien : votre mot de "
                 "passe reste le même.", "", f"(A new password was asked for. The link above is good once, for "
                 f"{RESET_HOURS} hours. If you did not ask, do nothing.)"]  # fmt: skip
    else:
        message["Subject"] = f"Décroche : {to.client} vous ouvre un accès"
        how = (f"Choisissez votre mot de passe par ce lien, qui sert une fois, pendant {LINK_DAYS} jours :" if to.link
               else "Connectez-vous comme d'habitude, puis choisissez ce dossier :")  # fmt: skip
        lines = [hello, "", f"{to.client} vous ouvre son espace Décroche. {how}", link, "",
                 f"({to.client} gives you access to its Décroche account, by the link above.)"]  # fmt: skip
    message.set_content("\n".join(lines))
    return message
