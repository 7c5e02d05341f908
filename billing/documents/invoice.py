"""An invoice as a document: what stands on it, computed once from facts, then never changed.

Amounts are whole cents; quantities and unit prices exact decimals as text. The mandatory mentions are those
of C. com. L441-9 and CGI ann. II art. 242 nonies A; VAT is summed by rate and rounded once for each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from store.base.errors import BadInput

Category = Literal["S", "AE"]
VAT_PERCENT = 20
_TELECOM = frozenset({"usage", "rounding", "top_up"})
"""Sources of lines that are telecommunications."""
REVERSE_CHARGE = "Autoliquidation : TVA due par le preneur (article 283, 2 octies du CGI)"


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


@dataclass(frozen=True, slots=True)
class Terms:
    """What the seller's invoices say of payment. `late_rate`: the yearly penalty in words."""

    days: int = 0
    late_rate: str = "trois fois le taux de l'intérêt légal"
    vat_on_debits: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `unit` is UN/ECE rec. 20: MIN minutes, MON months, C62 pieces; prices are before tax."""

    name: str
    quantity: str
    unit: Literal["MIN", "MON", "C62"]
    unit_price: str
    net_cents: int
    detail: str = ""
    source: Literal["usage", "subscription", "rounding", "credit", "top_up"] = "usage"
    key: str = ""
    vat: Category | Literal[""] = ""
    """Its VAT category; empty: that of its document, which has one only."""


@dataclass(frozen=True, slots=True)
class Vat:
    """VAT at one rate: `category` S (standard) or AE (reverse charge)."""

    category: Category
    percent: int
    base_cents: int
    tax_cents: int


@dataclass(frozen=True, slots=True)
class Usage:
    """The usage page: seconds and micro-euros by day, by destination, by agent."""

    days: Sequence[tuple[str, int, int]] = ()
    destinations: Sequence[tuple[str, int, int, int]] = ()
    agents: Sequence[tuple[str, int, int, int]] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Invoice:
    """The whole document. A credit note's amounts are positive: what is given back.

    `partial`: a credit note for a part of its invoice. `paid_cents`: paid before the document was made (a top-up).
    """

    number: str
    kind: Literal["invoice", "credit_note"]
    seller: Party
    buyer: Party
    terms: Terms
    period_from: date
    period_to: date
    issued_on: date
    due_on: date
    currency: str
    lines: Sequence[Line]
    vat: Sequence[Vat]
    net_cents: int
    vat_cents: int
    gross_cents: int
    notes: Mapping[str, str]
    usage: Usage = field(default_factory=Usage)
    credits: str = ""
    credits_on: str = ""
    partial: bool = False
    paid_cents: int = 0

    def vat_of(self, line: Line) -> Vat:
        """The rate of one of its lines."""
        return next((vat for vat in self.vat if vat.category == line.vat), self.vat[0])

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        found = asdict(self)
        for line in found["lines"]:  # documents of one category only are written as they always were
            if not line["vat"]:
                del line["vat"]
        return found | {k: v.isoformat() for k, v in found.items() if isinstance(v, date)}


def compose(
    *,
    number: str,
    seller: Party,
    buyer: Party,
    terms: Terms,
    period: tuple[date, date],
    issued_on: date,
    currency: str,
    lines: Sequence[Line],
    usage: Usage,
) -> Invoice:
    """An invoice of these lines. Raises BadInput naming what the seller or the buyer lacks."""
    check_party("seller", seller)
    check_party("customer", buyer)
    lines, vat = taxed(lines, operator=buyer.operator)
    net, tax = sum(part.base_cents for part in vat), sum(part.tax_cents for part in vat)
    return Invoice(
        number=number,
        kind="invoice",
        seller=seller,
        buyer=buyer,
        terms=terms,
        period_from=period[0],
        period_to=period[1],
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=terms.days),
        currency=currency,
        lines=tuple(lines),
        vat=vat,
        net_cents=net,
        vat_cents=tax,
        gross_cents=net + tax,
        notes=mentions(seller, terms, {part.category for part in vat}),
        usage=usage,
    )


def taxed(lines: Sequence[Line], *, operator: bool) -> tuple[list[Line], tuple[Vat, ...]]:
    """The lines with their VAT categories, and the VAT at each rate.

    What an operator buys is by reverse charge where it is telecommunications to resell (CGI 283, 2 octies); an agent's
    subscription is software, at the ordinary rate.
    """
    found: list[tuple[Line, Category]] = [
        (line, "AE" if operator and line.source in _TELECOM else "S") for line in lines
    ]
    bases: dict[Category, int] = {}
    for line, category in found:
        bases[category] = bases.get(category, 0) + line.net_cents
    vat = tuple(
        Vat("S", VAT_PERCENT, base, cents(Fraction(base * VAT_PERCENT, 100)))
        if category == "S"
        else Vat("AE", 0, base, 0)
        for category, base in sorted(bases.items(), reverse=True)
    )
    mixed = len(vat) > 1
    return [replace(line, vat=category) if mixed else line for line, category in found], vat


def mentions(seller: Party, terms: Terms, categories: Set[str]) -> dict[str, str]:
    """What the law has every invoice say, by the subject code of UNTDID 4451. `categories`: those of its VAT."""
    notes = {
        "PMD": f"En cas de retard de paiement, pénalités exigibles sans rappel au taux de {terms.late_rate}.",
        "PMT": "Indemnité forfaitaire pour frais de recouvrement en cas de retard : 40 € (C. com. L441-10, D441-5).",
        "AAB": "Pas d'escompte pour paiement anticipé.",
        "REG": f"{seller.name}, {seller.legal}".rstrip(", "),
    }
    notes["TXD"] = (
        "Option pour le paiement de la taxe d'après les débits."
        if terms.vat_on_debits
        else "TVA exigible à l'encaissement."
    )
    if "AE" in categories:
        notes["TXD"] = f"{notes['TXD']} Communications : {REVERSE_CHARGE}" if "S" in categories else REVERSE_CHARGE
    return notes


def check_party(who: str, party: Party) -> None:
    """Raises BadInput naming the field of a party without which no invoice is lawful."""
    for name in ("name", "street", "postcode", "city"):
        if not getattr(party, name).strip():
            raise BadInput(f"{who}: {name} is missing", hint=f"decroche billing {who} set … --{name} …")
    if party.country == "FR" and not siren_is_valid(party.siren):
        raise BadInput(f"{who}: siren {party.siren!r} is not a SIREN", hint="nine digits with their Luhn check")
    if (who == "seller" or party.operator) and not party.vat_number:
        raise BadInput(f"{who}: vat_number is missing", hint=f"decroche billing {who} set … --vat-number FR…")


def siren_is_valid(siren: str) -> bool:
    """Nine digits whose Luhn sum is a multiple of ten (INSEE)."""
    if len(siren) != 9 or not (siren.isascii() and siren.isdigit()):
        return False
    doubled = [int(c) * (1 + place % 2) for place, c in enumerate(reversed(siren))]
    return sum(n - 9 * (n > 9) for n in doubled) % 10 == 0


def cents(amount: Fraction) -> int:
    """Rounded half up (away from zero below it), as accountants do."""
    sign = -1 if amount < 0 else 1
    return sign * int(abs(amount) + Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Talk:
    """The part of a month's charges that has one destination and one price: what a usage line is made of."""

    prefix: str
    price_per_minute: str
    bundled: bool
    seconds: int


