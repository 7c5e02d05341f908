"""Taking a file of contacts in: each row read by itself, each person kept once, each row told what became of it.

Rows go from the file to a table of the session by COPY and are told apart there: a file's length is in no one's memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, LiteralString
from uuid import UUID
from weakref import finalize

from psycopg.types.json import Jsonb

from campaigns.contacts.columns import LOOKED_AT, Columns, cell, guess
from campaigns.contacts.files.opening import open_sheet
from campaigns.contacts.files.sheet import BadFile, Row, Sheet
from campaigns.contacts.repairing import number, postcode
from store.audit import note
from store.base.actor import Actor
from store.base.ids import new_id
from store.db import Conn
from store.tenants import check_slug

STATUSES = ("added", "known", "duplicate", "bad")
"""A new person; one the tenant had; the number of an earlier row of this file; a row that names no number."""
_OWN = ("phone", "name", "first_name", "last_name", "company", "postcode", "party")
_PARTIES = {
    "consumer": "consumer", "particulier": "consumer", "b2c": "consumer", "business": "business",
    "professionnel": "business", "pro": "business", "entreprise": "business", "b2b": "business",
}  # fmt: skip


@dataclass(slots=True, weakref_slot=True)
class Report:
    """What became of a file: how many rows of each status, and each row ({row, e164, status, reason}), in order."""

    counts: dict[str, int]
    columns: dict[str, str]
    what: str
    _rows: SpooledTemporaryFile[bytes] = field(default_factory=lambda: SpooledTemporaryFile[bytes](1 << 20))

    def __post_init__(self) -> None:
        finalize(self, self._rows.close)

    def add(self, row: Mapping[str, Any]) -> None:
        """One more row, counted."""
        self.counts[row["status"]] += 1
        self._rows.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")

    def __iter__(self) -> Iterator[dict[str, Any]]:
        self._rows.seek(0)
        for line in self._rows:
            yield json.loads(line)


@dataclass(slots=True)
class Plan:
    """A file that was opened and understood, and not yet read beyond its first rows."""

    path: Path
    sheet: Sheet
    columns: Columns
    rows: Iterator[Row]


def understand(path: Path, given: Mapping[str, str]) -> Plan:
    """Open a file and tell its columns apart. `given`: field → heading or letter. Raises BadFile, BadColumns."""
    sheet = open_sheet(path)
    first = list(islice(sheet.rows, LOOKED_AT))
    if not first:
        raise BadFile(f"{path.name}: there is no row in it", hint="a row of headings, then a row a person")
    columns = guess([row for row in first if not row.fault], given)
    return Plan(path, sheet, columns, (row for row in chain(first, sheet.rows) if row.number > columns.header))


def bring(
    conn: Conn, tenant_id: UUID, into: str, plan: Plan, now: datetime, *, by: Actor, dry_run: bool = False,
    told: Callable[[float], None] = lambda done: None,
) -> Report:  # fmt: skip
    """Read the rest of the file and keep its people in the list `into`, made where it is new; the report.

    `told` is called now and then with how much of the file was read, 0 to 1. `dry_run`: the report only, nothing is
    kept. A person known already keeps what a newer file leaves empty. Raises BadFile, and then nothing is kept.
    """
    check_slug("list", into)
    report = Report(dict.fromkeys(STATUSES, 0), plan.columns.told(), plan.sheet.what)
    conn.execute(_TABLE)
    _pour(conn, plan, told)
    conn.execute("ANALYZE pg_temp.taken_contacts")
    with closing(conn.cursor("taken_contacts")) as cursor:
        cursor.itersize = 5_000
        for row in cursor.execute(_STATUS):
            report.add(row)
    if not dry_run:
        values = {"tenant": tenant_id, "list": into, "now": now}
        for statement in _KEEP:
            conn.execute(statement, values)
        _note(conn, tenant_id, into, plan, report, by)
    conn.execute("DROP TABLE pg_temp.taken_contacts")
    return report


def _note(conn: Conn, tenant_id: UUID, into: str, plan: Plan, report: Report, by: Actor) -> None:
    with plan.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    conn.execute(
        """INSERT INTO campaigns.imports (tenant_id, id, list, sha256, columns, counts, imported_by)
           VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        (tenant_id, new_id(), into, digest, Jsonb(report.columns), Jsonb(report.counts), str(by)),
    )
    note(conn, by, "contact.import", f"list:{into}", tenant_id, sha256=digest, **report.counts)


