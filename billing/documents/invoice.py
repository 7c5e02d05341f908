"""An invoice as a document: what stands on it, computed once from facts, then never changed.

Amounts are whole cents; quantities and unit prices exact decimals as text. The mandatory mentions are those
of C. com. L441-9 and CGI ann. II art. 242 nonies A; VAT is summed by rate and rounded once for each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from billing.documents.means import Means, means_of
from billing.documents.parties import LATER, PUBLIC_DAYS
from billing.documents.parties import Party as Party
from billing.documents.parties import Terms as Terms
from billing.documents.parties import check_party as check_party
from billing.documents.vat import Category as Category
from billing.documents.vat import Regime, regime
from billing.documents.vat import Vat as Vat
from billing.documents.vat import cents as cents
from billing.documents.words import calls_named

_TELECOM = frozenset({"usage", "rounding", "top_up"})
"""Sources of lines that are telecommunications."""


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
    means: Means = field(default_factory=Means)
    """How it is paid; of a document of before this was kept, by its seller's account."""

    def vat_of(self, line: Line) -> Vat:
        """The rate of one of its lines."""
        return next((vat for vat in self.vat if vat.category == line.vat), self.vat[0])

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        found = asdict(self)
        for line in found["lines"]:  # documents of one category only are written as they always were
            if not line["vat"]:
                del line["vat"]
        for part in (*found["vat"], found["terms"]):  # and so is what has nothing new to say
            for name in ("reason", "code", "franchise"):
                if not part.get(name, True):
                    del part[name]
        for party in (found["seller"], found["buyer"]):
            for name in LATER:
                if not party[name]:
                    del party[name]
        if self.means == Means():
            del found["means"]
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
    check_party("seller", seller, franchise=terms.franchise)
    check_party("customer", buyer)
    means = means_of(seller, buyer)
    days = min(terms.days, PUBLIC_DAYS) if buyer.public else terms.days
    if means.kind != "transfer":  # no account to pay to on what is debited, or paid by card
        seller = replace(seller, iban="", bic="")
    lines, vat = taxed(lines, buyer, franchise=terms.franchise)
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
        due_on=issued_on + timedelta(days=days),
        currency=currency,
        lines=tuple(lines),
        vat=vat,
        net_cents=net,
        vat_cents=tax,
        gross_cents=net + tax,
        notes=mentions(seller, terms, vat, public=buyer.public),
        usage=usage,
        means=means,
    )


def taxed(lines: Sequence[Line], buyer: Party, *, franchise: bool = False) -> tuple[list[Line], tuple[Vat, ...]]:
    """The lines with their VAT categories, and the VAT at each rate.

    What an operator buys is by reverse charge where it is telecommunications to resell (CGI 283, 2 octies); an agent's
    subscription is software, at the ordinary rate of where the buyer is.
    """
    found: list[tuple[Line, Regime]] = [
        (line, regime(buyer, telecom=line.source in _TELECOM, franchise=franchise)) for line in lines
    ]
    bases: dict[Regime, int] = {}
    for line, of in found:
        bases[of] = bases.get(of, 0) + line.net_cents
    vat = tuple(
        Vat(of.category, of.percent, base, cents(Fraction(str(of.percent)) * base / 100), of.reason, of.code)
        for of, base in sorted(bases.items(), key=lambda pair: pair[0].category, reverse=True)
    )
    mixed = len(vat) > 1
    return [replace(line, vat=of.category) if mixed else line for line, of in found], vat


def mentions(seller: Party, terms: Terms, vat: Sequence[Vat], *, public: bool = False) -> dict[str, str]:
    """What the law has every invoice say, by the subject code of UNTDID 4451. `vat`: that of the invoice."""
    notes = {
        "PMD": f"En cas de retard de paiement, pénalités exigibles sans rappel au taux de {terms.late_rate}.",
        "PMT": "Indemnité forfaitaire pour frais de recouvrement en cas de retard : 40 € (C. com. L441-10, D441-5).",
        "AAB": "Pas d'escompte pour paiement anticipé.",
        "REG": ", ".join(part for part in (seller.name, seller.legal_once) if part),
    }
    if public:  # CCP L2192-12 to -14, R2192-31, D2192-35
        notes["PMD"] = (
            "En cas de retard de paiement, intérêts moratoires de plein droit au taux de refinancement de la Banque "
            "centrale européenne majoré de huit points (CCP L2192-13, R2192-31)."
        )
        notes["PMT"] = "Indemnité forfaitaire pour frais de recouvrement en cas de retard : 40 € (CCP D2192-35)."
    none = [part for part in vat if part.category != "S"]
    due = (
        "Option pour le paiement de la taxe d'après les débits."
        if terms.vat_on_debits
        else "TVA exigible à l'encaissement."
    )
    why = " ".join(part.why for part in none)
    notes["TXD"] = why if len(none) == len(vat) else f"{due} Communications : {why}" if none else due
    return notes


@dataclass(frozen=True, slots=True)
class Talk:
    """The part of a month's charges that has one destination and one price: what a usage line is made of.

    `way`: a direction, or why a leg left. `hours`: when that price held, in words, where it is not always.
    """

    prefix: str
    price_per_minute: str
    bundled: bool
    seconds: int
    way: str = "outbound"
    hours: str = ""

    @property
    def key(self) -> str:
        """What ties a call to its line."""
        return f"{self.way}:{self.prefix}:{'bundle' if self.bundled else self.price_per_minute}"


def usage_lines(talk: Sequence[Talk], fees: Mapping[str, int], total_micros: int) -> list[Line]:
    """Lines of a month's calls that come to `total_micros`, the sum of its charges, to the cent.

    Each call was rounded by itself, so quantity times price may differ from the sum of the charges by
    fractions of a cent a call: that difference has a line of its own and is never hidden in a price.
    """
    lines: list[Line] = []
    for part in sorted(talk, key=lambda t: (t.bundled, t.way, t.prefix, t.price_per_minute)):
        price = "0" if part.bundled else part.price_per_minute
        minutes = Fraction(part.seconds, 60)
        free = "" if part.bundled or Fraction(price) else ", sans frais"
        name = calls_named(part.way, part.prefix) + (", inclus au forfait" if part.bundled else free)
        detail = _duration(part.seconds) + (f" ; {part.hours}" if part.hours else "")
        net = cents(minutes * Fraction(price) * 100)
        lines.append(Line(name, _quantity(minutes), "MIN", price, net, detail=detail, key=part.key))
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
    if "means" in values:
        values["means"] = Means(**values["means"])
    return Invoice(**values)
