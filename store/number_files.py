"""Numbers by the thousand: a CSV of DIDs and ranges, each row told of; what is bad is named, the rest is taken in."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, DecrocheError, reason
from store.base.numbering import e164
from store.base.spreadsheet import read_cell
from store.db import Conn
from store.numbers import Number
from store.tenants import tenant_id

MOST = 10_000
"""Numbers in one range: more is taken for a typing mistake."""

COLUMNS = {
    "number": ("number", "numero", "numéro", "did", "sda", "e164", "first", "from", "debut", "début"),
    "last": ("last", "to", "fin", "until"),
    "tenant": ("tenant", "client"),
    "agent": ("agent",),
    "fallback": ("fallback", "secours"),
    "npv": ("npv", "verified_npv"),
    "ported_on": ("ported_on", "ported", "portability", "portabilité", "portabilite"),
}
"""A column, and what its heading may be."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the file, read. Numbers are E.164; `last` is `first` where the row is one number."""

    line: int
    first: str
    last: str
    tenant: str
    agent: str | None
    fallback: str | None
    npv: bool
    ported_on: date | None

    @property
    def numbers(self) -> list[str]:
        """Each of them."""
        return [f"+{number}" for number in range(int(self.first[1:]), int(self.last[1:]) + 1)]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a row. `state`: `imported` (`added` new ones, `changed` known ones) or `bad`, with `why`."""

    line: int
    number: str
    last: str
    count: int
    added: int
    changed: int
    state: str
    why: str = ""


def lines(path: Path) -> Iterator[Line | Told]:
    """Each row, read or told why it cannot be. Raises BadInput for a file that is none, or has no column of numbers."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: {reason(error)}", hint="a CSV file in UTF-8") from error
    head = text.partition("\n")[0]
    separator = max(";,\t", key=head.count)
    table = csv.reader(text.splitlines(), delimiter=separator)
    where = _headings(next(table, list[str]()), path)
    for cells in table:
        row = {name: read_cell(cells[at].strip()) if at < len(cells) else "" for name, at in where.items()}
        if any(row.values()):
            yield _read(table.line_num, row)


def take_in(conn: Conn, path: Path, *, by: Actor, tell: Callable[[int], None] = lambda line: None) -> list[Told]:
    """Take every good row in (operator), in the file's order; `tell` hears each line's number.

    A number that is there already is changed as the row says, unless it is another tenant's. Raises BadInput.
    """
    told: list[Told] = []
    tenants: dict[str, UUID] = {}
    for row in lines(path):
        told.append(row if isinstance(row, Told) else _taken(conn, row, tenants, by))
        tell(told[-1].line)
    return told


def _headings(cells: list[str], path: Path) -> Mapping[str, int]:
    named = [cell.strip().lower() for cell in cells]
    where = {
        column: next(at for at, cell in enumerate(named) if cell in names)
        for column, names in COLUMNS.items()
        if any(cell in names for cell in named)
    }
    if "number" not in where:
        raise BadInput(
            f"{path}: line 1 names no column `number`", hint="number;last;tenant;agent;fallback;npv;ported_on"
        )
    return where


def _read(line: int, row: Mapping[str, str]) -> Line | Told:
    written, last = row["number"], row.get("last", "")
    try:
        first = e164(written)
        end = e164(last, field="last") if last else first
        count = int(end[1:]) - int(first[1:]) + 1
        if count < 1 or len(end) != len(first):
            raise BadInput(f"{last} does not come after {written}")
        if count > MOST:
            raise BadInput(f"{count} numbers in one range: {MOST} at most")
        fallback = e164(row["fallback"], field="fallback") if row.get("fallback") else None
        if row.get("agent") and not row.get("tenant"):
            raise BadInput("an agent without a tenant")
        return Line(line, first, end, row.get("tenant", ""), row.get("agent") or None, fallback,
                    _yes(row.get("npv", "")), _day(row.get("ported_on", "")))  # fmt: skip
    except DecrocheError as error:
        return Told(line, written, last, 0, 0, 0, "bad", str(error))


def _yes(text: str) -> bool:
    if text.lower() in ("", "0", "no", "non", "false"):
        return False
    if text.lower() in ("1", "yes", "oui", "true", "x"):
        return True
    raise BadInput(f"npv: {text!r} is neither yes nor no")


def _day(text: str) -> date | None:
    if not text:
        return None
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  a day, of no zone
        except ValueError:
            continue
    raise BadInput(f"ported_on: {text!r} is no day, as 2026-12-01 or 01/12/2026")


_PUT = """
INSERT INTO store.numbers AS n (e164, tenant_id, agent, verified_npv, fallback, ported_on, assigned_at)
SELECT number, %(tenant)s::uuid, %(agent)s, %(npv)s, %(fallback)s, %(ported_on)s,
       CASE WHEN %(tenant)s::uuid IS NOT NULL THEN now() END
  FROM unnest(%(numbers)s::text[]) AS number
ON CONFLICT (e164) DO UPDATE
   SET tenant_id = coalesce(excluded.tenant_id, n.tenant_id), agent = coalesce(excluded.agent, n.agent),
       verified_npv = n.verified_npv OR excluded.verified_npv, fallback = coalesce(excluded.fallback, n.fallback),
       ported_on = coalesce(excluded.ported_on, n.ported_on),
       assigned_at = coalesce(n.assigned_at, excluded.assigned_at)
"""


def _taken(conn: Conn, row: Line, tenants: dict[str, UUID], by: Actor) -> Told:
    """One row, wholly or not at all."""
    numbers = row.numbers
    try:
        with conn.transaction():
            if row.tenant and row.tenant not in tenants:
                tenants[row.tenant] = tenant_id(conn, row.tenant)
            whose = tenants.get(row.tenant)
            there = _there(conn, numbers)
            taken = next((n.e164 for n in there if whose and n.tenant_id not in (None, whose)), None)
            if taken:
                raise BadInput(f"{taken} belongs to another tenant")
            conn.execute(_PUT, {
                "tenant": whose, "agent": row.agent, "npv": row.npv, "fallback": row.fallback,
                "ported_on": row.ported_on, "numbers": numbers,
            })  # fmt: skip
            note(
                conn, by, "number.import", f"number:{row.first}", whose, last=row.last, count=len(numbers),
                agent=row.agent, npv=row.npv, ported_on=row.ported_on.isoformat() if row.ported_on else None,
            )  # fmt: skip
    except psycopg.errors.ForeignKeyViolation:
        return _bad(row, f"no agent {row.agent} of {row.tenant}")
    except DecrocheError as error:
        return _bad(row, str(error))
    return Told(row.line, row.first, row.last, len(numbers), len(numbers) - len(there), len(there), "imported")


def _there(conn: Conn, numbers: list[str]) -> list[Number]:
    with conn.cursor(row_factory=class_row(Number)) as cursor:
        return cursor.execute(
            "SELECT e164, tenant_id, agent, verified_npv, fallback, added_at, assigned_at, ported_on"
            " FROM store.numbers WHERE e164 = ANY(%s) FOR UPDATE",
            (numbers,),
        ).fetchall()


def _bad(row: Line, why: str) -> Told:
    return Told(row.line, row.first, row.last, len(row.numbers), 0, 0, "bad", why)
