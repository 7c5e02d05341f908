"""How long what is kept is kept: the policy as dated data, and the sweep that applies it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from compliance.rulebook import PARIS
from store.db import Conn
from store.errors import BadInput


@dataclass(frozen=True, slots=True)
class Policy:
    """`months` None: by each tenant's instruction. `action`: delete, anonymise or keep."""

    kind: str
    months: int | None
    first: date
    reference: str
    action: str


@cache
def policies() -> tuple[Policy, ...]:
    """The policies shipped in `retention.toml`. Raises BadInput naming the field that is missing."""
    path = Path(__file__).parent / "retention.toml"
    found: list[Policy] = []
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["policy"]:
        for name in ("kind", "from", "reference", "action"):
            if name not in entry:
                raise BadInput(f"retention.toml, {entry.get('kind', '?')}: field {name} is missing")
        found.append(Policy(entry["kind"], entry.get("months"), entry["from"], entry["reference"], entry["action"]))
    return tuple(found)


def months_before(now: datetime, months: int) -> datetime:
    """The same clock time in Paris, so many months earlier; the month's last day where the day is missing."""
    here = now.astimezone(PARIS)
    index = here.year * 12 + here.month - 1 - months
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return here.replace(year=year, month=month + 1, day=min(here.day, last))


def sweep(conn: Conn, now: datetime, *, dry_run: bool) -> list[dict[str, Any]]:
    """Apply every policy (operator's session): {kind, action, count, reference} each. Dry: counts only.

    Files are removed before the rows that name them are changed: a sweep cut short is simply run again.
    """
    rows: list[dict[str, Any]] = []
    for policy in policies():
        work = _WORK.get(policy.kind)
        count = 0
        if work is not None and policy.action != "keep" and policy.first <= now.date():
            before = months_before(now, policy.months) if policy.months else now
            count = work(conn, before, dry_run)
        rows.append({"kind": policy.kind, "action": policy.action, "count": count, "reference": policy.reference})
    return rows


def _recordings(conn: Conn, before: datetime, dry_run: bool) -> int:
    rows = conn.execute(
        "SELECT id, recording FROM store.calls WHERE recording IS NOT NULL AND ended_at < %s", (before,)
    ).fetchall()
    if not dry_run:
        for row in rows:
            Path(row["recording"]).unlink(missing_ok=True)
        ids = [row["id"] for row in rows]
        conn.execute("UPDATE store.calls SET recording = NULL WHERE id = ANY (%s)", (ids,))
    return len(rows)


def _transcripts(conn: Conn, now: datetime, dry_run: bool) -> int:
    values = {"now": now}
    which = """FROM store.turns t USING store.calls c, compliance.retention r
                WHERE c.id = t.call_id AND r.tenant_id = t.tenant_id
                  AND c.ended_at < %(now)s - make_interval(days => r.transcripts_days)"""
    if dry_run:
        row = conn.execute(
            """SELECT count(*) AS n FROM store.turns t JOIN store.calls c ON c.id = t.call_id
                 JOIN compliance.retention r ON r.tenant_id = t.tenant_id
                WHERE c.ended_at < %(now)s - make_interval(days => r.transcripts_days)""",
            values,
        ).fetchone()
        return row["n"] if row else 0
    return conn.execute(f"DELETE {which}", values).rowcount


# A CDR may be contested for a year after its bill; one that was never billed, a year after the call.
_OLD_CDRS = """
    FROM store.calls c
   WHERE (c.caller <> '' OR c.callee <> '' OR c.variables <> '{}' OR c.asterisk_cdr IS NOT NULL)
     AND c.ended_at < %(before)s
     AND NOT EXISTS (SELECT 1 FROM billing.current_charges b
                      WHERE b.call_id = c.id AND (b.status = 'unrated' OR b.amount_micros > 0)
                        AND NOT EXISTS (SELECT 1 FROM billing.invoice_charges x WHERE x.call_id = c.id))
     AND NOT EXISTS (SELECT 1 FROM billing.invoice_charges ic JOIN billing.invoices i ON i.id = ic.invoice_id
                      WHERE ic.call_id = c.id AND i.issued_on >= %(before)s::date)
"""


def _cdrs(conn: Conn, before: datetime, dry_run: bool) -> int:
    values = {"before": before}
    rows = conn.execute(f"SELECT c.id {_OLD_CDRS}", values).fetchall()
    if not dry_run:
        ids = [row["id"] for row in rows]
        for table in ("turns", "actions"):
            conn.execute(f"DELETE FROM store.{table} WHERE call_id = ANY (%s)", (ids,))
        conn.execute(
            """UPDATE store.calls SET caller = '', callee = '', variables = '{}', asterisk_cdr = NULL
                WHERE id = ANY (%s)""",
            (ids,),
        )
    return len(rows)


def _consents(conn: Conn, before: datetime, dry_run: bool) -> int:
    if dry_run:
        row = conn.execute("SELECT count(*) AS n FROM compliance.consents WHERE given_at < %s", (before,)).fetchone()
        return row["n"] if row else 0
    return conn.execute("DELETE FROM compliance.consents WHERE given_at < %s", (before,)).rowcount


_WORK: dict[str, Callable[[Conn, datetime, bool], int]] = {
    "recordings": _recordings,
    "transcripts": _transcripts,
    "cdrs": _cdrs,
    "consents": _consents,
}


def keep_transcripts(conn: Conn, tenant_id: UUID, days: int | None, by: str) -> None:
    """The tenant's instruction: transcripts go so many days after the call; None: with the CDR (operator)."""
    if days is not None and days < 0:
        raise BadInput("days: it is negative")
    conn.execute(
        """INSERT INTO compliance.retention (tenant_id, transcripts_days, changed_by) VALUES (%s, %s, %s)
           ON CONFLICT (tenant_id) DO UPDATE SET transcripts_days = excluded.transcripts_days,
              changed_by = excluded.changed_by, changed_at = now()""",
        (tenant_id, days, by),
    )
