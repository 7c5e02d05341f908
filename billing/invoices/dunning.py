"""Dunning with the store: which steps are due today, disputes, suspension, and lifting it with the payment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from billing.charges.controls import TELL, TELL_TRIES, Notice, block, lift, tell
from billing.documents.invoice import Invoice, cents, restored
from billing.invoices.balances import credit_left
from billing.invoices.invoicing import COLUMNS, Issued, get
from billing.invoices.late import Debt, Step, dispute_until, penalty_so_far, suspension_day
from billing.invoices.legal import known_rates
from billing.invoices.steps import Claim, Taken, account_step, in_effect
from store import audit, jobs
from store.base.actor import Actor, service
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.db import Conn


def run_dunning(conn: Conn, tenant_id: UUID, today: date) -> list[Notice]:
    """Take the step that the account has come to, if any, and suspend or lift (operator): one step a day.

    A step that reached nobody yet is told with today's sums, or not at all where nothing is owed any more. A day before
    the last step's is taken for that one: time does not go back.
    """
    steps = steps_of(conn, tenant_id)
    today = max([today, *(taken.on for each in steps.values() for taken in each.values())])
    found = [
        (issued, debt, Claim(issued.number, issued.due_on, unpaid, steps.get(issued.number, {})))
        for issued, debt, unpaid in owing(conn, tenant_id, today)
    ]
    _renew(conn, tenant_id, found, today)
    told: list[Notice] = []
    step = account_step([claim for _, _, claim in found], today)
    if step is not None:
        about = {claim.number for claim in step[1]}
        told.append(_notice(conn, step[0], [each for each in found if each[2].number in about], today))
        _take(conn, tenant_id, told[0], [claim.number for claim in step[1]], today)
    settle_suspension(conn, tenant_id, today)
    return told


_Owed = tuple[Issued, Debt, Claim]


def _notice(conn: Conn, step: Step, about: Sequence[_Owed], today: date) -> Notice:
    """What a step tells: each invoice, what it owes beside itself, the whole, to whom, and what comes next."""
    rates = known_rates(conn)
    sums = {"unpaid_cents": 0, "interest_cents": 0, "indemnity_cents": 0}
    rows: list[dict[str, Any]] = []
    until: date | None = None
    for issued, debt, claim in about:
        owed, counted = penalty_so_far(debt, today, rates)
        until = counted or until
        sums["unpaid_cents"] += claim.unpaid_cents
        sums["interest_cents"] += owed.interest_cents
        sums["indemnity_cents"] += owed.indemnity_cents
        rows.append({"number": issued.number, "due_on": issued.due_on.isoformat(), "unpaid_cents": claim.unpaid_cents})
    first = about[0][0]
    others = f" et {len(about) - 1} autre{'s' if len(about) > 2 else ''}" if len(about) > 1 else ""
    body: dict[str, Any] = {"number": f"{first.number}{others}", **sums, "total_cents": sum(sums.values())}
    if until is not None:
        body["interest_counted_until"] = until.isoformat()
    if step == "formal_notice":
        body["suspension_on"] = max(suspension_day(debt, today) for _, debt, _ in about).isoformat()
    if len(rows) > 1:
        body["invoices"] = rows
    ours = first.invoice().seller
    body["creditor"] = ours.name
    if ours.iban:
        body["iban"] = ours.iban
    return Notice(step, first.number, "client", body)


def _take(conn: Conn, tenant_id: UUID, notice: Notice, covers: Sequence[str], today: date) -> None:
    if tell(conn, tenant_id, notice):
        conn.execute(
            """UPDATE billing.notices SET taken_on = %s, covers = %s
                WHERE tenant_id = %s AND kind = %s AND about = %s""",
            (today, list(covers), tenant_id, notice.kind, notice.about),
        )


def _renew(conn: Conn, tenant_id: UUID, found: Sequence[_Owed], today: date) -> None:
    """Steps that reached nobody: with today's sums, so that what is told is true; kept back where nothing is owed."""
    rows = conn.execute(
        """SELECT id, kind, covers FROM billing.notices
            WHERE tenant_id = %s AND taken_on IS NOT NULL AND taken_on < %s AND told_on IS NULL""",
        (tenant_id, today),
    ).fetchall()
    for row in rows:
        about = [each for each in found if each[2].number in row["covers"] and each[2].unpaid_cents]
        if not about:
            jobs.take_back(conn, tenant_id, TELL, row["id"])
            continue
        body = _notice(conn, row["kind"], about, today).body
        conn.execute("UPDATE billing.notices SET body = %s WHERE id = %s", (Jsonb(body), row["id"]))
        jobs.hurry(conn, tenant_id, TELL, row["id"], most_tries=TELL_TRIES)


def settle_suspension(conn: Conn, tenant_id: UUID, today: date) -> bool:
    """Suspend access for non-payment (article 5.4), or lift it at once when nothing late is left; whether it is.

    Nobody is suspended before the day that a formal notice named, nor before ten days from when it was told.
    """
    steps = steps_of(conn, tenant_id)
    today = max([today, *(taken.on for each in steps.values() for taken in each.values())])
    late = any(
        unpaid and in_effect(Claim(issued.number, issued.due_on, unpaid, steps.get(issued.number, {})), today)
        for issued, _, unpaid in owing(conn, tenant_id, today)
    )
    if late:
        block(conn, tenant_id, "unpaid", "an invoice is more than 30 days late", by=service("dunning"))
    else:
        lift(conn, tenant_id, "unpaid", service("payment"))
    return late


