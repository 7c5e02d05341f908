"""Who stands on a document, and the identifiers that have a rule: SIREN, VAT number, IBAN, country, postcode."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from store.base.errors import BadInput

FRENCH = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF", "WF", "MC"})
"""Countries of ISO 3166-1 whose companies have a SIREN, and Monaco, which France's VAT covers (CGI 297 A bis)."""

MOST_DAYS = 60
"""C. com. L441-10, I: the longest that may be agreed from the day an invoice is issued."""

_VAT_NUMBERS = {
    "AT": "U[0-9]{8}", "BE": "[01][0-9]{9}", "BG": "[0-9]{9,10}", "CY": "[0-9]{8}[A-Z]", "CZ": "[0-9]{8,10}",
    "DE": "[0-9]{9}", "DK": "[0-9]{8}", "EE": "[0-9]{9}", "EL": "[0-9]{9}", "ES": "[A-Z0-9][0-9]{7}[A-Z0-9]",
    "FI": "[0-9]{8}", "FR": "[A-HJ-NP-Z0-9]{2}[0-9]{9}", "HR": "[0-9]{11}", "HU": "[0-9]{8}",
    "IE": "[0-9][A-Z0-9+*][0-9]{5}[A-Z]{1,2}", "IT": "[0-9]{11}", "LT": "[0-9]{9}|[0-9]{12}", "LU": "[0-9]{8}",
    "LV": "[0-9]{11}", "MT": "[0-9]{8}", "NL": "[0-9A-Z+*]{12}", "PL": "[0-9]{10}", "PT": "[0-9]{9}",
    "RO": "[0-9]{2,10}", "SE": "[0-9]{12}", "SI": "[0-9]{8}", "SK": "[0-9]{10}",
}  # fmt: skip
"""How the VAT numbers of the European Union are written, after the country's letters (VIES; Greece writes EL)."""

EUROPEAN = frozenset({"GR" if country == "EL" else country for country in _VAT_NUMBERS})
"""Member states by ISO 3166-1."""


@dataclass(frozen=True, slots=True)
class Party:
    """The seller or the buyer. `operator`: buys to resell telecom (its calls are by reverse charge)."""

    name: str
    siren: str
    street: str
    postcode: str
    city: str
    country: str = "FR"
    vat_number: str = ""
    email: str = ""
    legal: str = ""
    iban: str = ""
    operator: bool = False
    delivery: str = ""

    @property
    def legal_once(self) -> str:
        """Its legal form, capital and register, less the form where the name ends with it: "Exemple SAS" is one."""
        return legal_once(self.name, self.legal)


def legal_once(name: str, legal: str) -> str:
    """What is to be said after a name: the legal form is not said twice."""
    form, _, rest = legal.partition(" ")
    ends = name.rpartition(" ")[2]
    return rest.strip() if form and ends.casefold() == form.strip(",").casefold() else legal


@dataclass(frozen=True, slots=True)
class Terms:
    """What the seller's invoices say of payment. `late_rate`: the yearly penalty in words.

    `vat_on_debits`: the seller has opted to pay VAT when it invoices (CGI 269-2-c); services are else taxed when paid.
    `franchise`: the seller charges no VAT (CGI 293 B).
    """

    days: int = 0
    late_rate: str = "trois fois le taux de l'intérêt légal"
    vat_on_debits: bool = True
    franchise: bool = False


