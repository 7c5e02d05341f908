"""Contested lines: those that wait for a decision, and the decision with what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from psycopg.rows import class_row

from billing.invoices.crediting import credit_lines, credit_notes, line_left
from billing.invoices.dunning import close_dispute, settle_suspension
from billing.invoices.invoicing import Issued
from store.base.actor import Actor
from store.db import Conn


@dataclass(frozen=True, slots=True)
class Dispute:
    """Lines of an invoice that a client contests. `closed_on` None: it waits for a decision."""

    id: UUID
    tenant: str
    number: str
    lines: Sequence[int]
    reason: str
    received_on: date
    closed_on: date | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Decided:
    """A dispute's end. `credit_note`: None where the lines are due again."""

    invoice: Issued
    lines: Sequence[int]
    credit_note: Issued | None


def listed(conn: Conn, tenant_id: UUID | None = None, *, closed: bool = False) -> list[Dispute]:
    """Open disputes, the oldest first; with `closed` the decided ones too."""
    with conn.cursor(row_factory=class_row(Dispute)) as cursor:
        return cursor.execute(
            """SELECT d.id, t.slug AS tenant, i.number, d.lines, d.reason, d.received_on, d.closed_on, d.outcome
                 FROM billing.disputes d JOIN billing.invoices i ON i.id = d.invoice_id
                 JOIN store.tenants t ON t.id = d.tenant_id
                WHERE (%(only)s::uuid IS NULL OR d.tenant_id = %(only)s) AND (%(closed)s OR d.closed_on IS NULL)
                ORDER BY d.received_on, d.id""",
            {"only": tenant_id, "closed": closed},
        ).fetchall()


def decide(conn: Conn, dispute_id: UUID, outcome: str, day: date, *, grant: bool, by: Actor, today: date) -> Decided:
    """Close a dispute: its lines are due again, or `grant`ed by a credit note. Raises NotFound, BadInput."""
    of, lines = close_dispute(conn, dispute_id, outcome, day, by=by)
    note = None
    if grant:  # of a line that was credited meanwhile nothing is left to give back
        before = credit_notes(conn, of)
        left = [line for line in lines if line_left(of, before, line) > 0] or lines
        note = credit_lines(conn, of.number, left, f"contestation : {outcome}", day, by, today=today)
    settle_suspension(conn, of.tenant_id, day)
    return Decided(of, lines, note)
