"""The journal: who saw and changed what for the client, out of the audit log's chain, told in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.door import Seat
from store import audit
from store.audit import Entry

ACTIONS: Mapping[str, str] = {
    "session.begin": "s'est connecté", "session.end": "s'est déconnecté", "session.cut": "a fermé des sessions",
    "session.choose": "est entré dans le dossier", "person.add": "a ouvert un accès",
    "person.invite": "a invité quelqu'un",
    "person.roles": "a changé des rôles", "person.end": "a retiré un accès", "person.reset": "a remis un accès à neuf",
    "person.password": "a changé son mot de passe", "person.second_step": "a changé son second facteur",
    "person.passkey_add": "a ajouté une clé d'accès", "person.passkey_remove": "a retiré une clé d'accès",
    "person.letter_passkey_added": "a écrit qu'une clé d'accès est ajoutée",
    "person.letter_passkey_removed": "a écrit qu'une clé d'accès est retirée",
    "person.compromised": "a signalé son compte compromis", "person.letter_invitation": "a envoyé une invitation",
    "person.letter_reset": "a envoyé un lien de mot de passe", "key.add": "a créé une clé d'API",
    "key.end": "a retiré une clé d'API", "hook.add": "a ajouté un web hook", "hook.test": "a essayé un web hook",
    "hook.set": "a changé un web hook",
    "hook.rotate": "a changé le secret d'un web hook", "hook.replay": "a rejoué des envois",
    "hook.enable": "a réactivé un web hook", "hook.remove": "a retiré un web hook",
    "chat.add": "a mis un agent sur un site", "chat.end": "a retiré un agent d'un site",
    "hook.disable": "a désactivé un web hook",
    "call.listen": "a écouté un appel", "call.watch": "a suivi un appel en direct",
     "calls.export": "a exporté des appels",
    "calls.import": "a importé des appels", "compliance.audit": "a sorti une preuve",
    "agent.import": "a écrit une version",
    "agent.test": "a demandé la validation", "agent.publish": "a validé et publié",
    "agent.retire": "a retiré une version", "bookings.export": "a exporté des rendez-vous",
    "opposition.add": "a enregistré une opposition", "opposition.import": "a importé des oppositions",
    "consent.add": "a enregistré un consentement", "consent.import": "a importé des consentements",
    "consent.revoke": "a retiré un consentement", "consent.export": "a remis une copie de consentement",
    "contact.import": "a importé des contacts", "contact.remove": "a retiré un contact",
    "booking.cancel": "a annulé un rendez-vous", "message.done": "a traité un message",
    "privacy.request": "a reçu une demande de droits", "privacy.request.close": "a répondu à une demande de droits",
    "privacy.declare_none": "a déclaré qu'il n'y a pas de données sensibles",
    "privacy.declare_sensitive": "a déclaré des données sensibles",
    "privacy.declare_agreed": "a noté l'accord écrit sur les données sensibles",
    "privacy.declare_refused": "a noté la fin de l'accord sur les données sensibles",
    "privacy.keep": "a changé la conservation", "privacy.export": "a exporté les données d'une personne",
    "privacy.erase": "a effacé les données d'une personne", "privacy.find": "a cherché une personne",
    "privacy.breach": "a noté une violation de données", "privacy.breach.told": "a annoncé une violation de données",
    "invoice.download": "a téléchargé une facture",
    "statement.export": "a téléchargé le relevé",
    "payment.ask": "a demandé à payer", "dispute.add": "a contesté une facture",
    "subscription.ask_order": "a commandé un abonnement", "subscription.ask_notice": "a demandé la résiliation",
    "subscription.ask_withdrawal": "s'est rétracté", "subscription.ask_leave": "part avant un nouveau prix",
    "subscription.ask_accept_price": "a accepté un nouveau prix", "subscription.add": "a ouvert un abonnement",
    "subscription.notice": "a noté la résiliation", "subscription.withdrawal": "a noté la rétractation",
    "subscription.refuse": "a refusé une demande", "subscription.proof": "a sorti une preuve d'engagement",
    "payment_method.set": "a changé le moyen de paiement", "payment.add": "a enregistré un paiement",
    "journal.export": "a exporté le journal",
    "campaign.launch": "a lancé une campagne", "campaign.pause": "a suspendu une campagne",
    "campaign.stop": "a arrêté une campagne", "campaign.approve": "a validé une campagne",
    "number.assign": "a attribué un numéro", "number.release": "a rendu un numéro",
    "controls.block": "a bloqué les appels sortants", "controls.lift": "a levé un blocage",
    "tenant.look": "a ouvert votre fiche", "calls.search": "a cherché des appels",
    "ticket.open": "a ouvert un ticket", "ticket.post": "a écrit dans un ticket", "ticket.close": "a clos un ticket",
    "ticket.look": "a lu un ticket",
}  # fmt: skip
"""What was done, after who did it."""

GROUPS: Mapping[str, tuple[str, Sequence[str]]] = {
    "acces": ("accès", ("session.", "person.", "key.", "hook.")),
    "appels": ("appels écoutés, exportés, prouvés", ("call.", "calls.", "compliance.audit")),
    "agents": ("agents", ("agent.",)),
    "personnes": ("contacts, consentements, oppositions", ("contact.", "consent.", "opposition.", "privacy.")),
    "argent": (
        "facturation",
        ("invoice.", "statement.", "payment", "account.", "subscription.", "dispute.", "credit_note."),
    ),
}
"""A filter → how it is called, and what the actions it shows begin with."""

PAGE, MOST_EXPORTED = 50, 10_000
MOST_LOOKED = 10
"""Times the log is asked for one page: a rare kind of act is looked for further on the next page."""


@dataclass(frozen=True, slots=True)
class Act:
    """One entry in words. `whose`: "vous" is said by the page; `href`: where its subject is seen."""

    seq: int
    at: datetime
    who: str
    what: str
    subject: str
    href: str
    detail: str


def page(seat: Seat, group: str = "", before: int | None = None, limit: int = PAGE) -> tuple[list[Act], int | None]:
    """(acts, where the next page begins), newest first. Raises NotAllowed by its page; the database asks as well."""
    starts = GROUPS[group][1] if group in GROUPS else ()
    found: list[Entry] = []
    for _ in range(MOST_LOOKED):
        rows = audit.find(seat.conn, tenant_id=seat.whose, before=before, limit=max(limit + 1, 200))
        found += [row for row in rows if not starts or row.action.startswith(tuple(starts))]
        before = rows[-1].seq if rows else None
        if not rows or len(found) > limit:
            break
    if len(found) > limit:
        found, before = found[:limit], found[limit - 1].seq
    return [told(entry) for entry in found], before


def told(entry: Entry) -> Act:
    """An entry in words."""
    kind, _, name = entry.subject.partition(":")
    href = {
        "call": f"/appels/{name}",
        "invoice": f"/factures/{name}",
        "person": f"/equipe/{name}",
        "hook": f"/integrations/hooks/{name}",
        "ticket": f"/support/{name}",
    }.get(kind, "")
    if kind == "agent":
        href = "/agents/" + name.partition("@")[0]
    return Act(entry.seq, entry.at, who(entry.who), ACTIONS.get(entry.action, entry.action), _subject(kind, name), href,
               _detail(entry.detail))  # fmt: skip


def who(text: str) -> str:
    """Who acted, as the client knows them: a person's address; their system; the operator; the service itself."""
    kind, _, name = text.partition(":")
    return {"person": name, "api": f"clé {name[:8]}", "cli": "votre opérateur", "service": "le service"}.get(kind, text)


