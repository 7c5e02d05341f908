"""Debit notes: what being late cost, as a document the client receives, beside the invoice and outside VAT.

Late interest and the 40 € indemnity repair a loss and pay for no supply: they are outside the scope of VAT
(CGI 256, I), stand on no invoice, and have a series of their own (`ND-2026-000001`), unbroken as the invoices' is.
What was noted is never noted again; where a credit note or a payment recorded later makes it less, a note below zero
gives it back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from billing.charges.controls import Notice, tell
from billing.documents.cii import money
from billing.invoices.dunning import debt_of
from billing.invoices.invoicing import COLUMNS, Issued
from billing.invoices.invoicing import get as get_invoice
from billing.invoices.late import Debt, LegalRate, Penalty, countable_until, penalty_so_far, spans
from billing.invoices.legal import known_rates, plain
from billing.invoices.series import keep_order
from store import audit
from store.base.actor import Actor
from store.base.console import to_json
from store.base.errors import NotFound, Refused
from store.base.ids import new_id
from store.db import Conn
from store.locks import Lock, take_turns

PREFIX = "ND-"
_NO_VAT = (
    "Sommes hors du champ de la TVA : elles réparent un préjudice, ne rémunèrent aucun service (CGI, art. 256, I)."
)
LAW = (
    "Intérêts de retard au taux de trois fois l'intérêt légal (C. com. L441-10, II), exigibles sans rappel.",
    "Indemnité forfaitaire pour frais de recouvrement : 40 € par facture réglée en retard (C. com. D441-5).",
    _NO_VAT,
)
LAW_OF_PUBLIC_BODIES = (
    "Intérêts moratoires au taux de refinancement de la Banque centrale européenne au premier jour du semestre où ils "
    "ont commencé à courir, majoré de huit points (CCP L2192-13, R2192-31), dus sans rappel.",
    "Indemnité forfaitaire pour frais de recouvrement : 40 € par facture réglée en retard (CCP L2192-13, D2192-35).",
    _NO_VAT,
)


@dataclass(frozen=True, slots=True)
class DebitNote:
    """A note as it was issued. Cents; below zero: given back. `document`: all that stands on it."""

    tenant_id: UUID
    id: UUID
    number: str
    invoice_id: UUID
    issued_on: date
    counted_to: date
    currency: str
    interest_cents: int
    indemnity_cents: int
    document: Mapping[str, Any]

    @property
    def total_cents(self) -> int:
        """Interest and indemnity."""
        return self.interest_cents + self.indemnity_cents


_COLUMNS = """tenant_id, id, number, invoice_id, issued_on, counted_to, currency, interest_cents, indemnity_cents,
              document"""


def issue(conn: Conn, of: Issued, day: date, *, by: Actor) -> tuple[DebitNote, bool]:
    """The note of what an invoice owes for being late up to a day (operator): (note, whether it was issued now).

    Where everything is noted already, the last one. Raises Refused for an invoice that is not late, or contested.
    """
    take_turns(conn, Lock.INVOICE, of.number)
    debt = debt_of(conn, of)
    if debt.unpaid(day) != debt.in_dunning(day):
        raise Refused(f"lines of invoice {of.number} are contested", hint="decroche billing dispute-close")
    rates = known_rates(conn)
    owed, _ = penalty_so_far(debt, day, rates)
    before = notes_of(conn, of)
    interest = owed.interest_cents - sum(note.interest_cents for note in before)
    indemnity = owed.indemnity_cents - sum(note.indemnity_cents for note in before)
    if not interest and not indemnity:
        if not before:
            raise Refused(f"invoice {of.number} owes nothing for being late on {day}", hint="decroche billing late")
        return before[-1], False
    made = _store(conn, of, _document(conn, of, debt, day, rates, before, Penalty(interest, indemnity)))
    kept = {"invoice": of.number, "interest_cents": interest, "indemnity_cents": indemnity}
    audit.note(conn, by, "debit_note.issue", f"debit_note:{made.number}", of.tenant_id, **kept)
    return made, True


def issue_settled(conn: Conn, tenant_id: UUID, day: date, *, by: Actor) -> list[DebitNote]:
    """The notes of every invoice that was paid or credited late and whose note is missing or wrong (operator).

    What is still unpaid waits, as its interest runs on; so does what is contested.
    """
    with conn.cursor(row_factory=class_row(Issued)) as cursor:
        late = cursor.execute(
            f"""SELECT {COLUMNS} FROM billing.invoices
                 WHERE tenant_id = %s AND kind = 'invoice' AND purpose <> 'top_up' AND due_on < %s ORDER BY number""",
            (tenant_id, day),
        ).fetchall()
    made: list[DebitNote] = []
    for of in late:
        if debt_of(conn, of).unpaid(day):
            continue
        try:
            note, new = issue(conn, of, day, by=by)
        except Refused:  # it was paid in time, or is contested
            continue
        if new:
            made.append(note)
    return made


def page(conn: Conn, note: DebitNote) -> dict[str, Any]:
    """The facts of its page, for `debit_note.html`: the parties are its invoice's."""
    invoice = get_invoice(conn, note.document["invoice"]).invoice()
    parties = {"seller": asdict(invoice.seller), "buyer": asdict(invoice.buyer)}
    return {
        **note.document,
        **parties,
        "title": f"Note de débit {note.number}",
        "law": LAW_OF_PUBLIC_BODIES if invoice.buyer.public else LAW,
    }


