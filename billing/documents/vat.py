"""Which VAT a line bears, and what an invoice must say of it: by where the buyer is, what is sold, and who sells.

A service to a business is taxed where the business is (CGI 259, 1°; directive 2006/112/CE art. 44). Categories are
those of EN 16931 (UNTDID 5305): S a rate, AE the buyer owes it, E none by an article, O outside the territory.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from billing.documents.parties import EUROPEAN, FRENCH, Party

Category = Literal["S", "AE", "E", "O"]
REVERSE_CHARGE = "Autoliquidation : TVA due par le preneur (article 283, 2 octies du CGI)"


@dataclass(frozen=True, slots=True)
class Regime:
    """A rate in percent (an integer, or text such as "8.5"), and why where it is none. `code`: of the VATEX list."""

    category: Category
    percent: int | str
    reason: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Vat:
    """The VAT of a document at one rate. `percent`: as `Regime`'s."""

    category: Category
    percent: int | str
    base_cents: int
    tax_cents: int
    reason: str = ""
    code: str = ""

    @property
    def rate(self) -> Fraction:
        """Percent, exactly."""
        return Fraction(str(self.percent))

    @property
    def why(self) -> str:
        """Why there is none, in words; '' where there is."""
        return self.reason or (REVERSE_CHARGE if self.category == "AE" else "")


MAINLAND = Regime("S", 20)
OVERSEAS = Regime("S", "8.5")
"""Guadeloupe, Martinique, La Réunion (CGI 296)."""
NOT_APPLIED = Regime("E", 0, "TVA non applicable en Guyane et à Mayotte (article 294, 1 du CGI)")
RESALE = Regime("AE", 0, REVERSE_CHARGE, "VATEX-EU-AE")
"""Electronic communications that an operator buys to resell."""
EUROPE = Regime(
    "AE", 0,
    "Autoliquidation : TVA due par le preneur (articles 259, 1° et 283, 2 du CGI ; directive 2006/112/CE, art. 196)",
    "VATEX-EU-AE",
)  # fmt: skip
ABROAD = Regime("O", 0, "TVA non applicable : preneur établi hors du territoire (article 259, 1° du CGI)", "VATEX-EU-O")
FRANCHISE = Regime("E", 0, "TVA non applicable, article 293 B du CGI", "VATEX-FR-FRANCHISE")

_BY_COUNTRY = {"GP": OVERSEAS, "MQ": OVERSEAS, "RE": OVERSEAS, "GF": NOT_APPLIED, "YT": NOT_APPLIED} | dict.fromkeys(
    ("PM", "BL", "MF", "NC", "PF", "WF"), ABROAD
)
_BY_POSTCODE = (
    ("97133", ABROAD),  # Saint-Barthélemy
    ("97150", ABROAD),  # Saint-Martin
    ("971", OVERSEAS), ("972", OVERSEAS), ("974", OVERSEAS),
    ("973", NOT_APPLIED), ("976", NOT_APPLIED),
    ("975", ABROAD), ("977", ABROAD), ("978", ABROAD), ("986", ABROAD), ("987", ABROAD), ("988", ABROAD),
)  # fmt: skip


def place_of(buyer: Party) -> Regime:
    """The VAT of a service to a business, by where it is established.

    Corsica is as the mainland: none of its own rates is for telecommunications (CGI 297).
    """
    if buyer.country == "FR":
        return next((found for head, found in _BY_POSTCODE if buyer.postcode.startswith(head)), MAINLAND)
    if buyer.country in FRENCH:
        return _BY_COUNTRY.get(buyer.country, MAINLAND)
    return EUROPE if buyer.country in EUROPEAN else ABROAD


def regime(buyer: Party, *, telecom: bool, franchise: bool = False) -> Regime:
    """The VAT of a line. `telecom`: it is electronic communications; `franchise`: the seller charges none."""
    if franchise:
        return FRANCHISE
    place = place_of(buyer)
    if buyer.operator and telecom and place.category == "S":
        return RESALE
    return place


def cents(amount: Fraction) -> int:
    """Rounded half up (away from zero below it), as accountants do."""
    sign = -1 if amount < 0 else 1
    return sign * int(abs(amount) + Fraction(1, 2))
