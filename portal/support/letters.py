"""The mails of support, in French, then in English. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from portal import words
from portal.support.maintenance import Window
from portal.support.wording import SEVERITIES
from portal.wording import english

MOST = 4000
"""Characters of a post that are quoted; the page has it whole."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A post, and whom it is told to. `first`: it opened the ticket; `email` "": the operator."""

    number: int
    subject: str
    body: str
    severity: str
    state: str
    first: bool
    client: str
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody of a client's, and where their day is."""

    email: str
    name: str
    timezone: str


def written(of: Letter, to: str, site: str, name: str) -> EmailMessage:
    """The mail that tells of a post; `name`: the same whenever it is sent again."""
    quoted = of.body if len(of.body) <= MOST else f"{of.body[:MOST]} […]"
    if of.email:
        subject = f"Décroche, ticket {of.number} : {of.subject}"
        asks = of.state == "waiting"
        lines = [
            f"Bonjour {of.name}," if of.name else "Bonjour,", "",
            f"Votre opérateur {'vous demande une précision' if asks else 'a répondu'} dans le ticket {of.number}, "
            f"« {of.subject} » :", "", quoted, "", "Pour le lire et répondre :",
            f"{site.rstrip('/')}/support/{of.number}", "",
            f"(Your operator has {'a question' if asks else 'answered'} in ticket {of.number}: "
            "read and answer it by the link above.)",
        ]  # fmt: skip
    else:
        what = "nouveau ticket" if of.first else "réponse du client au ticket"
        subject = f"{of.client} : {what} {of.number} ({SEVERITIES[of.severity]}), {of.subject}"
        lines = [f"{of.client}, ticket {of.number} :", "", quoted, "", f"decroche ticket show {of.number}"]
    return _mail(to, subject, lines, name)


def announced(window: Window, phase: str, to: Reader, name: str) -> EmailMessage:
    """The mail that tells of maintenance, or that it was taken back; in the reader's own time."""
    zone, hello = ZoneInfo(to.timezone), f"Bonjour {to.name}," if to.name else "Bonjour,"
    times = window.begins_at, window.ends_at
    french = "du {} à {} au {} à {}".format(*(f(at, zone) for at in times for f in (words.long_day, words.clock)))
    anglais = "from {} {} to {} {}".format(*(f(at, zone) for at in times for f in (english.long_day, english.clock)))
    if phase == "cancelled":
        subject = "Décroche : maintenance annulée"
        lines = [hello, "", f"La maintenance prévue {french} n'aura pas lieu.", "",
                 f"(The maintenance planned {anglais} is cancelled.)"]  # fmt: skip
    else:
        subject = f"Décroche : maintenance {words.day(window.begins_at, zone)}"
        lines = [hello, "", f"Une maintenance aura lieu {french} (heure de {to.timezone}) :", "", window.what, "",
                 "Aucune campagne n'appelle pendant ce temps.", "",
                 f"(Maintenance {anglais}, {to.timezone}: {window.said('en')})"]  # fmt: skip
    return _mail(to.email, subject, lines, name)


def _mail(to: str, subject: str, lines: list[str], name: str) -> EmailMessage:
    message = EmailMessage()
    message["To"] = to
    message["Subject"] = " ".join(subject.split())
    message["Message-ID"] = f"<{name}@decroche>"
    message.set_content("\n".join(lines))
    return message
