"""What each role may do: a role is a set of rights, and an API key carries some of the same words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from store.base.errors import BadInput

RIGHTS: Mapping[str, str] = {
    "home": "l'accueil",
    "calls": "les appels",
    "transcripts": "ce qui s'est dit",
    "numbers": "les numéros entiers",
    "audio": "l'écoute",
    "live": "les appels en cours",
    "agents_edit": "modifier les agents",
    "agents_test": "essayer les agents",
    "agents_approve": "valider les agents",
    "agents_publish": "publier les agents",
    "contacts": "les contacts",
    "campaigns_launch": "lancer des campagnes",
    "oppositions": "les oppositions",
    "proofs": "les preuves",
    "rights": "les demandes de droits",
    "invoices": "les factures",
    "usage": "la consommation",
    "pay": "payer",
    "dispute": "contester",
    "order": "l'abonnement",
    "team": "l'équipe",
    "keys": "les clés d'API",
    "hooks": "les web hooks",
    "tickets": "le support",
    "journal": "le journal",
}
"""Right → what it opens, as a person reads it."""

_RESPONSABLE = frozenset(RIGHTS) - {"pay", "dispute", "order", "team", "keys", "journal"}

ROLES: Mapping[str, frozenset[str]] = {
    "titulaire": frozenset(RIGHTS),
    "responsable": _RESPONSABLE,
    "redacteur": frozenset(
        {"home", "calls", "transcripts", "numbers", "agents_edit", "agents_test", "contacts", "oppositions", "tickets"}
    ),
    "lecteur": frozenset({"home", "calls", "transcripts", "tickets"}),
    "comptable": frozenset({"invoices", "usage", "pay", "dispute", "tickets"}),
}
"""Role in a client → its rights. The database has the same table (`portal.role_rights`), which its policies ask."""

OPERATOR_ROLES = ("admin", "support")
"""Roles of the operator's own people, in no client."""

SPOKEN: Mapping[str, str] = {
    "titulaire": "titulaire", "responsable": "responsable", "redacteur": "rédacteur", "lecteur": "lecteur",
    "comptable": "comptable", "admin": "administrateur", "support": "support",
}  # fmt: skip

SCOPES = frozenset({"calls", "transcripts", "numbers", "audio", "invoices", "usage", "hooks", "tickets"})
"""What a key may be given: the rights that the API has a use for."""


def rights_of(roles: Iterable[str]) -> frozenset[str]:
    """All that somebody with these roles may do; a role nobody knows gives nothing."""
    return frozenset[str]().union(*(ROLES.get(role, frozenset()) for role in roles))


def role_named(text: str) -> str:
    """The role as it is stored; "rédacteur" is redacteur. Raises BadInput."""
    plain = text.strip().lower().replace("é", "e")
    if plain not in ROLES and plain not in OPERATOR_ROLES:
        raise BadInput(f"--role {text!r} is no role", hint=f"one of {', '.join([*ROLES, *OPERATOR_ROLES])}")
    return plain


def scopes_named(names: Iterable[str]) -> list[str]:
    """A key's scopes in order, each once. Raises BadInput for one that is none, or for none at all."""
    wanted = sorted({name.strip() for name in names})
    if unknown := [name for name in wanted if name not in SCOPES]:
        raise BadInput(f"--scope {unknown[0]!r} is none", hint=f"one of {', '.join(sorted(SCOPES))}")
    if not wanted:
        raise BadInput("--scope: a key opens something", hint=f"one of {', '.join(sorted(SCOPES))}")
    return wanted
