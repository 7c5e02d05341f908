"""Données: what is kept for how long, the client's instructions, who else sees data, breaches, what to take out."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from compliance.people import registers, retention
from compliance.people.policies import policies
from portal.door import Seat
from portal.web.routes import Pages
from portal.web.visit import Answer, Visit

pages = Pages()

KEPT: Mapping[str, tuple[str, str]] = {
    "transcripts": ("Transcriptions", "après l'appel ; vide : avec l'appel lui-même"),
    "messages": ("Messages laissés", "après qu'ils ont été laissés ; vide : douze mois"),
    "appointments": ("Rendez-vous", "après qu'ils ont eu lieu ; vide : douze mois"),
}
"""What a client may instruct of: name, and from when the days are counted."""
MOST_DAYS = 3650

NAMES: Mapping[str, str] = {
    "recordings": "enregistrements", "transcripts": "transcriptions", "analyses": "résumés et fiches",
    "messages": "messages", "appointments": "rendez-vous", "cdrs": "traces d'appel", "contacts": "contacts",
    "targets": "appels de campagne", "consents": "consentements", "callbacks": "demandes de rappel",
    "attempts": "tentatives d'appel", "decisions": "preuves de légalité", "rights_requests": "demandes de droits",
    "logs": "journaux techniques", "web_sessions": "connexions au site", "tickets": "demandes au support",
    "invoices": "factures",
    "notices": "avis envoyés",
    "contracts": "contrats",
    "engagements": "commandes et résiliations",
    "clients": "identité du client", "blocks": "blocages", "events": "événements",
    "jobs": "tâches", "deliveries": "envois de web hooks", "payment_events": "paiements",
    "bloctel": "réponses de Bloctel",
}  # fmt: skip


@pages.get("/donnees", "rights")
def kept(visit: Visit, seat: Seat) -> Answer:
    """All of it on one page."""
    now = retention.instruction(seat.conn, seat.whose)
    return _data(visit, seat, {name: "" if now[name] is None else str(now[name]) for name in KEPT})


def _data(visit: Visit, seat: Seat, typed: Mapping[str, str], status: int = 200) -> Response:
    return visit.page(
        "data.html", status, typed=typed, kept=KEPT, policies=policies(), names=NAMES,
        processors=registers.entries("subprocessor", visit.portal.settings.home),
        breaches=registers.breaches(seat.conn, seat.whose), done=visit.query.get("fait", ""), most=MOST_DAYS,
    )  # fmt: skip


@pages.post("/donnees/conservation", "order", sure=True)
def keep(visit: Visit, seat: Seat) -> Answer:
    """The client's documented instruction (RGPD art. 28; contract, 8.2)."""
    seat.needs("rights")
    typed = {name: visit.form.get(f"jours-{name}", "").strip()[:10] for name in KEPT}
    for name, text in typed.items():
        if text and not (text.isdecimal() and text.isascii() and int(text) <= MOST_DAYS):
            visit.faults[f"jours-{name}"] = f"Un nombre de jours, de 0 à {MOST_DAYS}, ou rien."
    if visit.faults:
        return _data(visit, seat, typed, 422)
    retention.keep(seat.conn, seat.whose, by=seat.by,
                   **{name: int(text) if text else None for name, text in typed.items()})  # fmt: skip
    return visit.go("/donnees?fait=conservation")
