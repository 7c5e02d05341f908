"""A client's account and its prepaid balance as plain rows, for a table, a page or JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

from billing.charges.ledger import spell
from billing.documents.cii import money
from billing.documents.words import destination
from billing.invoices import statements, topups
from billing.rating.tariff import PARIS

ACCOUNT_COLUMNS = ("day", "what", "reference", "debit", "credit", "letter")


def account_rows(of: statements.ClientAccount) -> list[dict[str, Any]]:
    """The account in lines, its balances first and last."""

    def side_of(name: str, day: date, cents: int) -> dict[str, Any]:
        side = "debit" if cents >= 0 else "credit"
        return {"day": day, "what": name, "reference": "", "debit": "", "credit": "", "letter": ""} | {
            side: money(abs(cents))
        }

    rows = [side_of("opening balance", of.begins, of.opening)]
    rows += [
        {"day": e.day, "what": f"{e.kind} {e.document}", "reference": e.reference,
         "debit": money(e.cents) if e.cents > 0 else "", "credit": money(-e.cents) if e.cents < 0 else "",
         "letter": e.letter}
        for e in of.entries
    ]  # fmt: skip
    return [*rows, side_of("closing balance", of.ends, of.closing)]


def account(of: statements.ClientAccount) -> dict[str, Any]:
    """The account whole."""
    return {
        "from": of.begins,
        "to": of.ends,
        "opening": money(of.opening),
        "entries": [
            {"day": e.day, "kind": e.kind, "document": e.document, "reference": e.reference, "due_on": e.due_on,
             "debit": money(max(0, e.cents)), "credit": money(max(0, -e.cents)), "letter": e.letter}
            for e in of.entries
        ],
        "closing": money(of.closing),
        "ageing": {age: money(cents) for age, cents in of.ageing().items()},
        "open": [{"document": o.document, "due_on": o.due_on, "left": money(o.cents)} for o in of.open],
    }  # fmt: skip


def balance_rows(of: topups.Statement) -> list[dict[str, Any]]:
    """The prepaid balance in lines."""
    rows: list[dict[str, Any]] = [{"what": "prepaid balance at the beginning", "amount": spell(of.opening)}]
    rows += [
        {"what": f"{m['moved_at'].astimezone(PARIS):%Y-%m-%d} {m['kind']} {m['reference']}",
         "amount": spell(m["amount_micros"])}
        for m in of.movements
    ]  # fmt: skip
    rows += [
        {"what": f"calls {c['destination'] or 'to all destinations'}: {c['calls']}, {c['seconds']} s billed,"
         f" {c['bundle_seconds']} s of them included", "amount": spell(-c["amount_micros"])}
        for c in of.calls
    ]  # fmt: skip
    return [*rows, {"what": "prepaid balance at the end", "amount": spell(of.closing)}]


_MOVED = {"top_up": "Rechargement", "refund": "Remboursement", "adjustment": "Ajustement", "invoice": "Facture"}


def balance_in_words(of: topups.Statement) -> list[dict[str, Any]]:
    """The prepaid balance as its client reads it: what came in, what was talked, by destination."""
    rows: list[dict[str, Any]] = [{"what": f"Solde au {of.month:%d/%m/%Y}", "amount": spell(of.opening)}]
    rows += [
        {"what": f"{_MOVED.get(m['kind'], m['kind'])} du {m['moved_at'].astimezone(PARIS):%d/%m/%Y}, {m['reference']}",
         "amount": spell(m["amount_micros"])}
        for m in of.movements
    ]  # fmt: skip
    rows += [
        {"what": f"{c['calls']} appels {destination(c['destination']) if c['destination'] else ''}, {c['seconds']} s",
         "amount": spell(-c["amount_micros"])}
        for c in of.calls
    ]  # fmt: skip
    return [*rows, {"what": "Solde à la fin du mois", "amount": spell(of.closing)}]


def balance(slug: str, of: topups.Statement) -> dict[str, Any]:
    """The prepaid balance whole."""
    return {
        "tenant": slug,
        "period": f"{of.month:%Y-%m}",
        "opening": spell(of.opening),
        "movements": [
            {"at": m["moved_at"], "kind": m["kind"], "reference": m["reference"], "amount": spell(m["amount_micros"])}
            for m in of.movements
        ],
        "calls": [
            {"destination": c["destination"], "calls": c["calls"], "seconds": c["seconds"],
             "bundle_seconds": c["bundle_seconds"], "amount": spell(c["amount_micros"])}
            for c in of.calls
        ],
        "closing": spell(of.closing),
    }  # fmt: skip
