"""The proof of what a client accepted, on a durable medium: a PDF, and the letter it goes with."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from billing.documents.render import html_apart
from billing.rating.tariff import PARIS
from portal import words
from portal.ordering import recap
from portal.ordering.engaging import Engagement

HERE = Path(__file__).parent

REFUSALS: Mapping[str, str] = {
    "refused": "Elle n'a pas pu être enregistrée : un abonnement court déjà, ou une autre demande l'a précédée.",
}


def html(of: Engagement) -> str:
    """The proof's page, whole."""
    made = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)
    at = of.at.astimezone(PARIS)
    return made.get_template("proof.html").render(
        of=of, title=recap.NAMES[of.kind], rows=recap.rows(of.recap),
        when=f"{words.long_day(at, PARIS)} à {at:%H:%M:%S} (heure de Paris), soit {of.at.isoformat()}",
        browser=words.browser(of.browser), sensitive=of.recap.get("sensitive_data"),
    )  # fmt: skip


def pdf(of: Engagement) -> bytes:
    """The proof as PDF/A-3b, the same whenever it is made. Raises Unavailable."""
    return html_apart(recap.NAMES[of.kind], html(of))


def letter(of: Engagement, client: str, made: bytes, terms: tuple[str, bytes] | None) -> EmailMessage:
    """The letter with the proof, and with the terms (kind, content) where some were accepted; in French, then in
    English. `made`: the PDF."""
    message = EmailMessage()
    message["To"] = of.email
    message["Subject"] = f"Décroche, {client} : {recap.NAMES[of.kind].lower()}"
    message["Message-ID"] = f"<engagement.{of.id}@decroche>"
    lines = [f"Bonjour {of.name}," if of.name else "Bonjour,", "", f"Nous avons reçu de vous, le {_day(of)} :", ""]
    lines += [f"{name} : {value}" for name, value in recap.rows(of.recap)]
    if of.state == "refused":
        lines += ["", REFUSALS["refused"]]
    if of.invoice:
        lines += ["", f"Pièce établie : {of.invoice}, dans votre espace, page Factures."]
    lines += ["", "La preuve est jointe" + (", avec les conditions que vous avez acceptées." if terms else ".")
              + " Gardez-les.",
              "", "(This is what we received from you. The proof is attached"
              + (", with the terms that you accepted" if terms else "") + ": keep it.)"]  # fmt: skip
    message.set_content("\n".join(lines))
    message.add_attachment(made, maintype="application", subtype="pdf", filename=f"preuve-{of.id}.pdf")
    if terms is not None:
        main, _, sub = terms[0].partition("/")
        name = f"conditions-{of.terms_version}.{'pdf' if sub == 'pdf' else 'txt'}"
        message.add_attachment(terms[1], maintype=main, subtype=sub, filename=name)
    return message


def _day(of: Engagement) -> str:
    return words.long_day(of.at, PARIS)