def check_party(who: str, party: Party, *, franchise: bool = False) -> None:
    """Raises BadInput naming the field of a party without which no invoice is lawful, or which breaks its own rule."""
    for name in ("name", "street", "city", *(["postcode"] if party.country in FRENCH else [])):
        if not getattr(party, name).strip():
            raise BadInput(f"{who}: {name} is missing", hint=f"decroche billing {who} set … --{name} …")
    if party.country not in _countries():
        raise BadInput(f"{who}: country {party.country!r} is no code of ISO 3166-1", hint="two letters, such as FR")
    french = party.country in FRENCH
    if french and party.country != "MC" and not re.fullmatch(r"[0-9]{5}", party.postcode):
        raise BadInput(f"{who}: postcode {party.postcode!r} is not five digits", hint="such as 75002 or 97400")
    if french and party.country != "MC" and not siren_is_valid(party.siren):
        raise BadInput(f"{who}: siren {party.siren!r} is not a SIREN", hint="nine digits with their Luhn check")
    if not french and party.siren:
        raise BadInput(f"{who}: a company of {party.country} has no SIREN", hint="leave --siren out")
    if ((who == "seller" and not franchise) or party.operator) and not party.vat_number:
        raise BadInput(f"{who}: vat_number is missing", hint=f"decroche billing {who} set … --vat-number FR…")
    if who == "seller" and not french:
        raise BadInput("seller: a seller outside France is not supported", hint="CGI 289, I: the rules here are French")
    if party.country in EUROPEAN and not french and not party.vat_number:
        raise BadInput(
            f"{who}: a buyer in {party.country} without a VAT number is a consumer there: not supported (CGI 259 D)",
            hint="--vat-number, which its business has (directive 2006/112/CE, art. 196)",
        )
    _check_identifiers(who, party)


def _check_identifiers(who: str, party: Party) -> None:
    if party.vat_number and party.country in FRENCH | EUROPEAN and not vat_number_is_valid(party):
        raise BadInput(
            f"{who}: vat_number {party.vat_number!r} is not one of {party.country}"
            + (f" for SIREN {party.siren}: FR{_key(party.siren)}{party.siren} is" if party.siren else ""),
            hint="the country's two letters and its own digits",
        )
    if party.iban and not iban_is_valid(party.iban):
        raise BadInput(f"{who}: iban {party.iban!r} fails its check (ISO 13616, mod 97)", hint="read it again")
    if party.email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", party.email):
        raise BadInput(f"{who}: email {party.email!r} is no address", hint="such as compta@client.example")


@cache
def _countries() -> frozenset[str]:
    from babel import Locale

    names = [str(code) for code in Locale("en").territories]
    return frozenset(
        code for code in names if len(code) == 2 and code.isalpha() and code not in ("EU", "UN", "ZZ", "EZ")
    )


def siren_is_valid(siren: str) -> bool:
    """Nine digits whose Luhn sum is a multiple of ten (INSEE)."""
    if len(siren) != 9 or not (siren.isascii() and siren.isdigit()):
        return False
    doubled = [int(c) * (1 + place % 2) for place, c in enumerate(reversed(siren))]
    return sum(n - 9 * (n > 9) for n in doubled) % 10 == 0


def vat_number_is_valid(party: Party) -> bool:
    """Whether a VAT number is written as its country writes them; a French one has its SIREN and its key too."""
    country = "FR" if party.country in FRENCH else {"GR": "EL"}.get(party.country, party.country)
    number = party.vat_number
    if not number.startswith(country) or not re.fullmatch(_VAT_NUMBERS[country], number[2:], re.ASCII):
        return False
    if country != "FR" or not party.siren:
        return True
    key, siren = number[2:4], number[4:]
    return siren == party.siren and (not key.isdigit() or key == _key(siren))


def _key(siren: str) -> str:
    """The two digits before a SIREN in its VAT number (BOI-TVA-DECLA-20-10-10)."""
    return f"{(12 + 3 * (int(siren) % 97)) % 97:02d}"


def iban_is_valid(iban: str) -> bool:
    """ISO 13616: two letters, two check digits, at most thirty more; the whole is 1 modulo 97."""
    plain = iban.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}", plain, re.ASCII):
        return False
    if plain.startswith("FR") and len(plain) != 27:
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def in_fours(iban: str) -> str:
    """An IBAN as people read it."""
    plain = iban.replace(" ", "")
    return " ".join(plain[place : place + 4] for place in range(0, len(plain), 4))