def _subject(kind: str, name: str) -> str:
    named = {"call": "appel", "invoice": "facture", "person": "personne", "agent": "agent", "session": "session",
             "key": "clé", "hook": "web hook", "request": "demande", "list": "liste", "file": "fichier",
             "ticket": "ticket", "number": "numéro", "breach": "violation", "campaign": "campagne"}  # fmt: skip
    short = name[:8] if len(name) == 36 and name.count("-") == 4 else name
    return f"{named[kind]} {short}" if kind in named else ""


def _detail(detail: Mapping[str, Any]) -> str:
    """What was noted beside, in short; ids and hashes are left out."""
    parts: list[str] = []
    for name, value in detail.items():
        if value in (None, "", [], {}) or "hash" in name or "sha" in name:
            continue
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        if len(text) <= 60:
            parts.append(f"{name} {text}")
    return " · ".join(parts[:4])


def exported(seat: Seat) -> list[dict[str, Any]]:
    """The whole journal for a spreadsheet, and the log says so."""
    acts, _ = page(seat, limit=MOST_EXPORTED)
    audit.note(seat.conn, seat.by, "journal.export", "journal", seat.tenant_id, count=len(acts))
    return [{"seq": act.seq, "at": act.at, "who": act.who, "what": act.what, "subject": act.subject,
             "detail": act.detail} for act in acts]  # fmt: skip
