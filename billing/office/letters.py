"""What a notice says to a person, in French: a sentence or two where law or courtesy asks for them, then the facts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from billing.documents.parties import in_fours

_SENTENCES = {
    "reminder_1": "Sauf erreur de notre part, cette facture reste impayée. Si votre règlement nous a croisés, ne tenez "
    "pas compte de ce rappel.",
    "reminder_2": "Malgré notre premier rappel, cette facture reste impayée. Merci de la régler sans attendre, ou de "
    "nous dire ce qui l'empêche.",
    "formal_notice": "Nous vous mettons en demeure de régler cette facture. Sans paiement à la date ci-dessous, "
    "l'accès au service sera suspendu jusqu'au paiement (article 5.4 des conditions générales) : aucun appel ne sera "
    "plus passé, et ceux que vous recevez iront à votre numéro de secours.",
    "suspension": "L'accès au service est suspendu : aucun appel n'est plus passé, et ceux que vous recevez vont à "
    "votre numéro de secours. Il est rétabli dès que le paiement nous parvient. Vos données restent "
    "disponibles à l'export.",
    "low_balance": "Il reste peu de votre crédit prépayé. Quand il est épuisé, plus aucun appel n'est pris ni passé.",
    "hook_disabled": "Nous n'envoyons plus d'événements à ce récepteur. Ce qu'il n'a pas pris est gardé trente jours.",
    "debit_note": "Cette somme s'ajoute à la facture réglée en retard ou encore due. Elle est hors du champ de la TVA "
    "(CGI, art. 256, I).",
}
_LABELS = {
    "number": "Pièce", "invoice": "Facture", "amount": "Montant (€)", "due_on": "À payer au plus tard le",
    "unpaid_cents": "Reste dû TTC", "interest_cents": "Intérêts de retard à ce jour",
    "indemnity_cents": "Indemnité forfaitaire (C. com. D441-5)", "amount_cents": "Montant",
    "interest_counted_until": "Intérêts comptés jusqu'au", "suspension_on": "Suspension de l'accès le",
    "percent": "Part du forfait utilisée (%)", "used": "Durée utilisée", "included": "Durée incluse",
    "cap": "Plafond du mois (€ HT)", "plan": "Abonnement", "on": "Reçue le", "ends_on": "Fin du contrat le",
    "last_access_on": "Dernier jour d'accès et d'export", "data_deleted_from": "Données supprimées à partir du",
    "from": "À compter du", "price": "Nouveau prix mensuel (€ HT)", "before": "Prix actuel (€ HT)",
    "debited_on": "Prélevée le", "paid": "Déjà réglée", "left": "Reste (€ HT)", "month": "Mois",
    "limit": "Seuil (€ HT)", "total_cents": "Total à régler", "creditor": "Créancier", "invoices": "Factures",
    "iban": "Par virement sur le compte", "leave_before": "Départ possible avant le", "kind": "Nature",
    "reason": "Motif", "what": "Quoi", "to_do": "À faire", "host": "Récepteur",
}  # fmt: skip


def lines(notice: Mapping[str, Any]) -> list[str]:
    """The text under the title."""
    facts = [f"{_LABELS.get(name, name)} : {_shown(name, value)}" for name, value in notice["body"].items()]
    sentence = _SENTENCES.get(str(notice["kind"]))
    if notice["kind"] == "debit_note" and str(notice["body"].get("amount", "")).startswith("-"):
        sentence = "Cette somme vous est rendue : la note d'avant comptait trop (hors du champ de la TVA)."
    return [sentence, "", *facts] if sentence else facts


def in_title(name: str, value: object) -> object:
    """A fact as the title says it: days and decimals the French way, numbers left numbers."""
    return _shown(name, value) if isinstance(value, str) else value


_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]{2,6}")
_SECONDS = ("used", "included")


def _shown(name: str, value: object) -> str:
    if name in _SECONDS and isinstance(value, int):
        return f"{value // 3600} h {value // 60 % 60:02} min {value % 60:02} s"
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        whole, _, digits = value.partition(".")
        return f"{whole},{digits[:2] + digits[2:].rstrip('0')}"
    if name == "invoices" and isinstance(value, list):
        rows = cast("list[dict[str, Any]]", value)
        return "".join(
            f"\n  {row['number']}, échue le {_shown('due_on', row['due_on'])} : {_shown('_cents', row['unpaid_cents'])}"
            for row in rows
        )
    if name == "iban":
        return in_fours(str(value))
    if name.endswith("_cents") and isinstance(value, int):
        whole = f"{abs(value) // 100:,}".replace(",", "\u00a0")
        return f"{'-' if value < 0 else ''}{whole},{abs(value) % 100:02d}\u00a0€"
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    return str(value)
