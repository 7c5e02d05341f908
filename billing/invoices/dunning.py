"""Dunning with the store: which steps are due today, disputes, suspension, and lifting it with the payment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from uuid import UUID

from psycopg.rows import class_row

from billing.charges.controls import Notice, block, lift, tell
from billing.documents.invoice import Invoice, cents, restored
from billing.invoices.invoicing import COLUMNS, Issued, get
from billing.invoices.late import FORMAL_NOTICE_DAYS, Debt, dispute_until, penalty_so_far, steps_due, suspension_day
from billing.invoices.legal import known_rates
from store import audit
from store.base.actor import Actor, service
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.db import Conn


def run_dunning(conn: Conn, tenant_id: UUID, today: date) -> list[Notice]:
    """Tell of the steps that are due, suspend or lift (operator). What was told before is not told again."""
    told: list[Notice] = []
    rates = known_rates(conn)
    for issued, debt, unpaid in owing(conn, tenant_id, today):
        for step in steps_due(debt, today) if unpaid else ():
            if step == "suspension" and today < _announced(conn, tenant_id).get(issued.number, date.max):
                continue  # its formal notice gives the client longer
            owed, counted_until = penalty_so_far(debt, today, rates)
            body = {
                "number": issued.number,
                "unpaid_cents": unpaid,
                "interest_cents": owed.interest_cents,
                "indemnity_cents": owed.indemnity_cents,
            }
            if counted_until is not None:
                body["interest_counted_until"] = counted_until.isoformat()
            if step == "formal_notice":
                body["suspension_on"] = suspension_day(debt, today).isoformat()
            notice = Notice(step, issued.number, "client", body)
            if tell(conn, tenant_id, notice):
                told.append(notice)
    settle_suspension(conn, tenant_id, today)
    return told


def settle_suspension(conn: Conn, tenant_id: UUID, today: date) -> bool:
    """Suspend access for non-payment (article 5.4), or lift it at once when nothing late is left; whether it is.

    Nothing is suspended before the day that the formal notice named.
    """
    announced = _announced(conn, tenant_id)
    late = any(
        unpaid and today >= announced.get(issued.number, date.max)
        for issued, _, unpaid in owing(conn, tenant_id, today)
    )
    if late:
        block(conn, tenant_id, "unpaid", "an invoice is more than 30 days late", by=service("dunning"))
    else:
        lift(conn, tenant_id, "unpaid", service("payment"))
    return late


def _announced(conn: Conn, tenant_id: UUID) -> dict[str, date]:
    """The day of suspension that each invoice's formal notice named."""
    rows = conn.execute(
        """SELECT about, coalesce((body ->> 'suspension_on')::date,
                                  (created_at AT TIME ZONE 'Europe/Paris')::date + %s) AS day
             FROM billing.notices WHERE tenant_id = %s AND kind = 'formal_notice'""",
        (FORMAL_NOTICE_DAYS, tenant_id),
    ).fetchall()
    return {row["about"]: row["day"] for row in rows}


def owing(conn: Conn, tenant_id: UUID, today: date) -> list[tuple[Issued, Debt, int]]:
    """The tenant's debts, the oldest first, with what is to be asked for of each: the account is looked at, not the
    invoice alone. What the client paid too much covers the oldest (C. civ. 1347)."""
    from billing.invoices.setting_off import credit_left  # it reads payments

    credit = credit_left(conn, tenant_id)
    found: list[tuple[Issued, Debt, int]] = []
    for issued, debt in debts(conn, tenant_id):
        unpaid = debt.in_dunning(today)
        covered = min(credit, unpaid)
        credit -= covered
        found.append((issued, debt, unpaid - covered))
    return found


def debts(conn: Conn, tenant_id: UUID) -> list[tuple[Issued, Debt]]:
    """The tenant's invoices as debts, the oldest first. A top-up that is not paid is no debt: it gave nothing yet."""
    with conn.cursor(row_factory=class_row(Issued)) as cursor:
        found = cursor.execute(
            f"""SELECT {COLUMNS} FROM billing.live_invoices
                 WHERE tenant_id = %s AND purpose <> 'top_up' ORDER BY due_on, number""",
            (tenant_id,),
        ).fetchall()
    return [(issued, debt_of(conn, issued)) for issued in found]