def steps_of(conn: Conn, tenant_id: UUID) -> dict[str, dict[Step, Taken]]:
    """The steps taken for each invoice."""
    rows = conn.execute(
        """SELECT kind, covers, taken_on, told_on, (body ->> 'suspension_on')::date AS names
             FROM billing.notices WHERE tenant_id = %s AND taken_on IS NOT NULL ORDER BY taken_on""",
        (tenant_id,),
    ).fetchall()
    found: dict[str, dict[Step, Taken]] = {}
    for row in rows:
        for number in row["covers"]:
            found.setdefault(number, {})[row["kind"]] = Taken(row["taken_on"], row["told_on"], row["names"])
    return found


def owing(conn: Conn, tenant_id: UUID, today: date) -> list[tuple[Issued, Debt, int]]:
    """The tenant's debts, the oldest first, with what is to be asked for of each: the account is looked at, not the
    invoice alone. What the client paid too much covers the oldest (C. civ. 1347)."""
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


SETTLE = "billing.settle"
"""The job that judges a client's suspension again, where who wrote what it follows from may not."""


def dispute(
    conn: Conn, of: Issued, lines: Sequence[int], reason: str, received_on: date, today: date, *, by: Actor
) -> UUID:
    """Hold lines (numbered from 1) of an invoice out of dunning. `received_on`: when the client had the invoice.

    Raises Refused when the 8 working days are over, NotFound for a line, BadInput without a reason.
    """
    made = contest(conn, of, lines, reason, received_on, today, by=by)
    settle_suspension(conn, of.tenant_id, today)
    return made


def contest(
    conn: Conn, of: Issued, lines: Sequence[int], reason: str, received_on: date, today: date, *, by: Actor
) -> UUID:
    """As `dispute`, for who may not lift a suspension: the job `SETTLE` is to do that."""
    if of.kind != "invoice":
        raise Refused(f"{of.number} is a credit note: it asks for nothing", hint="name the invoice that is contested")
    if received_on < of.issued_on or today < received_on:
        raise BadInput(
            f"invoice {of.number} of {of.issued_on} was received on {received_on} and contested on {today}",
            hint="issued, received, contested: in that order",
        )
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
    open_ones = conn.execute(
        "SELECT lines FROM billing.disputes WHERE invoice_id = %s AND closed_on IS NULL", (of.id,)
    ).fetchall()
    twice = sorted({line for row in open_ones for line in row["lines"]} & set(lines))
    if twice:
        raise Refused(f"lines {twice} of invoice {of.number} are contested already", hint="decroche billing disputes")
    dispute_id = new_id()
    conn.execute(
        """INSERT INTO billing.disputes (tenant_id, id, invoice_id, lines, reason, received_on)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        (of.tenant_id, dispute_id, of.id, sorted(set(lines)), reason, today),
    )
    kept = {"dispute": str(dispute_id), "lines": sorted(set(lines))}
    audit.note(conn, by, "dispute.add", f"invoice:{of.number}", of.tenant_id, **kept)
    return dispute_id


def close_dispute(conn: Conn, dispute_id: UUID, outcome: str, today: date, *, by: Actor) -> tuple[Issued, list[int]]:
    """The dispute is decided: its lines are due again (or a credit note follows); its invoice and lines.

    Raises NotFound, BadInput without an outcome.
    """
    if not outcome.strip():
        raise BadInput("outcome: it is empty", hint="what was decided, in a few words")
    came = conn.execute(
        "SELECT received_on FROM billing.disputes WHERE id = %s AND closed_on IS NULL", (dispute_id,)
    ).fetchone()
    if came is not None and today < came["received_on"]:
        raise BadInput(f"date: the dispute came on {came['received_on']}", hint="that day, or a later one")
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
        "SELECT lines, received_on, closed_on FROM billing.disputes WHERE invoice_id = %s ORDER BY received_on, id",
        (of.id,),
    ).fetchall()
    still: set[int] = set()
    for row in disputes:
        contested: list[int] = [line for line in row["lines"] if line not in still]  # a line is contested once
        if row["closed_on"] is None:
            still |= set(contested)
        nets = [(place, max(0, document.lines[place - 1].net_cents - credited.get(place, 0))) for place in contested]
        taxed = [document.vat_of(document.lines[place - 1]).rate * net for place, net in nets]
        gross = sum(net for _, net in nets) + cents(sum(taxed, Fraction(0)) / 100)
        held.append((row["received_on"], row["closed_on"], gross))
    gross = of.gross_cents - sum(note.gross_cents for note in notes)
    return Debt(gross, of.due_on, paid, held, document.buyer.public)


def _credit_notes(conn: Conn, of: Issued) -> list[Invoice]:
    rows = conn.execute("SELECT document FROM billing.invoices WHERE credits = %s ORDER BY place", (of.id,)).fetchall()
    return [restored(row["document"]) for row in rows]