def usage_lines(talk: Sequence[Talk], fees: Mapping[str, int], total_micros: int) -> list[Line]:
    """Lines of a month's calls that come to `total_micros`, the sum of its charges, to the cent.

    Each call was rounded by itself, so quantity times price may differ from the sum of the charges by
    fractions of a cent a call: that difference has a line of its own and is never hidden in a price.
    """
    lines: list[Line] = []
    for part in sorted(talk, key=lambda t: (t.bundled, t.prefix, t.price_per_minute)):
        price = "0" if part.bundled else part.price_per_minute
        minutes = Fraction(part.seconds, 60)
        where = part.prefix or "toutes destinations"
        name = f"Communications {where}" + (" (incluses au forfait)" if part.bundled else "")
        lines.append(
            Line(
                name,
                _quantity(minutes),
                "MIN",
                price,
                cents(minutes * Fraction(price) * 100),
                detail=_duration(part.seconds),
                key=part.prefix,
            )
        )
    for fee, count in sorted(fees.items()):
        lines.append(Line("Mise en relation", str(count), "C62", fee, cents(Fraction(fee) * count * 100), key="fee"))
    rest = cents(Fraction(total_micros, 10_000)) - sum(line.net_cents for line in lines)
    if rest:
        price = str(Decimal(abs(rest)) / 100)
        name = "Arrondi : chaque appel est arrondi une fois"
        lines.append(Line(name, "1" if rest > 0 else "-1", "C62", price, rest, source="rounding", key="rounding"))
    return lines


def _quantity(minutes: Fraction) -> str:
    """Minutes with at most 4 decimals (EN 16931 asks no more), without needless zeros."""
    text = f"{cents(minutes * 10_000) / Decimal(10_000):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _duration(seconds: int) -> str:
    return f"{seconds // 3600} h {seconds // 60 % 60:02} min {seconds % 60:02} s"


def restored(plain: Mapping[str, Any]) -> Invoice:
    """The document read back from its JSON."""
    values: dict[str, Any] = dict(plain)
    for name in ("period_from", "period_to", "issued_on", "due_on"):
        values[name] = date.fromisoformat(values[name])
    values["seller"] = Party(**values["seller"])
    values["buyer"] = Party(**values["buyer"])
    values["terms"] = Terms(**values["terms"])
    values["lines"] = tuple(Line(**line) for line in values["lines"])
    values["vat"] = tuple(Vat(**vat) for vat in values["vat"])
    usage: dict[str, Any] = values["usage"]
    tables = {name: tuple(tuple(row) for row in rows) for name, rows in usage.items() if name != "note"}
    values["usage"] = Usage(**tables, note=usage.get("note", ""))
    return Invoice(**values)
