"""Rates of interest by half-year, the legal one and the ECB's: those this version knows, and those added since."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from billing.invoices.late import Base, LegalRate, legal_rates
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput
from store.db import Conn


def known_rates(conn: Conn) -> tuple[LegalRate, ...]:
    """Every rate that is known, the oldest first."""
    rows = conn.execute(
        """SELECT DISTINCT ON (base, begins) base, begins, ends, percent FROM billing.legal_rates
            ORDER BY base, begins, added_at DESC"""
    ).fetchall()  # the last word on a half-year
    added = [LegalRate(row["begins"], row["ends"], Fraction(row["percent"]), row["base"]) for row in rows]
    return tuple(sorted((*legal_rates(), *added), key=lambda rate: rate.begins))


MOST_CHANGE = 3
"""Points between two half-years beyond which a rate looks mistyped: since 2015 they never changed by more."""


def add_rate(
    conn: Conn, begins: date, ends: date, percent: Decimal, reference: str, by: Actor, *, correct: bool = False,
    sure: bool = False, base: Base = "legal",
) -> LegalRate:  # fmt: skip
    """Add a half-year, from `begins` to `ends` (operator); `correct`: in place of what was added for it before.

    Raises BadInput, for what looks mistyped unless `sure`. Notes that counted by a wrong rate are mended by the next.
    """
    if ends < begins:
        raise BadInput(f"{ends} is before {begins}: the half-year ends before it begins", hint="first day, last day")
    if not 0 <= percent <= 100:
        raise BadInput(f"percent: {percent} is not between 0 and 100", hint="percent a year, such as 2.75")
    if not reference.strip():
        raise BadInput("reference: it is empty", hint='the order that sets it, such as "arrêté du 22 décembre 2026"')
    rates = [rate for rate in known_rates(conn) if rate.base == base]
    added = (
        correct
        and conn.execute(
            "SELECT 1 FROM billing.legal_rates WHERE begins = %s AND ends = %s AND base = %s", (begins, ends, base)
        ).fetchone()
    )
    if correct and not added:
        raise BadInput(f"no rate was added for {begins} to {ends}", hint="decroche billing legal-rate list")
    others = [known for known in rates if known.begins != begins]
    near = min(others, key=lambda known: abs((known.begins - begins).days)).percent if others else Fraction(percent)
    if abs(Fraction(percent) - near) > MOST_CHANGE and not sure:
        raise BadInput(
            f"percent: {percent} is far from the nearest half-year's {plain(near)}",
            hint="--sure, when the order says so",
        )
    for known in others if correct else rates:
        if known.begins <= ends and begins <= known.ends:
            raise BadInput(
                f"{known.begins} to {known.ends} has its rate: {plain(known.percent)} %", hint="another half-year"
            )
    conn.execute(
        """INSERT INTO billing.legal_rates (begins, ends, percent, reference, added_by, base)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        (begins, ends, percent, reference, str(by), base),
    )
    kept = {"percent": str(percent), "reference": reference, "base": base}
    note(conn, by, "legal_rate.add", f"legal_rate:{begins}", **kept)
    return LegalRate(begins, ends, Fraction(percent), base)


def plain(percent: Fraction) -> str:
    """A rate as a decimal."""
    return f"{(Decimal(percent.numerator) / percent.denominator).normalize():f}"
