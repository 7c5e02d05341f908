"""Credit notes: the only way an issued invoice is corrected, whole or in part, never for more than it was.

A whole one frees the invoice's charges, which may be rated and invoiced again. A partial one gives back chosen lines,
the price of one call, or an amount, and leaves the invoice alive: what is due, and what is late, is less by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from uuid import UUID

from psycopg.rows import class_row

from billing.charges.accounts import move
from billing.charges.ledger import lock_account
from billing.documents.cii import money
from billing.documents.credit_notes import credit_document as credit_document
from billing.documents.credit_notes import part_document as part_document
from billing.documents.invoice import Invoice, Line, cents
from billing.invoices.balances import balance_due
from billing.invoices.call_shares import shares, spread
from billing.invoices.dunning import settle_suspension
from billing.invoices.invoicing import COLUMNS, Issued, get, next_number, store_document
from billing.rating.tariff import PARIS
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.db import Conn


@dataclass(frozen=True, slots=True)
class Part:
    """What of an invoice is credited: lines (numbered from 1), one call, or an amount before tax, of one line or of
    the whole. Nothing: all that is left of it."""

    lines: Sequence[int] = ()
    call_id: UUID | None = None
    net_cents: int | None = None

    def __bool__(self) -> bool:
        return bool(self.lines) or self.call_id is not None or self.net_cents is not None


def credit_note(conn: Conn, number: str, of: Part, reason: str, issued_on: date, by: Actor, *, today: date) -> Issued:
    """A credit note for an invoice or a part of it. Raises NotFound, Refused; BadInput for a part without a reason."""
    if of and not reason.strip():
        raise BadInput("--reason: a credit note for a part says why", hint='--reason "geste commercial"')
    if (of.call_id is not None and (of.lines or of.net_cents is not None)) or (
        of.net_cents is not None and len(of.lines) > 1
    ):
        raise BadInput("--call stands alone; --amount is of one --line or of the whole", hint="one credit note each")
    if of.call_id is not None:
        return credit_call(conn, number, of.call_id, reason, issued_on, by, today=today)
    if of.net_cents is not None:
        place = of.lines[0] if of.lines else None
        return credit_amount(conn, number, of.net_cents, reason, issued_on, by, place, today=today)
    if of.lines:
        return credit_lines(conn, number, of.lines, reason, issued_on, by, today=today)
    return credit(conn, number, issued_on, by, today=today, reason=reason)


def credit(
    conn: Conn, number: str, issued_on: date, by: Actor, *, today: date | None = None, reason: str = ""
) -> Issued:  # fmt: skip
    """A credit note for all that is left of an invoice, whose charges may then be invoiced again.

    Raises NotFound, Refused.
    """
    of = _creditable(conn, number, issued_on)
    before = credit_notes(conn, of)
    document = credit_document(of.invoice(), "", issued_on, [note.invoice() for note in before])
    if reason.strip():
        document = replace(document, notes={**document.notes, "AAI": f"Motif : {reason.strip()}"})
    done = _store(conn, of, document, issued_on, by, today)
    calls = conn.execute(
        "SELECT amount_micros FROM billing.movements WHERE tenant_id = %s AND kind = 'invoice' AND reference = %s",
        (of.tenant_id, of.number),
    ).fetchone()
    if calls is not None:  # they are on no invoice again
        move(conn, of.tenant_id, "invoice", -calls["amount_micros"], done.number, by)
    return done


def credit_lines(
    conn: Conn, number: str, lines: Sequence[int], reason: str, issued_on: date, by: Actor, *, today: date | None = None
) -> Issued:
    """A credit note for lines (numbered from 1) of an invoice: all that is left of each. Raises NotFound, Refused."""
    of = _creditable(conn, number, issued_on)
    document, before = of.invoice(), credit_notes(conn, of)
    found: list[Line] = []
    for place in dict.fromkeys(lines):
        line, left = _line(document, place), line_left(of, before, place)
        if left <= 0:
            raise Refused(f"line {place} of invoice {number} has nothing left to credit", hint="billing invoice show")
        same = left == line.net_cents
        found.append(
            replace(line, detail=reason, source="credit", key=f"line:{place}")
            if same
            else Line(line.name, "1", "C62", money(left), left, reason, "credit", f"line:{place}", line.vat)
        )
    return _store(conn, of, _part(conn, of, before, found, issued_on), issued_on, by, today)


def credit_call(
    conn: Conn, number: str, call_id: UUID, reason: str, issued_on: date, by: Actor, *, today: date | None = None
) -> Issued:
    """A credit note for the price of one invoiced call. Raises NotFound; Refused when nothing is left of it."""
    of = _creditable(conn, number, issued_on)
    row = conn.execute(
        """SELECT l.generation, c.amount_micros, c.far_party, c.answered_at, coalesce(c.leg, c.direction) AS way,
                  c.prefix, c.fee, c.segments, c.month
             FROM billing.invoice_charges l
             JOIN billing.charges c ON c.call_id = l.call_id AND c.generation = l.generation AND c.kind = 'charge'
            WHERE l.invoice_id = %s AND l.call_id = %s""",
        (of.id, call_id),
    ).fetchone()
    if row is None:
        raise NotFound(f"call {call_id} is not on invoice {number}", hint="decroche calls show")
    before = credit_notes(conn, of)
    if any(line.key.endswith(f":{call_id}") for note in before for line in note.invoice().lines):
        raise Refused(f"call {call_id} is credited already", hint="decroche billing invoice list")
    net = cents(Fraction(row["amount_micros"] or 0, 10_000))
    if net <= 0:
        raise Refused(f"call {call_id} cost less than a cent", hint="there is nothing of it to give back")
    document = of.invoice()
    parts = spread(net, shares(document, row))
    if not parts:
        raise Refused(f"no line of invoice {number} is of call {call_id}", hint="credit an amount of a line")
    for place, part in parts.items():
        _refuse_beyond(of, before, place, part)
    at = row["answered_at"].astimezone(PARIS)
    name = f"Appel {hidden(row['far_party'])} du {at:%d/%m/%Y à %H:%M}"
    lines = [
        Line(name, "1", "C62", money(part), part, f"{reason} (ligne {place})", "credit", f"line:{place}:{call_id}",
             document.lines[place - 1].vat)
        for place, part in sorted(parts.items())
    ]  # fmt: skip
    done = _store(conn, of, _part(conn, of, before, lines, issued_on), issued_on, by, today)
    conn.execute(
        """INSERT INTO billing.invoice_charges (tenant_id, invoice_id, call_id, generation, line)
           VALUES (%s, %s, %s, %s, 1)""",
        (of.tenant_id, done.id, call_id, row["generation"]),
    )
    return done


def _refuse_beyond(of: Issued, before: Sequence[Issued], place: int, part: int) -> None:
    """Refuses to credit of a line what it has no more; each call that was rounded by itself may be a cent off."""
    left = line_left(of, before, place)
    calls = sum(line.key.startswith(f"line:{place}:") for note in before for line in note.invoice().lines)
    if part > left + calls + 1 or (part > 1 and left <= 0):
        raise Refused(
            f"line {place} of invoice {of.number} has {money(max(0, left))} left, the call put {money(part)} on it",
            hint="what was credited of the line is credited of its calls too",
        )


def hidden(number: str) -> str:
    """A number as a detailed bill shows it: without its last four digits, for whoever else reads the bill."""
    return f"{number[:-4]}••••" if len(number) > 8 else number


def credit_amount(
    conn: Conn,
    number: str,
    net_cents: int,
    reason: str,
    issued_on: date,
    by: Actor,
    place: int | None = None,
    *,
    today: date | None = None,
) -> Issued:
    """A credit note for an amount before tax, of one line or of the whole. Raises Refused beyond what is left."""
    of = _creditable(conn, number, issued_on)
    document, before = of.invoice(), credit_notes(conn, of)
    name, key, left = f"Avoir sur la facture {number}", "amount", left_of(of, before)
    if place is None and len(document.vat) > 1:
        raise BadInput(f"line: invoice {number} has two rates of VAT", hint="name the line the amount is given back of")
    if place is not None:
        name, key, left = _line(document, place).name, f"line:{place}", line_left(of, before, place)
    if net_cents <= 0:
        raise BadInput(f"amount: {money(net_cents)} is not above zero", hint="what is given back, before tax")
    if net_cents > left:
        what = f"line {place} of invoice {number}" if place is not None else f"invoice {number}"
        raise Refused(f"{what} has {money(left)} left before tax, {money(net_cents)} was asked", hint="ask for less")
    vat = _line(document, place).vat if place is not None else ""
    line = Line(name, "1", "C62", money(net_cents), net_cents, reason, "credit", key, vat)
    return _store(conn, of, _part(conn, of, before, [line], issued_on), issued_on, by, today)


def credit_notes(conn: Conn, of: Issued) -> list[Issued]:
    """The credit notes of an invoice, in the order of their numbers."""
    with conn.cursor(row_factory=class_row(Issued)) as cursor:
        return cursor.execute(
            f"SELECT {COLUMNS} FROM billing.invoices WHERE credits = %s ORDER BY year, place", (of.id,)
        ).fetchall()


def left_of(of: Issued, before: Sequence[Issued]) -> int:
    """Cents before tax of an invoice that were not credited yet."""
    return of.net_cents + sum(note.net_cents for note in before)


def line_left(of: Issued, before: Sequence[Issued], place: int) -> int:
    """Cents before tax of a line that may still be credited: never more than is left of the whole invoice."""
    prefix = f"line:{place}"
    credited = sum(
        line.net_cents
        for note in before
        for line in note.invoice().lines
        if line.key == prefix or line.key.startswith(f"{prefix}:")
    )
    return min(_line(of.invoice(), place).net_cents - credited, left_of(of, before))


def _part(conn: Conn, of: Issued, before: Sequence[Issued], lines: Sequence[Line], issued_on: date) -> Invoice:
    return part_document(of.invoice(), "", issued_on, lines, [note.invoice() for note in before])


def _creditable(conn: Conn, number: str, issued_on: date) -> Issued:
    """The invoice, its account locked: credit notes of one tenant take turns."""
    of = get(conn, number)
    if of.kind != "invoice":
        raise Refused(f"{number} is a credit note itself", hint="name an invoice")
    lock_account(conn, of.tenant_id)
    if conn.execute("SELECT 1 FROM billing.invoices WHERE credits = %s AND NOT partial", (of.id,)).fetchone():
        raise Refused(f"invoice {number} is credited already", hint=f"decroche billing invoice show {number}")
    if issued_on < of.issued_on:
        raise BadInput(f"date: {issued_on} is before invoice {number} of {of.issued_on}", hint="a later day")
    return of


def _store(conn: Conn, of: Issued, document: Invoice, issued_on: date, by: Actor, today: date | None) -> Issued:
    if document.gross_cents <= 0:
        raise Refused(f"nothing is left of invoice {of.number} to credit", hint="decroche billing invoice list")
    numbered = replace(document, number=next_number(conn, issued_on.year))
    paid_in = of.purpose == "top_up" and balance_due(conn, of) <= 0
    done = store_document(conn, of.tenant_id, numbered, of.period, by, purpose=of.purpose, credited=of.id)
    if paid_in:
        _take_back(conn, of, document.net_cents, done.number, by)
    settle_suspension(conn, of.tenant_id, max(issued_on, today or issued_on))
    return done


def _take_back(conn: Conn, of: Issued, net_cents: int, reference: str, by: Actor) -> None:
    """What is credited of a top-up leaves the balance: it cannot be given back and talked away."""
    account = lock_account(conn, of.tenant_id)
    free = account["balance_micros"] - account["reserved_micros"]
    if net_cents * 10_000 > free:
        raise Refused(
            f"the balance has {money(free // 10_000)} left of top-up {of.number}, {money(net_cents)} was asked",
            hint="what was talked away cannot be given back",
        )
    move(conn, of.tenant_id, "refund", -net_cents * 10_000, reference, by)


def _line(of: Invoice, place: int) -> Line:
    if not 1 <= place <= len(of.lines):
        raise NotFound(f"invoice {of.number} has lines 1 to {len(of.lines)}, not {place}", hint="billing invoice show")
    return of.lines[place - 1]
