"""Who stands on a document, and the identifiers that have a rule: SIREN, VAT number, IBAN, country, postcode."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

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


Requires = Literal["", "service", "commitment", "either", "both"]
Pays = Literal["transfer", "card", "sepa_debit"]
LATER = ("public", "siret", "service_code", "commitment", "chorus", "pays", "mandate", "bic", "phone", "creditor_id")
"""Facts that documents of before do not have, and that are left out where they say nothing."""
PUBLIC_DAYS = 30
"""CCP R2192-10: a public body pays within thirty days."""


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
    public: bool = False
    """A public body (CCP L2192-1): invoiced through Chorus Pro, by its SIRET."""
    siret: str = ""
    service_code: str = ""
    commitment: str = ""
    """The number of its commitment or order."""
    chorus: Requires = ""
    """What Chorus Pro's directory says that its invoices must name."""
    pays: Pays | Literal[""] = ""
    """How it pays; empty: by transfer where the seller has an account for it."""
    mandate: str = ""
    """The reference of its SEPA mandate (RUM)."""
    bic: str = ""
    phone: str = ""
    creditor_id: str = ""
    """The seller's SEPA creditor identifier (ICS)."""

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
    _check_public(who, party)
    _check_means(who, party)


def _check_public(who: str, party: Party) -> None:
    """A public body is invoiced under its SIRET, and names what Chorus Pro's directory requires of it."""
    if party.siret and not siret_is_valid(party.siret, party.siren):
        raise BadInput(
            f"{who}: siret {party.siret!r} is not one of SIREN {party.siren}", hint="its SIREN and five digits"
        )
    if not party.public:
        return
    command = f"decroche billing {who} set …"
    if not party.siret:
        raise BadInput(f"{who}: siret is missing: a public body is invoiced under it", hint=f"{command} --siret …")
    lacks = {
        "service": not party.service_code, "commitment": not party.commitment,
        "both": not (party.service_code and party.commitment), "either": not (party.service_code or party.commitment),
    }.get(party.chorus, False)  # fmt: skip
    if lacks:
        raise BadInput(
            f"{who}: Chorus Pro requires {_REQUIRED[party.chorus]} of SIRET {party.siret}",
            hint=f"{command} --service-code … --commitment … (CCP D2192-2)",
        )


_REQUIRED = {
    "service": "the service code", "commitment": "the commitment number",
    "both": "the service code and the commitment number", "either": "the service code or the commitment number",
}  # fmt: skip


def _check_means(who: str, party: Party) -> None:
    if party.pays == "sepa_debit" and not (party.mandate and party.iban):
        raise BadInput(
            f"{who}: a SEPA debit needs its mandate and the account it is taken from",
            hint=f"decroche billing {who} set … --mandate RUM --iban …",
        )
    if party.mandate and not re.fullmatch(r"[A-Za-z0-9+?/:().,' -]{1,35}", party.mandate):
        raise BadInput(
            f"{who}: mandate {party.mandate!r} is no mandate reference", hint="at most 35 letters and digits"
        )
    if party.creditor_id and not creditor_id_is_valid(party.creditor_id):
        raise BadInput(f"{who}: creditor_id {party.creditor_id!r} fails its check", hint="such as FR72ZZZ123456")
    if party.bic and not re.fullmatch(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", party.bic):
        raise BadInput(f"{who}: bic {party.bic!r} is no BIC", hint="eight or eleven letters and digits (ISO 9362)")
    if party.phone and not re.fullmatch(r"\+?[0-9 .]{6,20}", party.phone):
        raise BadInput(f"{who}: phone {party.phone!r} is no telephone number", hint="such as +33 1 62 00 12 34")


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


def siret_is_valid(siret: str, siren: str) -> bool:
    """A SIREN and five digits, the Luhn sum of the whole a multiple of ten; La Poste's sum is a multiple of five."""
    if len(siret) != 14 or not (siret.isascii() and siret.isdigit()) or not siret.startswith(siren):
        return False
    if siren == "356000000" and sum(map(int, siret)) % 5 == 0:
        return True
    doubled = [int(c) * (1 + place % 2) for place, c in enumerate(reversed(siret))]
    return sum(n - 9 * (n > 9) for n in doubled) % 10 == 0


def creditor_id_is_valid(of: str) -> bool:
    """A SEPA creditor identifier (ICS): country, key, three letters of business, the rest; 1 modulo 97."""
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{3}[A-Z0-9]{1,28}", of, re.ASCII):
        return False
    return int("".join(str(int(c, 36)) for c in of[7:] + of[:4])) % 97 == 1


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
