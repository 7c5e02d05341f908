"""The calls of an invoice, one by one: an annex whose total is the invoice's calls, to the cent.

Numbers are shown without their last four digits, for whoever else reads the bill; a caller who hid theirs stays hidden,
and calls to emergency and social services are left off (they cost nothing).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from billing.charges.ledger import spell
from billing.documents.cii import money
from billing.documents.invoice import cents
from billing.documents.words import destination
from billing.invoices.invoicing import Issued
from billing.rating.tariff import PARIS
from store.base.errors import DecrocheError, Refused
from store.base.numbering import SPECIAL
from store.db import Conn

MOST_ON_PAPER = 5_000
"""More calls than these are no document to be read: they are had as CSV."""
COLUMNS = ("date", "heure", "sens", "numéro", "destination", "secondes", "dont incluses", "prix HT")
_WAYS = {
    "inbound": "reçu", "outbound": "émis", "transfer": "transféré", "fallback": "renvoyé",
    "third_party": "mis en relation",
}  # fmt: skip


class AnnexOff(DecrocheError):
    """The calls of an invoice do not come to what stands on it."""

    code = "annex_off"
    exit_status = 3


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call as the annex shows it. `number`: as the law lets it be shown. Micro-euros before tax."""

    call_id: UUID
    answered_at: datetime
    month: date
    way: str
    number: str
    prefix: str
    seconds: int
    bundle_seconds: int
    amount_micros: int


@dataclass(frozen=True, slots=True)
class Annex:
    """An invoice's calls in order, and what they come to in cents before tax."""

    number: str
    rows: Sequence[CallRow]
    net_cents: int


def annex(conn: Conn, of: Issued) -> Annex:
    """The calls on an invoice. Raises Refused for a document of no calls, AnnexOff where they are not its sum."""
    rows = conn.execute(
        """SELECT c.call_id, c.answered_at, c.month, coalesce(c.leg, c.direction) AS way, c.direction, c.far_party,
                  coalesce(c.prefix, '') AS prefix, c.billed_seconds, c.bundle_seconds, c.amount_micros
             FROM billing.invoice_charges l
             JOIN billing.charges c ON c.call_id = l.call_id AND c.generation = l.generation AND c.kind = 'charge'
            WHERE l.invoice_id = %s AND c.status = 'rated' AND c.answered_at IS NOT NULL
            ORDER BY c.answered_at, c.call_id""",
        (of.id,),
    ).fetchall()
    found = [_row(row) for row in rows if row["direction"] == "inbound" or row["far_party"] not in SPECIAL]
    if of.kind != "invoice" or not found:
        raise Refused(f"no call stands on {of.number}", hint="decroche billing invoice show says what does")
    billed = sum(line.net_cents for line in of.invoice().lines if line.source in ("usage", "rounding"))
    by_month: dict[date, int] = {}
    for row in found:
        by_month[row.month] = by_month.get(row.month, 0) + row.amount_micros
    total = sum(cents(Fraction(micros, 10_000)) for micros in by_month.values())
    if total != billed:
        raise AnnexOff(
            f"the calls of {of.number} come to {money(total)}, its lines to {money(billed)}",
            hint="decroche billing reconcile names the calls that differ",
        )
    return Annex(of.number, found, total)


def _row(row: dict[str, Any]) -> CallRow:
    return CallRow(
        row["call_id"], row["answered_at"], row["month"], row["way"], hidden(row["far_party"]), row["prefix"],
        row["billed_seconds"], row["bundle_seconds"], row["amount_micros"],
    )  # fmt: skip


def hidden(number: str) -> str:
    """A number without its last four digits; what is not known, or was hidden, as such."""
    if not number or not number.lstrip("+").isdigit():
        return "masqué"
    return f"{number[:-4]}••••" if len(number) > 8 else number


def plain(of: Annex) -> list[dict[str, object]]:
    """Its rows as a reader's table has them, the total last."""
    rows: list[dict[str, object]] = []
    for call in of.rows:
        at = call.answered_at.astimezone(PARIS)
        rows.append(
            {"date": f"{at:%d/%m/%Y}", "heure": f"{at:%H:%M:%S}", "sens": _WAYS.get(call.way, call.way),
             "numéro": call.number, "destination": destination(call.prefix) if call.prefix else "",
             "secondes": call.seconds, "dont incluses": call.bundle_seconds, "prix HT": spell(call.amount_micros)}
        )  # fmt: skip
    seconds, included = sum(c.seconds for c in of.rows), sum(c.bundle_seconds for c in of.rows)
    total = {"date": "Total", "heure": "", "sens": "", "numéro": f"{len(of.rows)} appels", "destination": ""}
    return [*rows, {**total, "secondes": seconds, "dont incluses": included, "prix HT": money(of.net_cents)}]


def page(of: Annex, issued: Issued) -> dict[str, Any]:
    """The facts of its pages, for `annex.html`. Raises Refused for more calls than are read on paper."""
    if len(of.rows) > MOST_ON_PAPER:
        raise Refused(
            f"{len(of.rows)} calls stand on {of.number}: on paper at most {MOST_ON_PAPER} are readable",
            hint="decroche billing annex NUMBER --csv appels.csv",
        )
    document = issued.invoice()
    return {
        "title": f"Annexe à la facture {of.number}",
        "seller": {"name": document.seller.name, "legal": document.seller.legal},
        "buyer": {"name": document.buyer.name},
        "currency": issued.currency,
        "issued_on": issued.issued_on,
        "columns": COLUMNS,
        "rows": plain(of),
    }
