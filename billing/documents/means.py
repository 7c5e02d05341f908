"""How a document is paid: by transfer, by card, by SEPA debit; what of it stands on the page and in the XML."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from billing.documents.parties import Party, in_fours
from store.base.errors import BadInput

CODES = {"transfer": "58", "card": "54", "sepa_debit": "59", "none": "1"}
"""UNTDID 4461: SEPA credit transfer, credit card, SEPA direct debit, not defined."""


@dataclass(frozen=True, slots=True)
class Means:
    """`mandate` (RUM), `creditor_id` (ICS) and `account`, the payer's, are of a debit only. `kind` empty: of a document
    of before this was kept."""

    kind: Literal["", "transfer", "card", "sepa_debit", "none"] = ""
    mandate: str = ""
    creditor_id: str = ""
    account: str = ""

    @property
    def account_hidden(self) -> str:
        """The payer's account as its own invoice shows it: the country and the last four digits."""
        return f"{self.account[:4]} •••• {self.account[-4:]}" if self.account else ""


def means_of(seller: Party, buyer: Party) -> Means:
    """How the buyer pays the seller. Raises BadInput where it is debited and the seller has no creditor identifier."""
    if buyer.pays == "card":
        return Means("card")
    if buyer.pays == "sepa_debit":
        if not seller.creditor_id:
            raise BadInput(
                "seller: creditor_id is missing: an invoice that is debited names it (règlement UE 260/2012)",
                hint="decroche billing seller set --creditor-id FR…",
            )
        return Means("sepa_debit", buyer.mandate, seller.creditor_id, buyer.iban)
    return Means("transfer" if seller.iban else "none")


def told(means: Means, number: str, amount: str, due_on: date, *, asks: bool, paid: bool) -> dict[str, str]:
    """What the notice of a document says of it. `asks`: it is an invoice, and not a credit note; `paid`: already."""
    body = {"number": number, "amount": amount}
    if not asks:
        return body
    if paid:
        return {**body, "paid": "oui"}
    name = "debited_on" if means.kind in ("card", "sepa_debit") else "due_on"
    return {**body, name: f"{due_on:%d/%m/%Y}"}


def sentence(means: Means, seller: Party, number: str, due_on: str) -> str:
    """How to pay, or how it is taken, for whoever reads the page. `due_on`: the day in words."""
    if means.kind == "sepa_debit":
        return (
            f"Prélèvement SEPA le {due_on} sur le compte {means.account_hidden}, mandat {means.mandate}, "
            f"identifiant du créancier {means.creditor_id}."
        )
    if means.kind == "card":
        return f"Débit de votre carte bancaire le {due_on}."
    if seller.iban:
        bic = f" (BIC {seller.bic})" if seller.bic else ""
        return (
            f"À payer au plus tard le {due_on}, par virement sur le compte {in_fours(seller.iban)}{bic}, "
            f"référence {number}."
        )
    return f"À payer au plus tard le {due_on}."
