"""Whether what is stored is what was issued: every document's hash, amounts and number, looked at again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.documents.invoice import restored
from billing.invoices.invoicing import sealed
from store.base.console import to_json
from store.base.errors import NotFound
from store.db import Conn


@dataclass(frozen=True, slots=True)
class Verified:
    """One document. `fault`: what is wrong with it; empty where it is as it was issued."""

    number: str
    kind: str
    sha256: str
    fault: str
    forgotten: bool = False
    """Retention took its persons away; its hash is still that of the document as issued, and a copy shows it."""


_STORED = """
SELECT number, kind, issued_on, gross_cents, sha256, document FROM billing.invoices
 WHERE %(number)s::text IS NULL OR number = %(number)s ORDER BY year, place
"""


def verify(conn: Conn, today: date, number: str | None = None) -> Iterator[Verified]:
    """Every invoice and credit note that `conn` may see, or one. Raises NotFound."""
    with conn.cursor("issued_documents") as cursor:
        cursor.itersize = 500
        found = False
        for row in cursor.execute(_STORED, {"number": number}):
            found = True
            gone = _forgotten(row, today)
            yield Verified(row["number"], row["kind"], row["sha256"], "" if gone else _fault(row), gone)
    if number is not None and not found:
        raise NotFound(f"no invoice {number}", hint="decroche billing invoice list")


def _forgotten(row: dict[str, Any], today: date) -> bool:
    """Old enough for retention (ten years from the end of the financial year), and without its buyer's name."""
    return row["issued_on"].year < today.year - 10 and row["document"]["buyer"]["name"] == "—"


def _fault(row: dict[str, Any]) -> str:
    document = row["document"]
    if row["sha256"] not in (sealed(document), _as_first_sealed(document)):
        return "the document is not the one that was issued: its hash differs"
    if document["number"] != row["number"]:
        return f"the document says that it is {document['number']}"
    cents = document["gross_cents"] * (1 if row["kind"] == "invoice" else -1)
    if cents != row["gross_cents"]:
        return f"the document comes to {cents} cents, its row to {row['gross_cents']}"
    return ""


def _as_first_sealed(document: dict[str, Any]) -> str:
    """The hash as version 0.1.0 took it before it had one spelling: over the document's own order of fields."""
    try:
        return hashlib.sha256(to_json(restored(document).plain()).encode()).hexdigest()
    except (KeyError, TypeError, ValueError):  # a field that is missing or unknown: it was changed
        return ""
