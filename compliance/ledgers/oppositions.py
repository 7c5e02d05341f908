"""The ledger of oppositions: permanent, of one tenant or operator-wide; from calls, web pages and imports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from compliance.ledgers import tabular
from compliance.ledgers.pseudonym import person
from compliance.ledgers.tabular import BadRow, Report, instant, number
from store import audit
from store.base.actor import Actor
from store.base.ids import new_id
from store.db import Conn

COLUMNS = {
    "number": "number", "telephone": "number", "phone": "number", "numero": "number",
    "opposed_at": "opposed_at", "date": "opposed_at", "oppose_le": "opposed_at",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opposition:
    """`number` is E.164; `at` is when the person said so, UTC."""

    number: str
    at: datetime
    how: str
    source: str = ""


_INSERT = """
INSERT INTO compliance.oppositions (id, tenant_id, number, opposed_at, how, source)
SELECT DISTINCT ON (t.number, t.opposed_at) t.id, %(tenant)s::uuid, t.number, t.opposed_at, t.how, t.source
  FROM pg_temp.taken_oppositions t
 WHERE NOT EXISTS (SELECT 1 FROM compliance.oppositions o
                    WHERE o.number = t.number AND o.opposed_at = t.opposed_at
                      AND o.tenant_id IS NOT DISTINCT FROM %(tenant)s::uuid)
 ORDER BY t.number, t.opposed_at, t.id
"""
_WITHDRAW = """
UPDATE compliance.consents c SET withdrawn_at = said.opposed_at, withdrawn_how = said.how
  FROM (SELECT DISTINCT ON (c.id) c.id, t.opposed_at, t.how
          FROM compliance.consents c JOIN pg_temp.taken_oppositions t USING (number)
         WHERE c.withdrawn_at IS NULL AND c.given_at <= t.opposed_at
         ORDER BY c.id, t.opposed_at) said
 WHERE c.id = said.id
"""


def add(conn: Conn, tenant_id: UUID | None, oppositions: Iterable[Opposition]) -> int:
    """Write oppositions as they come; how many were new. `tenant_id` None (operator's session only): for all tenants.

    The consents given before are withdrawn with them, where the session can see them. COPY goes to a table of the
    session: a table under row-level security takes none.
    """
    conn.execute(
        """CREATE TEMP TABLE taken_oppositions
           (id uuid, number text, opposed_at timestamptz, how text, source text)"""
    )
    with conn.cursor() as cursor, cursor.copy("COPY pg_temp.taken_oppositions FROM STDIN") as copy:
        for one in oppositions:
            copy.write_row((new_id(), one.number, one.at, one.how, one.source))
    conn.execute("ANALYZE pg_temp.taken_oppositions")
    new = conn.execute(_INSERT, {"tenant": tenant_id}).rowcount
    conn.execute(_WITHDRAW)
    conn.execute("DROP TABLE pg_temp.taken_oppositions")
    return new


def oppose(conn: Conn, tenant_id: UUID | None, number: str, how: str, now: datetime, *, by: Actor) -> int:
    """A person opposes (E.164): as `add`, and the log says so. `tenant_id` None: for all tenants (operator)."""
    new = add(conn, tenant_id, [Opposition(number, now, how)])
    audit.note(conn, by, "opposition.add", person(number), tenant_id, how=how)
    return new


def load(conn: Conn, tenant_id: UUID | None, path: Path, now: datetime, *, by: Actor) -> Report:
    """Import a list (number, and opposed_at where known) in the transaction of `conn`."""

    def read(line: int, fields: dict[str, str]) -> Opposition:
        at = instant(fields, "opposed_at") or now
        if at > now:
            raise BadRow("opposed_at", f"{at.isoformat()} has not come yet")
        return Opposition(number(fields), at, "import", f"{path.name}, line {line}")

    report = tabular.take(path, COLUMNS, {"number"}, read, lambda rows: add(conn, tenant_id, rows))
    audit.note(conn, by, "opposition.import", f"file:{path.name}", tenant_id, **report.as_json())
    return report


def of(conn: Conn, dialled: str) -> list[dict[str, Any]]:
    """The oppositions of a number that the session may see, newest first."""
    return conn.execute(
        """SELECT number, opposed_at, how, source, call_id, tenant_id IS NULL AS operator_wide
             FROM compliance.oppositions WHERE number = %s ORDER BY opposed_at DESC""",
        (dialled,),
    ).fetchall()
