"""What one call put on each line of its invoice: the only measure of what a credit note may give back of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing.documents.invoice import Invoice, Line


def shares(document: Invoice, charge: Mapping[str, Any]) -> dict[int, Fraction]:
    """Cents, exactly, by the place of the line (from 1). `charge`: way, prefix, fee, month, segments as stored.

    A line that cannot be found (a document of before lines were tied to calls) is left out.
    """
    found: dict[int, Fraction] = {}
    head = "" if charge["month"] == document.period_from.replace(day=1) else f"{charge['month']:%Y-%m}/"
    lines = [(n, line) for n, line in enumerate(document.lines, 1) if _of_month(line, head)]

    def add(place: int | None, amount: Fraction) -> None:
        if place is not None and amount:
            found[place] = found.get(place, Fraction(0)) + amount

    for segment in charge["segments"]:
        price = Fraction(str(segment["price_per_minute"]))
        if segment["from"] == "bundle" or not price:
            continue
        place = _place(lines, charge["way"], charge["prefix"] or "", price)
        add(place, Fraction(segment["seconds"]) * price * 100 / 60)
    fee = Fraction(Decimal(charge["fee"]))
    add(next((n for n, line in lines if _is_fee(line, fee)), None), fee * 100)
    return found


def _of_month(line: Line, head: str) -> bool:
    """Lines of calls that came late say of which month they are: `2026-09/…`."""
    return line.key.rpartition("/")[0] + ("/" if "/" in line.key else "") == head


def _is_fee(line: Line, fee: Fraction) -> bool:
    return line.key.rpartition("/")[2] == "fee" and Fraction(line.unit_price) == fee


def _place(lines: Sequence[tuple[int, Line]], way: str, prefix: str, price: Fraction) -> int | None:
    for number, line in lines:
        if line.source != "usage" or not line.net_cents or Fraction(line.unit_price) != price:
            continue
        key = line.key.rpartition("/")[2]
        if key == prefix or key.rpartition(":")[0] == f"{way}:{prefix}":
            return number
    return None


def spread(cents: int, over: Mapping[int, Fraction]) -> dict[int, int]:
    """So many cents over lines, in proportion to their shares; together they are `cents` (largest remainders first)."""
    whole = sum(over.values(), Fraction(0))
    if not whole:
        return {}
    exact = {place: cents * share / whole for place, share in over.items()}
    found = {place: int(amount) for place, amount in exact.items()}
    behind = sorted(exact, key=lambda place: (found[place] - exact[place], place))
    for place in behind[: cents - sum(found.values())]:
        found[place] += 1
    return {place: amount for place, amount in found.items() if amount}
