"""How severities, states and subjects of tickets are called on pages and in mails, in French. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlencode

Kind = Literal["call", "invoice", "number"]
"""What a ticket may be about."""

SEVERITIES: Mapping[str, str] = {
    "blocking": "bloquant", "major": "majeur", "minor": "mineur", "question": "question",
}  # fmt: skip
MEANT: Mapping[str, str] = {
    "blocking": "bloquant : vos appels ne sont plus pris", "major": "majeur : une partie ne marche plus",
    "minor": "mineur : une gêne", "question": "une question",
}  # fmt: skip
STATES: Mapping[str, str] = {
    "open": "en attente de réponse", "answered": "répondu", "waiting": "en attente de votre réponse", "closed": "clos",
}  # fmt: skip
DESK_STATES: Mapping[str, str] = {
    "open": "à répondre", "answered": "répondu", "waiting": "en attente du client", "closed": "clos",
}  # fmt: skip
TAGS: Mapping[str, str] = {"open": "warn", "answered": "good", "waiting": "warn", "closed": ""}
"""The colour of a state."""
KINDS: Mapping[str, str] = {"call": "un appel", "invoice": "une facture", "number": "un numéro"}
WINDOWS: Mapping[str, str] = {"planned": "prévue", "now": "en cours", "over": "terminée", "cancelled": "annulée"}
DONE: Mapping[str, str] = {
    "ouvert": "Votre demande est envoyée.", "repondu": "Votre message est envoyé.", "clos": "Le ticket est clos.",
    "note": "La note est gardée : aucun client ne la lit.",
    "annonce": "La maintenance est annoncée à tous les clients.",
    "fini": "La maintenance est finie.",
}  # fmt: skip
FIELDS: Mapping[str, Kind] = {"appel": "call", "facture": "invoice", "numero": "number"}
"""What a ticket may be about, as addresses and forms name it."""


def said_by(author: str) -> str:
    """Somebody of the client's, as they know each other; their system by its key."""
    kind, _, name = author.partition(":")
    return f"clé {name[:8]}" if kind == "api" else name


def link(kind: Kind, what: str) -> str:
    """Where a ticket about that is asked for."""
    return "/support/nouveau?" + urlencode({name: what for name, of in FIELDS.items() if of == kind})
