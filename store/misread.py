"""Numbers that were stored before there was one numbering plan: `+33692…` for Réunion's `+262692…`. Found, and mended.

What this folder owns is mended: numbers and their fallbacks, appointments, messages. A call that was placed or received
is history: it is named and left, as its charge and its invoice are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

import psycopg

from store.audit import note
from store.base.actor import Actor
from store.base.numbering import misread_pattern, read
from store.db import Conn


@dataclass(frozen=True, slots=True)
class Misread:
    """One stored number. `mend`: what is done about it, `mended`, `added` or `left`, and `why`."""

    table: str
    column: str
    stored: str
    right: str
    rows: int
    mend: str = "left"
    why: str = ""


_MENDED: tuple[tuple[LiteralString, LiteralString], ...] = (
    ("store.numbers", "e164"),
    ("store.numbers", "fallback"),
    ("store.bookings", "phone"),
    ("store.messages", "phone"),
)
_HISTORY: tuple[tuple[LiteralString, LiteralString], ...] = (
    ("store.calls", "caller"),
    ("store.calls", "callee"),
    ("store.calls", "number"),
)


def found(conn: Conn) -> list[Misread]:
    """Every number that reads otherwise now (operator): each with how many rows hold it."""
    rows = [one for table, column in _MENDED for one in _of(conn, table, column, "mended", "")]
    kept = "a call is history: its charge and its invoice name the number it had"
    return rows + [one for table, column in _HISTORY for one in _of(conn, table, column, "left", kept)]


def mend(conn: Conn, *, by: Actor) -> list[Misread]:
    """Rewrite what may be rewritten, in the transaction of `conn` (operator); all that was found, and what was done.

    A number whose right form is in the stock already is left, and named: one of the two is to be released by hand.
    """
    done: list[Misread] = []
    for one in found(conn):
        done.append(_mended(conn, one) if one.mend == "mended" else one)
    counts = {f"{one.table}.{one.column}": 0 for one in done if one.mend == "mended"}
    for one in done:
        if one.mend == "mended":
            counts[f"{one.table}.{one.column}"] += one.rows
    if counts:
        note(conn, by, "number.mend", "numbers", None, **counts)
    return done


def _of(conn: Conn, table: LiteralString, column: LiteralString, mend: str, why: str) -> list[Misread]:
    rows = conn.execute(
        f"SELECT {column} AS stored, count(*) AS n FROM {table} WHERE {column} ~ %s GROUP BY 1 ORDER BY 1",
        (misread_pattern(),),
    ).fetchall()
    return [Misread(table, column, row["stored"], right(row["stored"]), row["n"], mend, why) for row in rows]


def right(stored: str) -> str:
    """What the plan makes of a stored number."""
    number = read(stored)
    return number.e164 if number else stored


def _mended(conn: Conn, one: Misread) -> Misread:
    try:
        with conn.transaction():
            for table, column in _MENDED:
                if (table, column) == (one.table, one.column):
                    conn.execute(f"UPDATE {table} SET {column} = %s WHERE {column} = %s", (one.right, one.stored))
    except psycopg.errors.UniqueViolation:
        why = f"{one.right} is in the stock already: decroche number release {one.stored}"
        return Misread(one.table, one.column, one.stored, one.right, one.rows, "left", why)
    return one
