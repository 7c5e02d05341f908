"""The ledger of oppositions: permanent, of one tenant or operator-wide; from calls, web pages and imports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from store.base.errors import BadInput
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


@dataclass(frozen=True, slots=True)
class Typed:
    """What became of a list that was typed: new ones, known ones, and the bad lines: (number of the line, its text)."""

    taken: int
    known: int
    bad: Sequence[tuple[int, str]]


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


def opposed_at(conn: Conn, number: str, until: datetime) -> datetime | None:
    """When this person (E.164) last opposed, to the transaction's tenant or to all, up to `until`; None: never."""
    row = conn.execute("SELECT compliance.opposed_at(%s, %s) AS at", (number, until)).fetchone()
    return row["at"] if row else None


def oppose(conn: Conn, tenant_id: UUID | None, number: str, how: str, now: datetime, *, by: Actor) -> int:
    """A person opposes (E.164): as `add`, and the log says so. `tenant_id` None: for all tenants (operator)."""
    new = _one(conn, tenant_id, Opposition(number, now, how))
    audit.note(conn, by, "opposition.add", person(number), tenant_id, how=how)
    return new


MOST_TYPED = 2000
"""Numbers of a list that somebody types or pastes; a longer one is a file (`load`)."""


def take_list(conn: Conn, tenant_id: UUID, text: str, now: datetime, *, by: Actor) -> Typed:
    """The numbers of a text, one a line, a date behind it where it is known (a ; or a tab between).

    Good lines are written and bad ones told by line. Raises BadInput for a text without a line, or of too many.
    """
    lines = [line.strip() for line in text.splitlines()]
    if not any(lines):
        raise BadInput("there is no number in it", hint="one number a line", code="list_empty")
    if len(lines) > MOST_TYPED:
        raise BadInput(f"{len(lines)} lines, more than {MOST_TYPED}", hint="import a file", code="list_long")
    taken, known, bad = 0, 0, list[tuple[int, str]]()
    for place, line in enumerate(lines, 1):
        if not line:
            continue
        said, _, date = line.replace("\t", ";").partition(";")
        try:
            at = instant({"opposed_at": date.strip()}, "opposed_at") or now
            if at > now:
                raise BadRow("opposed_at", "has not come yet")
            new = _one(conn, tenant_id, Opposition(number({"number": said.strip()}), at, "import", f"line {place}"))
        except BadRow as error:
            bad.append((place, line[:60] if error.field == "number" else f"{line[:60]} ({error.reason})"))
            continue
        taken, known = taken + new, known + (not new)
    audit.note(conn, by, "opposition.import", "list", tenant_id, taken=taken, known=known, bad=len(bad))
    return Typed(taken, known, bad)


def _one(conn: Conn, tenant_id: UUID | None, said: Opposition) -> int:
    """As `add`, for one, without a table of the session."""
    values = {"id": new_id(), "tenant": tenant_id, "number": said.number, "at": said.at, "how": said.how,
              "source": said.source}  # fmt: skip
    new = conn.execute(
        """INSERT INTO compliance.oppositions (id, tenant_id, number, opposed_at, how, source)
           SELECT %(id)s, %(tenant)s::uuid, %(number)s, %(at)s, %(how)s, %(source)s
            WHERE NOT EXISTS (SELECT 1 FROM compliance.oppositions o
                               WHERE o.number = %(number)s AND o.opposed_at = %(at)s
                                 AND o.tenant_id IS NOT DISTINCT FROM %(tenant)s::uuid)""",
        values,
    ).rowcount
    conn.execute(
        """UPDATE compliance.consents SET withdrawn_at = %(at)s, withdrawn_how = %(how)s
            WHERE number = %(number)s AND withdrawn_at IS NULL AND given_at <= %(at)s""",
        values,
    )
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


def latest(conn: Conn, tenant_id: UUID, limit: int = 50) -> list[dict[str, Any]]:
    """A tenant's own oppositions, the last written first."""
    return conn.execute(
        """SELECT number, opposed_at, how, source, call_id, stored_at FROM compliance.oppositions
            WHERE tenant_id = %s ORDER BY stored_at DESC, id DESC LIMIT %s""",
        (tenant_id, limit),
    ).fetchall()


def of(conn: Conn, dialled: str) -> list[dict[str, Any]]:
    """The oppositions of a number that the session may see, newest first."""
    return conn.execute(
        """SELECT number, opposed_at, how, source, call_id, tenant_id IS NULL AS operator_wide
             FROM compliance.oppositions WHERE number = %s ORDER BY opposed_at DESC""",
        (dialled,),
    ).fetchall()