def get(conn: Conn, number: str) -> DebitNote:
    """A note that `conn` may see. Raises NotFound."""
    with conn.cursor(row_factory=class_row(DebitNote)) as cursor:
        row = cursor.execute(f"SELECT {_COLUMNS} FROM billing.debit_notes WHERE number = %s", (number,)).fetchone()
    if row is None:
        raise NotFound(f"no debit note {number}", hint="decroche billing debit-note list")
    return row


def listed(conn: Conn, tenant_id: UUID | None = None) -> list[DebitNote]:
    """Notes in the order of their numbers."""
    with conn.cursor(row_factory=class_row(DebitNote)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM billing.debit_notes
                 WHERE %(only)s::uuid IS NULL OR tenant_id = %(only)s ORDER BY year, place""",
            {"only": tenant_id},
        ).fetchall()


def notes_of(conn: Conn, of: Issued) -> list[DebitNote]:
    """An invoice's notes, the oldest first."""
    with conn.cursor(row_factory=class_row(DebitNote)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM billing.debit_notes WHERE invoice_id = %s ORDER BY year, place", (of.id,)
        ).fetchall()


def left_to_pay(conn: Conn, of: Issued) -> int:
    """Cents that an invoice's notes ask for and that were not received."""
    row = conn.execute(
        """SELECT (SELECT coalesce(sum(interest_cents + indemnity_cents), 0) FROM billing.debit_notes
                    WHERE invoice_id = %(id)s)::bigint
                - (SELECT coalesce(sum(amount_cents), 0) FROM billing.payments
                    WHERE invoice_id = %(id)s AND part = 'penalty')::bigint AS left""",
        {"id": of.id},
    ).fetchone()
    assert row is not None
    return row["left"]


def _document(
    conn: Conn, of: Issued, debt: Debt, day: date, rates: Sequence[LegalRate], before: Sequence[DebitNote], now: Penalty
) -> dict[str, Any]:
    """What stands on the note, but for the parties: they are the invoice's, which forgets them in its time."""
    rows = [
        {"from": s.begins, "to": s.ends, "days": s.days, "unpaid_cents": s.unpaid_cents, "base": s.rate.base,
         "legal": plain(s.rate.percent), "percent": plain(s.rate.owed), "interest_cents": s.interest_cents}
        for s in spans(debt, min(day, countable_until(debt, rates) or day), rates)
    ]  # fmt: skip
    return {
        "number": next_number(conn, day.year),
        "issued_on": day,
        "currency": of.currency,
        "invoice": of.number,
        "invoice_issued_on": of.issued_on,
        "invoice_gross_cents": of.gross_cents,
        "due_on": of.due_on,
        "counted_to": rows[-1]["to"] if rows else day,
        "settled": not debt.unpaid(day),
        "rows": rows,
        "before": [
            {"number": n.number, "interest_cents": n.interest_cents, "indemnity_cents": n.indemnity_cents}
            for n in before
        ],
        "interest_cents": now.interest_cents,
        "indemnity_cents": now.indemnity_cents,
        "total_cents": now.interest_cents + now.indemnity_cents,
    }


def next_number(conn: Conn, year: int) -> str:
    """The year's next number; others wait for this transaction to end, so that none is lost."""
    row = conn.execute(
        """INSERT INTO billing.debit_note_numbers (year, last) VALUES (%s, 1)
           ON CONFLICT (year) DO UPDATE SET last = billing.debit_note_numbers.last + 1 RETURNING last""",
        (year,),
    ).fetchone()
    assert row is not None
    return f"{PREFIX}{year}-{row['last']:06d}"


def _store(conn: Conn, of: Issued, document: Mapping[str, Any]) -> DebitNote:
    """Keep the note for good, and tell the client of it."""
    text = to_json(document)
    _, year, place = document["number"].split("-")
    keep_order(conn, "debit_note", date.fromisoformat(str(document["issued_on"])))
    with conn.cursor(row_factory=class_row(DebitNote)) as cursor:
        row = cursor.execute(
            f"""INSERT INTO billing.debit_notes (tenant_id, id, number, year, place, invoice_id, issued_on, counted_to,
                    currency, interest_cents, indemnity_cents, document, sha256)
                VALUES (%(tenant)s, %(id)s, %(number)s, %(year)s, %(place)s, %(invoice)s, %(issued_on)s, %(to)s,
                    %(currency)s, %(interest)s, %(indemnity)s, %(document)s::jsonb, %(sha256)s)
                RETURNING {_COLUMNS}""",
            {
                "tenant": of.tenant_id,
                "id": new_id(),
                "number": document["number"],
                "year": int(year),
                "place": int(place),
                "invoice": of.id,
                "issued_on": document["issued_on"],
                "to": document["counted_to"],
                "currency": of.currency,
                "interest": document["interest_cents"],
                "indemnity": document["indemnity_cents"],
                "document": text,
                "sha256": hashlib.sha256(text.encode()).hexdigest(),
            },
        ).fetchone()
    assert row is not None
    body = {"number": row.number, "invoice": of.number, "amount": money(row.total_cents)}
    tell(conn, of.tenant_id, Notice("debit_note", row.number, "client", body))
    return row
