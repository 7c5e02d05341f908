"""A credit note as a document: of a whole invoice, or of lines of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from billing.documents.cii import money
from billing.documents.invoice import Invoice, Line, Usage, Vat, cents, mentions


def credit_document(of: Invoice, number: str, issued_on: date, before: Sequence[Invoice] = ()) -> Invoice:
    """The credit note of a whole invoice: the same lines, less what credit notes before it gave back."""
    given = [
        Line(
            f"Déjà crédité, avoir {note.number}", "-1", "C62", money(part.base_cents), -part.base_cents,
            source="credit", vat=part.category if len(of.vat) > 1 else "",
        )
        for note in before
        for part in note.vat
    ]  # fmt: skip
    return replace(_note_of(of, number, issued_on), lines=(*of.lines, *given), **_sums(_left(of, before)))


def part_document(
    of: Invoice, number: str, issued_on: date, lines: Sequence[Line], before: Sequence[Invoice] = ()
) -> Invoice:
    """The credit note of a part: its own lines. The VAT of all together is never more than the invoice's."""
    found: list[Vat] = []
    for left in _left(of, before):
        of_rate = [line.net_cents for line in lines if of.vat_of(line).category == left.category]
        if not of_rate:
            continue
        net = sum(of_rate)
        all_of_it = net == left.base_cents
        tax = left.tax_cents if all_of_it else min(left.tax_cents, cents(left.rate * net / 100))
        found.append(replace(left, base_cents=net, tax_cents=tax))
    vats = {part.category for part in found}
    notes = mentions(of.seller, of.terms, found, public=of.buyer.public)
    note = replace(_note_of(of, number, issued_on), lines=tuple(lines), usage=Usage(), partial=True)
    return replace(note, notes=notes if vats != {part.category for part in of.vat} else of.notes, **_sums(found))


def _left(of: Invoice, before: Sequence[Invoice]) -> list[Vat]:
    """The VAT of an invoice at each rate, less what credit notes before gave back of it."""
    given = [part for note in before for part in note.vat]
    return [
        replace(
            vat,
            base_cents=vat.base_cents - sum(part.base_cents for part in given if part.category == vat.category),
            tax_cents=vat.tax_cents - sum(part.tax_cents for part in given if part.category == vat.category),
        )
        for vat in of.vat
    ]


def _sums(vat: Sequence[Vat]) -> dict[str, Any]:
    """The sums of a document with this VAT."""
    net, tax = sum(part.base_cents for part in vat), sum(part.tax_cents for part in vat)
    return {"vat": tuple(vat), "net_cents": net, "vat_cents": tax, "gross_cents": net + tax}


def _note_of(of: Invoice, number: str, issued_on: date) -> Invoice:
    return replace(
        of,
        number=number,
        kind="credit_note",
        issued_on=issued_on,
        due_on=issued_on,
        credits=of.number,
        credits_on=of.issued_on.isoformat(),
        paid_cents=0,
    )
