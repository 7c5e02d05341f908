"""A series of documents is chronological: no date before the last document's, none that has not come yet."""

from __future__ import annotations

from datetime import date
from typing import Literal, LiteralString

from store.base.errors import BadInput
from store.db import Conn


class OutOfOrder(BadInput):
    """A document would stand in its series after one of a later day."""

    code = "out_of_order"


_LAST: dict[str, LiteralString] = {
    "invoice": "SELECT max(last_on) AS day FROM billing.invoice_numbers",
    "debit_note": "SELECT max(last_on) AS day FROM billing.debit_note_numbers",
}
_KEEP: dict[str, LiteralString] = {
    "invoice": "UPDATE billing.invoice_numbers SET last_on = %s WHERE year = %s",
    "debit_note": "UPDATE billing.debit_note_numbers SET last_on = %s WHERE year = %s",
}


def keep_order(conn: Conn, series: Literal["invoice", "debit_note"], on: date) -> None:
    """A document of this day takes its place in the series, whose year's counter is locked. Raises OutOfOrder.

    CGI ann. II art. 242 nonies A, I-7°: the sequence is chronological and continuous.
    """
    row = conn.execute(_LAST[series]).fetchone()
    last: date | None = row["day"] if row else None
    if last is not None and on < last:
        raise OutOfOrder(
            f"date: {on} is before {last}, the day of the last document of this series",
            hint=f"date it {last} or later (CGI ann. II art. 242 nonies A, I-7°)",
        )
    conn.execute(_KEEP[series], (on, on.year))


def not_ahead(day: date, today: date) -> None:
    """Raises BadInput for a day that has not come yet."""
    if day > today:
        raise BadInput(f"date: {day} has not come yet: today is {today}", hint="today at the latest")
