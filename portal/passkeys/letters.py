"""Letters about one's passkeys, sent by `decroche work`: one was added, one was taken away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import UUID

from billing.office.outbox import mail, post_of
from store.audit import note
from store.base.actor import service
from store.base.errors import BadInput
from store.base.settings import Settings
from store.jobs import Held
from store.work import Handler

KIND = "portal.passkey"
"""The job: about `added/PERSON/PASSKEY` or `removed/PERSON/PASSKEY`."""
_SAID = {
    "added": ("Décroche : une clé d'accès a été ajoutée à votre compte",
              "Une clé d'accès vient d'être ajoutée à votre compte. Elle permet de se connecter sans mot de passe.",
              "A passkey was added to your account. It signs in without a password."),
    "removed": ("Décroche : une clé d'accès a été retirée de votre compte",
                "Une clé d'accès vient d'être retirée de votre compte. Elle n'ouvre plus rien.",
                "A passkey was taken away from your account. It opens nothing any more."),
}  # fmt: skip
Clock = Callable[[], datetime]


def handlers(of: Settings, *, now: Clock = lambda: datetime.now(UTC)) -> dict[str, Handler]:
    """Kind of job → who does it."""
    return {KIND: lambda held: send(held, of, now())}


def send(held: Held, of: Settings, now: datetime) -> None:
    """Write one and mail it; nobody is written to who was ended meanwhile. At least once."""
    what, _, rest = held.job.about.partition("/")
    who = rest.partition("/")[0]
    if what not in _SAID:
        raise BadInput(f"no letter is called {what!r}")
    try:
        person_id = UUID(who)
    except ValueError as error:
        raise BadInput(f"{who!r} is no id") from error
    with held.tenant() as conn:
        to = conn.execute("SELECT email, name FROM portal.person_written_to(%s)", (person_id,)).fetchone()
        if to is not None:
            note(conn, service("letters"), f"person.letter_passkey_{what}", f"person:{person_id}", held.job.tenant_id)
    if to is not None:
        mail(written(to["email"], to["name"], what, of.portal.url), post_of(of))


def written(email: str, name: str, what: str, site: str) -> EmailMessage:
    """The letter, in French, then in English. `what`: added or removed."""
    subject, french, english = _SAID[what]
    message = EmailMessage()
    message["To"], message["Subject"] = email, subject
    lines = [
        f"Bonjour {name}," if name else "Bonjour,", "", french, "",
        "Si ce n'est pas vous : ouvrez votre compte et choisissez « Mon compte est compromis », qui coupe tout, ou "
        "prévenez votre opérateur.", f"{site.rstrip('/')}/compte", "",
        f'({english} If it was not you: open your account and choose "My account is compromised", or tell your '
        "operator.)",
    ]  # fmt: skip
    message.set_content("\n".join(lines))
    return message
