"""What is in an export, in words: tables for people, and their columns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table that a spreadsheet opens: `file`, made of the rows of `table`; told in French and English."""

    file: str
    table: str
    columns: tuple[str, ...]
    french: str
    english: str


SHEETS = (
    Sheet("appels.csv", "store.calls",
          ("id", "direction", "caller", "callee", "number", "agent", "agent_version", "started_at", "answered_at",
           "ended_at", "hangup_side", "outcome", "disclosure_text", "disclosure_heard_ms"),
          "Les appels : qui, quand, comment ils ont fini", "Calls: who, when, how they ended"),
    Sheet("paroles.csv", "store.turns", ("call_id", "position", "who", "text", "from_ms", "to_ms", "heard_ms"),
          "Ce qui a été dit, appel par appel (millisecondes depuis le décroché)",
          "What was said, call by call (milliseconds from the answer)"),
    Sheet("actions.csv", "store.actions", ("call_id", "name", "args", "result", "at_ms"),
          "Ce que l'agent a fait pendant l'appel", "What the agent did in the call"),
    Sheet("comptes-rendus.csv", "store.analyses", ("call_id", "summary", "sheet", "tags", "score"),
          "Les résumés faits après l'appel", "Summaries made after the call"),
    Sheet("rendez-vous.csv", "store.bookings",
          ("id", "agent", "starts_at", "ends_at", "name", "phone", "note", "status"),
          "Les rendez-vous", "Appointments"),
    Sheet("messages.csv", "store.messages", ("id", "agent", "created_at", "name", "phone", "text", "done_at"),
          "Les messages laissés", "Messages left"),
    Sheet("contacts.csv", "campaigns.contacts", ("e164", "name", "company", "postcode", "party", "added_at"),
          "Les contacts", "Contacts"),
    Sheet("campagnes.csv", "campaigns.campaigns", ("name", "agent", "agent_version", "purpose", "state", "approved_by"),
          "Les campagnes", "Campaigns"),
    Sheet("appels-de-campagne.csv", "campaigns.targets", ("campaign", "e164", "state", "tries", "outcome", "why"),
          "Les personnes appelées, par campagne", "People called, by campaign"),
    Sheet("consentements.csv", "compliance.consents",
          ("number", "person", "third_party", "given_at", "expires_at", "withdrawn_at", "withdrawn_how"),
          "Les consentements recueillis", "Consents given"),
    Sheet("demandes.csv", "support.tickets",
          ("number", "subject", "severity", "about_kind", "about_id", "state", "opened_by", "opened_at", "closed_at"),
          "Les demandes d'assistance", "Support requests"),
    Sheet("reponses.csv", "support.posts", ("ticket_id", "side", "author", "at", "text"),
          "Ce qui a été écrit dans les demandes", "What was written in the requests"),
    Sheet("oppositions.csv", "compliance.oppositions", ("number", "opposed_at", "call_id", "source"),
          "Les oppositions reçues", "Oppositions received"),
)  # fmt: skip

FOLDERS = (
    ("audio/", "L'enregistrement de chaque appel (WAV), nommé par son identifiant",
     "The recording of each call (WAV), named by its id"),
    ("agents/", "Les fichiers de vos agents, version par version (YAML)",
     "Your agents' files, version by version (YAML)"),
    ("factures/", "Factures et avoirs : PDF (Factur-X) et XML", "Invoices and credit notes: PDF (Factur-X) and XML"),
    ("notes-de-debit/", "Notes de débit (PDF)", "Debit notes (PDF)"),
    ("releve/", "Le relevé de compte complet (PDF, CSV)", "The whole statement of account (PDF, CSV)"),
    ("donnees/", "Toutes vos données, table par table, une ligne de JSON par enregistrement, pour vos logiciels",
     "All of your data, table by table, a line of JSON a record, for your programs"),
)  # fmt: skip

KINDS = {
    "store.calls": ("Appels : numéros, heures, durées", "Calls: numbers, times, durations"),
    "store.turns": ("Transcriptions", "Transcripts"),
    "store.actions": ("Actions de l'agent", "The agent's actions"),
    "store.analyses": ("Résumés et étiquettes", "Summaries and tags"),
    "store.bookings": ("Rendez-vous", "Appointments"),
    "store.messages": ("Messages", "Messages"),
    "store.events": ("Événements", "Events"),
    "store.agents": ("Agents", "Agents"),
    "store.agent_versions": (
        "Versions des agents, qui les a testées et approuvées",
        "Agents' versions, who approved them",
    ),
    "store.numbers": ("Numéros attribués", "Numbers assigned"),
    "store.audit": ("Journal des accès (pseudonymes)", "Log of accesses (pseudonyms)"),
    "campaigns.contacts": ("Contacts", "Contacts"),
    "campaigns.targets": ("Personnes des campagnes", "People of campaigns"),
    "campaigns.tries": ("Appels des campagnes", "Calls of campaigns"),
    "campaigns.callbacks": ("Rappels convenus", "Agreed callbacks"),
    "campaigns.list_members": ("Membres des listes", "Members of lists"),
    "campaigns.campaigns": ("Campagnes, qui les a approuvées", "Campaigns, who approved them"),
    "compliance.decisions": ("Preuves de la licéité des appels", "Proofs that calls were lawful"),
    "compliance.consents": ("Consentements", "Consents"),
    "compliance.oppositions": ("Oppositions", "Oppositions"),
    "compliance.attempts": ("Tentatives d'appel", "Attempts at calls"),
    "compliance.rights_requests": ("Demandes de droits", "Rights requests"),
    "billing.invoices": ("Factures et avoirs", "Invoices and credit notes"),
    "billing.payments": ("Paiements", "Payments"),
    "billing.charges": ("Prix des appels", "Prices of calls"),
    "billing.subscriptions": ("Contrats et leur preuve", "Contracts and their proof"),
    "billing.notices": ("Courriers", "Letters"),
    "billing.customers": ("Identité du client", "The client's identity"),
    "chat.widgets": ("Agents sur vos sites", "Agents on your sites"),
    "chat.conversations": ("Conversations écrites en cours", "Written conversations in progress"),
    "links.calendars": ("Calendriers liés", "Linked calendars"),
    "links.endpoints": ("Récepteurs de vos systèmes", "Receivers of your systems"),
    "links.crm": ("Votre CRM : adresse et correspondances", "Your CRM: its address and map"),
    "links.crm_entries": ("Envois à votre CRM", "What was written in your CRM"),
    "links.texting": ("SMS voulus", "Texts wished for"),
    "links.texts": ("SMS envoyés (nombre)", "Texts sent (count)"),
    "links.readers": ("Personnes averties", "People who are told"),
    "links.tellings": ("Avis donnés", "What they were told"),
    "links.deliveries": ("Envois à vos systèmes", "Messages to your systems"),
    "support.tickets": ("Demandes d'assistance", "Support requests"),
    "support.posts": ("Réponses aux demandes", "Answers to requests"),
    "portal.sessions": ("Sessions", "Sessions"),
    "portal.members": ("Personnes du client", "The client's people"),
}
"""Table → what it is, in French and English; a table that is not here is told by its name."""


def kind_of(table: str) -> tuple[str, str]:
    """What a table is, in French and English."""
    return KINDS.get(table, (table, table))
