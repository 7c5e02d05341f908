"""A client's account as an accountant reads it: invoices, credit notes, debit notes, payments and refunds, lettered.

What a document asks for is a debit, what settles it a credit; a line has the letter of those that it comes to nothing
with. The days are the documents' own: issued on, received on. Everything is tax included, in cents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, Literal
from uuid import UUID

from billing.invoices.dunning import debts
from billing.invoices.invoicing import customer, seller
from store.base.errors import BadInput
from store.db import Conn
from store.tenants import Tenant

Kind = Literal["invoice", "credit_note", "debit_note", "payment", "refund", "chargeback", "set_off", "reversal"]
Age = Literal["not_due", "1_30", "31_60", "61_90", "over_90", "overpaid"]
_NAMES: dict[Kind, str] = {
    "invoice": "Facture", "credit_note": "Avoir", "debit_note": "Note de débit", "payment": "Règlement",
    "refund": "Remboursement", "chargeback": "Paiement repris", "set_off": "Compensation",
    "reversal": "Règlement annulé",
}  # fmt: skip
_AGES: dict[Age, str] = {
    "not_due": "Non échu", "1_30": "1 à 30 jours", "31_60": "31 à 60 jours", "61_90": "61 à 90 jours",
    "over_90": "Plus de 90 jours", "overpaid": "Trop-perçu",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `cents`: above zero a debit (owed), below a credit. `group`: the document it is settled with."""

    day: date
    kind: Kind
    document: str
    reference: str
    due_on: date | None
    cents: int
    group: str
    letter: str = ""
    noted_at: datetime | None = None
    """When it was entered: letters go by it, so that an entry of an earlier day moves none."""


@dataclass(frozen=True, slots=True)
class Open:
    """What is left of a document on the last day; below zero: overpaid."""

    document: str
    due_on: date
    cents: int
    age: Age


@dataclass(frozen=True, slots=True)
class ClientAccount:
    """From `begins` to `ends`, both included: `closing` = `opening` + the entries = what is open."""

    begins: date
    ends: date
    opening: int
    entries: Sequence[Entry]
    closing: int
    open: Sequence[Open]

    def ageing(self) -> dict[Age, int]:
        """What is open by how late it is; comes to `closing`."""
        found: dict[Age, int] = dict.fromkeys(_AGES, 0)
        for item in self.open:
            found[item.age] += item.cents
        return found


def client_account(history: Sequence[Entry], begins: date, ends: date) -> ClientAccount:
    """The account over some days, from everything that was ever entered. Raises BadInput."""
    if ends < begins:
        raise BadInput(f"--to: {ends} is before --from, {begins}", hint="first day, last day")
    known = sorted((e for e in history if e.day <= ends), key=lambda e: (e.day, e.cents < 0, e.document, e.reference))
    left: dict[str, int] = {}
    for entry in known:
        left[entry.group] = left.get(entry.group, 0) + entry.cents
    order = settled_in_order(history)
    settled = [group for group in order if group in left] + sorted(set(left) - set(order))
    letters = {group: _letter((order + sorted(set(left) - set(order))).index(group)) for group in settled
               if not left[group]}  # fmt: skip
    due = {e.group: e.due_on for e in known if e.due_on is not None and e.cents > 0}
    lettered = [replace(e, letter=letters.get(e.group, "")) for e in known]
    return ClientAccount(
        begins,
        ends,
        sum(e.cents for e in known if e.day < begins),
        [e for e in lettered if e.day >= begins],
        sum(e.cents for e in known),
        [_open(group, due.get(group, ends), cents, ends) for group, cents in left.items() if cents],
    )


def settled_in_order(history: Sequence[Entry]) -> list[str]:
    """The groups that ever came to nothing, in the order in which they first did, as they were entered: a letter that
    was given stays."""
    entered = sorted(history, key=lambda e: (e.noted_at or datetime.combine(e.day, time(12), UTC), e.day, e.cents < 0))
    left: dict[str, int] = {}
    found: dict[str, None] = {}
    for entry in entered:
        left[entry.group] = left.get(entry.group, 0) + entry.cents
        if not left[entry.group]:
            found.setdefault(entry.group)
    return list(found)


