"""Who was erased after a backup is erased again once it is restored: found by the pseudonym that the ledger has.

The ledger names nobody. Every telephone number that the restored rows write, in whatever way, is made into its
pseudonym with the restored key; those of the ledger are erased as they were.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import LiteralString
from uuid import UUID

from psycopg import sql

from compliance.law import numbers
from compliance.ledgers.pseudonym import pseudonym
from compliance.people.privacy import erased, tables_of_tenants
from store.backups.erasures import Erasure
from store.base.actor import Actor
from store.base.settings import Settings
from store.db import Conn

MARGIN = timedelta(minutes=10)
"""An erasure may be under way while a snapshot is taken: those begun so long before it are done again too."""


@dataclass(frozen=True, slots=True)
class Again:
    """`found`: how many people of the ledger the backup knew, and are erased now; `unknown`: whom it did not know."""

    found: int
    unknown: int


def erase_again(
    conn: Conn, ledger: Iterable[Erasure], since: datetime, home: Path, now: datetime, *, by: Actor, of: Settings
) -> Again:
    """Erase whom the ledger says was erased after `since` (operator's session on what was restored into `home`).

    `of`: the settings of the restored home, with whose secret the pseudonyms are made.
    """
    asked: dict[UUID, set[str]] = {}
    for each in ledger:
        if each.kind == "person" and each.tenant and each.at >= since - MARGIN:
            asked.setdefault(each.tenant, set()).add(each.who)
    found = 0
    for tenant, whom in asked.items():
        for phone in sorted(p for p in numbers_of(conn, tenant, home) if pseudonym(p, of) in whom):
            erased(conn, tenant, phone, home, now, by=by, of=of)
            found += 1
    return Again(found, sum(len(whom) for whom in asked.values()) - found)


# What looks like numbers and is none: ids and instants. Cut out first, they leave little to be read.
_WRITTEN: LiteralString = r"""
SELECT DISTINCT m[1] AS written
  FROM {} t,
       regexp_matches(regexp_replace(t::text, '[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}'
                      '|[0-9]{{4}}-[0-9][0-9]-[0-9][0-9][ T][0-9:.]+([+-][0-9:]+)?', '|', 'g'),
                      '([+(]?[0-9][0-9 .()/-]{{4,40}}[0-9])', 'g') m
 WHERE t.tenant_id = %s
"""


def numbers_of(conn: Conn, tenant_id: UUID, home: Path) -> set[str]:
    """Every telephone number (E.164) that a tenant's rows, and its CDRs in the spool, write in some way."""
    found: set[str] = set()
    for schema, table, _ in tables_of_tenants(conn):
        query = sql.SQL(_WRITTEN).format(sql.Identifier(schema, table))
        for row in conn.execute(query, (tenant_id,)):
            found.update(written_in(row["written"]))
    for path in (home / "spool").rglob("*.json"):
        text = path.read_text(encoding="utf-8", errors="replace")
        if str(tenant_id) in text:
            found.update(written_in(text))
    return found


_RUN = re.compile(r"[+(]?\d[\d .()/-]*\d")
_GROUP = re.compile(r"[+(]*\d+")
_DIGITS = range(6, 16)


def written_in(text: str) -> Iterator[str]:
    """The telephone numbers (E.164) that may be read in a text: every part that is one, of digits with gaps."""
    for run in _RUN.findall(text):
        groups = [(match.start(), match.end()) for match in _GROUP.finditer(run)]
        for first, (begins, _) in enumerate(groups):
            for _, ends in groups[first:]:
                part = run[begins:ends]
                count = sum(char.isdigit() for char in part)
                if count >= _DIGITS.stop:
                    break
                if count in _DIGITS and (number := numbers.read(part)) is not None and not number.short:
                    yield number.e164
