"""The ledger of oppositions: permanent, of one tenant or operator-wide; from calls, web pages and imports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from compliance import tabular
from compliance.tabular import BadRow, Report, instant, number
from store.db import Conn
from store.ids import new_id

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
SELECT %(id)s, %(tenant)s::uuid, %(number)s, %(at)s, %(how)s, %(source)s
 WHERE NOT EXISTS (SELECT 1 FROM compliance.oppositions
                    WHERE number = %(number)s AND opposed_at = %(at)s
                      AND tenant_id IS NOT DISTINCT FROM %(tenant)s::uuid)
"""


def add(conn: Conn, tenant_id: UUID | None, oppositions: Sequence[Opposition]) -> int:
    """Write oppositions; how many were new. `tenant_id` None (operator's session only): for all tenants.

    The consents given before are withdrawn with them, where the session can see them.
    """
    with conn.cursor() as cursor:
        cursor.executemany(
            _INSERT,
            [
                {"id": new_id(), "tenant": tenant_id, "number": o.number, "at": o.at, "how": o.how, "source": o.source}
                for o in oppositions
            ],
        )
        new = cursor.rowcount
        cursor.executemany(
            """UPDATE compliance.consents SET withdrawn_at = %(at)s, withdrawn_how = %(how)s
                WHERE number = %(number)s AND withdrawn_at IS NULL AND given_at <= %(at)s""",
            [{"number": o.number, "at": o.at, "how": o.how} for o in oppositions],
        )
    return new


def load(conn: Conn, tenant_id: UUID | None, path: Path, now: datetime) -> Report:
    """Import a list (number, and opposed_at where known) in the transaction of `conn`."""

    def read(line: int, fields: dict[str, str]) -> Opposition:
        at = instant(fields, "opposed_at") or now
        if at > now:
            raise BadRow("opposed_at", f"{at.isoformat()} has not come yet")
        return Opposition(number(fields), at, "import", f"{path.name}, line {line}")

    return tabular.take(path, COLUMNS, {"number"}, read, lambda batch: add(conn, tenant_id, batch))


def of(conn: Conn, dialled: str) -> list[dict[str, Any]]:
    """The oppositions of a number that the session may see, newest first."""
    return conn.execute(
        """SELECT number, opposed_at, how, source, call_id, tenant_id IS NULL AS operator_wide
             FROM compliance.oppositions WHERE number = %s ORDER BY opposed_at DESC""",
        (dialled,),
    ).fetchall()