def history_of(conn: Conn, tenant_id: UUID) -> list[Entry]:
    """Everything ever entered on a client's account."""
    rows = conn.execute(
        """SELECT issued_on AS day, i.kind, i.number AS document, coalesce(o.number, '') AS reference,
                  CASE WHEN i.kind = 'invoice' THEN i.due_on END AS due_on, i.gross_cents AS cents,
                  coalesce(o.number, i.number) AS "group", i.issued_at AS noted_at
             FROM (SELECT * FROM billing.invoices WHERE tenant_id = %(tenant)s) i
             LEFT JOIN LATERAL (SELECT number FROM billing.invoices WHERE id = i.credits) o ON true
           UNION ALL
           SELECT n.issued_on, 'debit_note', n.number, i.number, n.issued_on, n.interest_cents + n.indemnity_cents,
                  'retard ' || i.number, n.issued_at
             FROM billing.debit_notes n JOIN billing.invoices i ON i.id = n.invoice_id
            WHERE n.tenant_id = %(tenant)s
           UNION ALL
           SELECT p.received_on, CASE WHEN p.method IN ('refund', 'chargeback', 'set_off', 'reversal') THEN p.method
                                      ELSE 'payment' END,
                  CASE p.part WHEN 'penalty'
                       THEN coalesce((SELECT max(n.number) FROM billing.debit_notes n WHERE n.invoice_id = i.id),
                                     i.number)
                       ELSE i.number END,
                  CASE p.method WHEN 'set_off' THEN split_part(p.reference, ' ', 1) ELSE p.reference END,
                  NULL, -p.amount_cents,
                  CASE p.part WHEN 'penalty' THEN 'retard ' || i.number ELSE i.number END, p.noted_at
             FROM billing.payments p JOIN billing.invoices i ON i.id = p.invoice_id
            WHERE p.tenant_id = %(tenant)s""",
        {"tenant": tenant_id},
    ).fetchall()
    return [Entry(**row) for row in rows]


def page(conn: Conn, tenant: Tenant, of: ClientAccount, currency: str) -> dict[str, Any]:
    """The facts of its page, for `statement.html`. Raises BadInput for a missing party."""
    ours, _ = seller(conn)
    running = of.opening
    lines: list[dict[str, Any]] = []
    for entry in of.entries:
        running += entry.cents
        lines.append(
            {"day": entry.day, "name": _NAMES[entry.kind], "document": entry.document, "reference": entry.reference,
             "due_on": entry.due_on, "debit": max(0, entry.cents), "credit": max(0, -entry.cents),
             "balance": running, "letter": entry.letter}
        )  # fmt: skip
    return {
        "title": "Relevé de compte",
        "seller": asdict(ours),
        "buyer": asdict(customer(conn, tenant)),
        "currency": currency,
        "balance": [],
        "account": asdict(of),
        "lines": lines,
        "debits": sum(line["debit"] for line in lines),
        "credits": sum(line["credit"] for line in lines),
        "contested": sum(debt.unpaid(of.ends) - debt.in_dunning(of.ends) for _, debt in debts(conn, tenant.id)),
        "ageing": [(_AGES[age], cents) for age, cents in of.ageing().items()],
    }


def _open(group: str, due_on: date, cents: int, ends: date) -> Open:
    late = (ends - due_on).days
    age: Age = (
        "overpaid" if cents < 0
        else "not_due" if late <= 0
        else "1_30" if late <= 30
        else "31_60" if late <= 60
        else "61_90" if late <= 90
        else "over_90"
    )  # fmt: skip
    return Open(group, due_on, cents, age)


def _letter(place: int) -> str:
    """A, B … Z, AA, AB …"""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text