def dispute(
    conn: Conn, of: Issued, lines: Sequence[int], reason: str, received_on: date, today: date, *, by: Actor
) -> UUID:
    """Hold lines (numbered from 1) of an invoice out of dunning. `received_on`: when the client had the invoice.

    Raises Refused when the 8 working days are over, NotFound for a line, BadInput without a reason.
    """
    last = dispute_until(received_on)
    if today > last:
        raise Refused(
            f"invoice {of.number} could be contested until {last}", hint="8 working days from its receipt (article 5.6)"
        )
    count = len(of.invoice().lines)
    unknown = [line for line in lines if not 1 <= line <= count]
    if unknown or not lines:
        raise NotFound(f"invoice {of.number} has lines 1 to {count}, not {unknown}", hint="billing invoice show")
    if not reason.strip():
        raise BadInput("reason: it is empty", hint="a dispute says what is contested and why")
    dispute_id = new_id()
    conn.execute(
        """INSERT INTO billing.disputes (tenant_id, id, invoice_id, lines, reason, received_on)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        (of.tenant_id, dispute_id, of.id, sorted(set(lines)), reason, today),
    )
    kept = {"dispute": str(dispute_id), "lines": sorted(set(lines))}
    audit.note(conn, by, "dispute.add", f"invoice:{of.number}", of.tenant_id, **kept)
    settle_suspension(conn, of.tenant_id, today)
    return dispute_id


def close_dispute(conn: Conn, dispute_id: UUID, outcome: str, today: date, *, by: Actor) -> tuple[Issued, list[int]]:
    """The dispute is decided: its lines are due again (or a credit note follows); its invoice and lines.

    Raises NotFound, BadInput without an outcome.
    """
    if not outcome.strip():
        raise BadInput("outcome: it is empty", hint="what was decided, in a few words")
    row = conn.execute(
        """UPDATE billing.disputes d SET closed_on = %s, outcome = %s FROM billing.invoices i
            WHERE d.id = %s AND d.closed_on IS NULL AND i.id = d.invoice_id RETURNING i.number, d.lines""",
        (today, outcome, dispute_id),
    ).fetchone()
    if row is None:
        raise NotFound(f"no open dispute {dispute_id}", hint="decroche billing disputes")
    of = get(conn, row["number"])
    audit.note(conn, by, "dispute.close", f"invoice:{of.number}", of.tenant_id, dispute=str(dispute_id))
    return of, row["lines"]


def penalty_due(conn: Conn, of: Issued, today: date) -> int:
    """Cents of late interest and indemnity that an invoice owes and that were not received."""
    owed, _ = penalty_so_far(debt_of(conn, of), today, known_rates(conn))
    row = conn.execute(
        """SELECT coalesce(sum(amount_cents), 0)::bigint AS paid FROM billing.payments
            WHERE invoice_id = %s AND part = 'penalty'""",
        (of.id,),
    ).fetchone()
    assert row is not None
    return owed.interest_cents + owed.indemnity_cents - row["paid"]


def debt_of(conn: Conn, of: Issued) -> Debt:
    """An invoice as a debt. What is credited was never owed: the debt is less by it from its first day."""
    paid: dict[date, int] = {}
    rows = conn.execute(
        "SELECT received_on, amount_cents FROM billing.payments WHERE invoice_id = %s AND part = 'principal'", (of.id,)
    ).fetchall()
    for row in rows:
        paid[row["received_on"]] = paid.get(row["received_on"], 0) + row["amount_cents"]
    document, notes = of.invoice(), _credit_notes(conn, of)
    credited: dict[int, int] = {}
    for line in (line for note in notes for line in note.lines if line.key.startswith("line:")):
        place = int(line.key.split(":")[1])
        credited[place] = credited.get(place, 0) + line.net_cents
    held: list[tuple[date, date | None, int]] = []
    disputes = conn.execute(
        "SELECT lines, received_on, closed_on FROM billing.disputes WHERE invoice_id = %s", (of.id,)
    ).fetchall()
    for row in disputes:
        contested: list[int] = row["lines"]
        nets = [(place, max(0, document.lines[place - 1].net_cents - credited.get(place, 0))) for place in contested]
        taxed = [document.vat_of(document.lines[place - 1]).rate * net for place, net in nets]
        gross = sum(net for _, net in nets) + cents(sum(taxed, Fraction(0)) / 100)
        held.append((row["received_on"], row["closed_on"], gross))
    return Debt(of.gross_cents - sum(note.gross_cents for note in notes), of.due_on, paid, held)


def _credit_notes(conn: Conn, of: Issued) -> list[Invoice]:
    rows = conn.execute("SELECT document FROM billing.invoices WHERE credits = %s ORDER BY place", (of.id,)).fetchall()
    return [restored(row["document"]) for row in rows]
