"""Invoices as pages and the API show them: what billing lists, and what is still due of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.documents.cii import money
from billing.invoices import invoicing, views
from billing.invoices.balances import balance_due
from billing.invoices.invoicing import Issued
from portal.door import Seat
from store.audit import note


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice or credit note, and the cents still due on it."""

    of: Issued
    due: int

    def late(self, today: date) -> bool:
        """Whether its day has passed and it is not paid."""
        return self.due > 0 and self.of.due_on < today


def bills(seat: Seat) -> list[Bill]:
    """The client's invoices and credit notes, the newest first."""
    found = [Bill(one, balance_due(seat.conn, one)) for one in invoicing.listed(seat.conn, seat.whose)]
    return sorted(found, key=lambda bill: (bill.of.issued_on, bill.of.number), reverse=True)


def bill(seat: Seat, number: str) -> Bill:
    """One of them. Raises NotFound, for another client's too."""
    found = invoicing.get(seat.conn, number)
    return Bill(found, balance_due(seat.conn, found))


def taken(seat: Seat, number: str, kind: str) -> Issued:
    """An invoice that is handed out as a file, and the log says so. Raises NotFound."""
    found = invoicing.get(seat.conn, number)
    note(seat.conn, seat.by, "invoice.download", f"invoice:{number}", seat.tenant_id, file=kind)
    return found


def shown(of: Bill, seat: Seat) -> dict[str, Any]:
    """As commands print it, with what is due."""
    return views.issued(of.of, seat.tenant) | {"due": money(of.due), "currency": of.of.currency}