def _pour(conn: Conn, plan: Plan, told: Callable[[float], None]) -> None:
    with conn.cursor() as cursor, cursor.copy("COPY pg_temp.taken_contacts FROM STDIN") as copy:
        for count, row in enumerate(plan.rows):
            copy.write_row(_taken(row, plan.columns))
            if count % 500 == 0:
                told(plan.sheet.done())
    told(1.0)


def _taken(row: Row, columns: Columns) -> tuple[object, ...]:
    """(row, id, number or None, reason, name, company, postcode, party, fields) of one row."""
    if row.fault:
        return row.number, new_id(), None, row.fault, "", "", "", "", "{}"
    found = number(cell(row, columns, "phone"))
    place = postcode(cell(row, columns, "postcode"))
    said = {name: _clean(cell(row, columns, name).text) for name in columns.at if name not in ("phone", "postcode")}
    name = said.get("name") or " ".join(filter(None, (said.get("first_name"), said.get("last_name"))))
    party = _PARTIES.get(said.get("party", "").casefold(), "")
    odd = f"party {said['party'][:20]!r} is unknown: left out" if said.get("party") and not party else ""
    fields = {key: value for key, value in said.items() if value and key not in _OWN}
    reason = "; ".join(filter(None, (found.reason, place.reason, odd)))
    return (row.number, new_id(), found.e164 or None, reason, name, said.get("company", ""), place.e164, party,
            json.dumps(fields, ensure_ascii=False))  # fmt: skip


def _clean(text: str) -> str:
    """A text as one line, without what no screen shows; PostgreSQL stores no NUL."""
    if text.isprintable():
        return " ".join(text.split())
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


_TABLE = """
CREATE TEMP TABLE taken_contacts
  (row int, id uuid, e164 text, reason text, name text, company text, postcode text, party text, fields jsonb)
"""
_STATUS: LiteralString = """
SELECT t.row, t.e164, t.reason,
       CASE WHEN t.e164 IS NULL THEN 'bad'
            WHEN min(t.row) OVER (PARTITION BY t.e164) < t.row THEN 'duplicate'
            WHEN c.id IS NOT NULL THEN 'known' ELSE 'added' END AS status
  FROM pg_temp.taken_contacts t LEFT JOIN campaigns.contacts c ON c.e164 = t.e164
 ORDER BY t.row
"""
# In one file the first row that says something of a person holds, later ones fill what it leaves empty.
_KEEP: tuple[LiteralString, ...] = (
    "INSERT INTO campaigns.lists (tenant_id, name, made_at) VALUES (%(tenant)s, %(list)s, %(now)s)"
    " ON CONFLICT DO NOTHING",
    """INSERT INTO campaigns.contacts AS c
              (tenant_id, id, e164, name, company, postcode, party, fields, added_at, seen_at)
       SELECT %(tenant)s, (array_agg(t.id ORDER BY t.row))[1], t.e164,
              coalesce((array_agg(t.name ORDER BY t.row) FILTER (WHERE t.name <> ''))[1], ''),
              coalesce((array_agg(t.company ORDER BY t.row) FILTER (WHERE t.company <> ''))[1], ''),
              coalesce((array_agg(t.postcode ORDER BY t.row) FILTER (WHERE t.postcode <> ''))[1], ''),
              coalesce((array_agg(t.party ORDER BY t.row) FILTER (WHERE t.party <> ''))[1], ''),
              CASE WHEN count(*) = 1 THEN (array_agg(t.fields))[1]
                   ELSE coalesce((SELECT jsonb_object_agg(f.key, f.value ORDER BY u.row DESC)
                                    FROM unnest(array_agg(t.fields ORDER BY t.row)) WITH ORDINALITY AS u (fields, row),
                                         jsonb_each(u.fields) AS f), '{}') END,
              %(now)s, %(now)s
         FROM pg_temp.taken_contacts t WHERE t.e164 IS NOT NULL GROUP BY t.e164
       ON CONFLICT (tenant_id, e164) DO UPDATE SET
              name = coalesce(nullif(excluded.name, ''), c.name),
              company = coalesce(nullif(excluded.company, ''), c.company),
              postcode = coalesce(nullif(excluded.postcode, ''), c.postcode),
              party = coalesce(nullif(excluded.party, ''), c.party),
              fields = c.fields || excluded.fields, seen_at = excluded.seen_at""",
    """INSERT INTO campaigns.list_members (tenant_id, list, contact_id)
       SELECT %(tenant)s, %(list)s, c.id FROM campaigns.contacts c
        WHERE c.e164 IN (SELECT t.e164 FROM pg_temp.taken_contacts t)
       ON CONFLICT DO NOTHING""",
)
