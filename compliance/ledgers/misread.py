"""Oppositions and consents kept under a number that was misread (`store/misread.py`): the law follows the person.

Both ledgers only ever grow. An opposition is added under the right number, so that the person is not called; a consent
given under the wrong one is named and left, as nobody may be called on a guess of whose it was.
"""

from __future__ import annotations

from compliance.ledgers import oppositions
from compliance.ledgers.oppositions import Opposition
from store import audit
from store.base.actor import Actor
from store.base.numbering import misread_pattern
from store.db import Conn
from store.misread import Misread, right

_OPPOSED = """
SELECT DISTINCT o.tenant_id, o.number, o.opposed_at, o.how FROM compliance.oppositions o WHERE o.number ~ %s
 ORDER BY o.number, o.opposed_at
"""
_CONSENTED = "SELECT number, count(*) AS n FROM compliance.consents WHERE number ~ %s GROUP BY 1 ORDER BY 1"


def found(conn: Conn) -> list[Misread]:
    """Every opposition without its twin under the right number, and every consent (operator)."""
    rows = [
        Misread("compliance.oppositions", "number", row["number"], right(row["number"]), 1, "added")
        for row in conn.execute(_OPPOSED, (misread_pattern(),)).fetchall()
        if not _twin(conn, row)
    ]
    why = "whose consent it was is not known for sure: ask again"
    return rows + [
        Misread("compliance.consents", "number", row["number"], right(row["number"]), row["n"], "left", why)
        for row in conn.execute(_CONSENTED, (misread_pattern(),)).fetchall()
    ]


def mend(conn: Conn, *, by: Actor) -> list[Misread]:
    """Add the missing oppositions, in the transaction of `conn` (operator); all that was found."""
    done, added = found(conn), 0
    for row in conn.execute(_OPPOSED, (misread_pattern(),)).fetchall():
        if not _twin(conn, row):
            again = Opposition(right(row["number"]), row["opposed_at"], row["how"], f"kept as {row['number']}")
            added += oppositions.add(conn, row["tenant_id"], [again])
    if added:
        audit.note(conn, by, "opposition.mend", "oppositions", None, added=added)
    return done


def _twin(conn: Conn, row: dict[str, object]) -> bool:
    return (
        conn.execute(
            """SELECT 1 FROM compliance.oppositions
                WHERE number = %s AND opposed_at = %s AND tenant_id IS NOT DISTINCT FROM %s::uuid""",
            (right(str(row["number"])), row["opposed_at"], row["tenant_id"]),
        ).fetchone()
        is not None
    )
