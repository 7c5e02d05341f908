"""Invoices, notes, debts and a month's usage as plain rows, for a table, a page or JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

from billing.charges.controls import Notice
from billing.charges.ledger import spell
from billing.documents.cii import money
from billing.invoices import debit, legal
from billing.invoices.invoicing import Issued
from billing.invoices.late import LegalRate
from billing.invoices.month import Glance
from billing.invoices.receiving import Received
from billing.invoices.runs import Overdue, PriceChange
from billing.invoices.verifying import Verified


def issued(of: Issued, slug: str) -> dict[str, Any]:
    """An invoice or credit note in sums."""
    return {
        "number": of.number,
        "kind": of.kind,
        "tenant": slug,
        "period": f"{of.period:%Y-%m}",
        "issued_on": of.issued_on,
        "due_on": of.due_on,
        "net": money(of.net_cents),
        "vat": money(of.vat_cents),
        "gross": money(of.gross_cents),
    }


def lines(of: Issued) -> list[dict[str, Any]]:
    """The lines of a document, numbered from 1."""
    return [
        {"line": place, "name": line.name, "quantity": f"{line.quantity} {line.unit}", "price": line.unit_price,
         "net": money(line.net_cents)}
        for place, line in enumerate(of.invoice().lines, 1)
    ]  # fmt: skip


def verified(of: Verified) -> dict[str, Any]:
    """A document looked at again."""
    return {
        "number": of.number,
        "kind": of.kind,
        "ok": not of.fault,
        "fault": of.fault,
        "forgotten": of.forgotten,
        "sha256": of.sha256,
    }


def debit_note(of: debit.DebitNote, slug: str) -> dict[str, Any]:
    """A debit note in sums."""
    return {
        "number": of.number,
        "tenant": slug,
        "invoice": of.document["invoice"],
        "issued_on": of.issued_on,
        "counted_to": of.counted_to,
        "interest": money(of.interest_cents),
        "indemnity": money(of.indemnity_cents),
        "total": money(of.total_cents),
    }


def spans(of: debit.DebitNote) -> list[dict[str, Any]]:
    """How a note's interest is counted."""
    return [
        row | {"unpaid": money(row["unpaid_cents"]), "interest": money(row["interest_cents"])}
        for row in of.document["rows"]
    ]


def step(of: Notice, slug: str) -> dict[str, Any]:
    """A step of dunning that was taken."""
    sums = {name: money(of.body[f"{name}_cents"]) for name in ("unpaid", "interest", "indemnity")}
    return {"tenant": slug, "step": of.kind, "number": of.about} | sums


def overdue(of: Overdue) -> dict[str, Any]:
    """An invoice that is late."""
    return {
        "tenant": of.tenant.slug,
        "number": of.invoice.number,
        "due_on": of.invoice.due_on,
        "days": of.days,
        "unpaid": money(of.unpaid),
        "contested": money(of.contested),
        "interest": money(of.penalty.interest_cents),
        "indemnity": money(of.penalty.indemnity_cents),
        "penalty_due": money(of.penalty_due),
        "interest_counted_until": of.counted_until,
    }


def received(of: Received) -> dict[str, Any]:
    """A transfer that was recorded."""
    return {
        "number": of.number,
        "paid": money(of.paid_cents),
        "penalty": money(of.penalty_cents),
        "due": money(of.due_cents),
        "counted": of.counted,
    }


def legal_rate(of: LegalRate) -> dict[str, Any]:
    """A half-year's rate."""
    return {"base": of.base, "from": of.begins, "to": of.ends, "percent": legal.plain(of.percent)}


def price_change(of: PriceChange, slug: str) -> dict[str, Any]:
    """A price announced to one subscription."""
    return {
        "tenant": slug,
        "price": spell(of.micros),
        "applies_from": of.applies_from,
        "may_leave_until": of.leave_until,
    }


def glance(of: Glance, slug: str, month: date) -> dict[str, Any]:
    """A month so far, and what it comes to."""
    usage, held = of.usage, of.account
    return {
        "tenant": slug,
        "period": f"{month:%Y-%m}",
        "calls": usage.calls,
        "answered": usage.answered,
        "unrated": usage.unrated,
        "bundle_seconds": of.bundle_seconds,
        "bundle_used_seconds": usage.bundle_seconds,
        "charged_seconds": usage.charged_seconds,
        "cost": spell(usage.amount_micros),
        "forecast_cost": spell(of.forecast_micros),
        "forecast_seconds": of.forecast_seconds,
        "currency": held.currency,
        "mode": held.mode,
        "balance": spell(held.balance_micros),
        "days": [{"day": d["name"], "calls": d["calls"], "seconds": d["seconds"]} for d in usage.days],
    }
