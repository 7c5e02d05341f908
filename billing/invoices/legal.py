"""The legal interest rate by half-year: those this version knows, and those added since they were published."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from billing.invoices.late import LegalRate, legal_rates
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput
from store.db import Conn


def known_rates(conn: Conn) -> tuple[LegalRate, ...]:
    """Every rate that is known, the oldest first."""
    rows = conn.execute("SELECT begins, ends, percent FROM billing.legal_rates").fetchall()
    added = [LegalRate(row["begins"], row["ends"], Fraction(row["percent"])) for row in rows]
    return tuple(sorted((*legal_rates(), *added), key=lambda rate: rate.begins))


def add_rate(conn: Conn, begins: date, ends: date, percent: Decimal, reference: str, by: Actor) -> LegalRate:
    """Add a half-year, from `begins` to `ends` (operator). Raises BadInput; a rate once added is never changed."""
    if ends < begins:
        raise BadInput(f"{ends} is before {begins}: the half-year ends before it begins", hint="first day, last day")
    if not 0 <= percent <= 100:
        raise BadInput(f"percent: {percent} is not between 0 and 100", hint="percent a year, such as 2.75")
    if not reference.strip():
        raise BadInput("reference: it is empty", hint='the order that sets it, such as "arrêté du 22 décembre 2026"')
    for known in known_rates(conn):
        if known.begins <= ends and begins <= known.ends:
            raise BadInput(
                f"{known.begins} to {known.ends} has its rate: {plain(known.percent)} %", hint="another half-year"
            )
    conn.execute(
        "INSERT INTO billing.legal_rates (begins, ends, percent, reference, added_by) VALUES (%s, %s, %s, %s, %s)",
        (begins, ends, percent, reference, str(by)),
    )
    kept = {"percent": str(percent), "reference": reference}
    note(conn, by, "legal_rate.add", f"legal_rate:{begins}", **kept)
    return LegalRate(begins, ends, Fraction(percent))


def plain(percent: Fraction) -> str:
    """A rate as a decimal."""
    return f"{(Decimal(percent.numerator) / percent.denominator).normalize():f}"
