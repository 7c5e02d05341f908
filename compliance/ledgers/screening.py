"""Screening a long list of numbers against the oppositions. A list screened clean is still asked about, one
by one, when it is dialled: oppositions made in between count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from uuid import UUID

from compliance.law import numbers
from store.db import Conn, Database

BLOCK = 50_000
"""Numbers a query: large enough to forget the round trip, small enough for memory."""


def screen(
    db: Database, tenant_id: UUID, written: Iterable[str], now: datetime
) -> Iterator[tuple[str, datetime | None]]:
    """Each number as E.164 with the instant it was opposed, or None, in order; what is no number is left out."""
    read = (number.e164 for number in map(numbers.read, written) if number is not None)
    with db.tenant(tenant_id) as conn:
        while block := list(islice(read, BLOCK)):
            opposed = opposed_among(conn, block, now)
            yield from ((number, opposed.get(number)) for number in block)


def opposed_among(conn: Conn, block: list[str], now: datetime) -> dict[str, datetime]:
    """The opposed of these E.164 numbers, with the instant."""
    rows = conn.execute("SELECT number, opposed_at FROM compliance.opposed_among(%s, %s)", (block, now))
    return {row["number"]: row["opposed_at"] for row in rows}
