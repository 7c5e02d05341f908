"""How long what is kept is kept: the policy as dated data, and the sweep that applies it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

from compliance.logs import log_files
from compliance.proof import note_anchor
from compliance.rulebook import PARIS
from store.chain import Anchor
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


@dataclass(frozen=True, slots=True)
class _Sweep:
    """One policy at work: what is older than `before` goes, or is only counted."""

    conn: Conn
    home: Path
    before: datetime
    dry_run: bool

    def rows(self, change: LiteralString, table: LiteralString, where: LiteralString) -> int:
        """Do `change` to the rows of `table` for which `where` holds (it names %(before)s); how many."""
        values = {"before": self.before}
        if not self.dry_run:
            return self.conn.execute(f"{change} WHERE {where}", values).rowcount
        row = self.conn.execute(f"SELECT count(*) AS n FROM {table} WHERE {where}", values).fetchone()
        return row["n"] if row else 0


def sweep(conn: Conn, now: datetime, home: Path, *, dry_run: bool) -> list[dict[str, Any]]:
    """Apply every policy (operator's session): {kind, action, count, reference} each. Dry: counts only.

    Files are removed before the rows that name them are changed: a sweep cut short is simply run again.
    """
    rows: list[dict[str, Any]] = []
    for policy in policies():
        work = _WORK.get(policy.kind)
        count = 0
        if work is not None and policy.action != "keep" and policy.first <= now.date():
            before = months_before(now, policy.months) if policy.months else now
            count = work(_Sweep(conn, home, before, dry_run))
        rows.append({"kind": policy.kind, "action": policy.action, "count": count, "reference": policy.reference})
    return rows


def _recordings(at: _Sweep) -> int:
    rows = at.conn.execute(
        "SELECT id, recording FROM store.calls WHERE recording IS NOT NULL AND ended_at < %s", (at.before,)
    ).fetchall()
    if not at.dry_run:
        for row in rows:
            Path(row["recording"]).unlink(missing_ok=True)
        ids = [row["id"] for row in rows]
        at.conn.execute("UPDATE store.calls SET recording = NULL WHERE id = ANY (%s)", (ids,))
    return len(rows)


def _transcripts(at: _Sweep) -> int:
    return at.rows(
        "DELETE FROM store.turns",
        "store.turns",
        """call_id IN (SELECT c.id FROM store.calls c JOIN compliance.retention r ON r.tenant_id = c.tenant_id
                        WHERE c.ended_at < %(before)s - make_interval(days => r.transcripts_days))""",
    )


def _analyses(at: _Sweep) -> int:
    old: LiteralString = "(SELECT c.id FROM store.calls c WHERE c.ended_at < %(before)s)"
    return at.rows(
        "UPDATE store.calls SET variables = '{}'", "store.calls", "variables <> '{}' AND ended_at < %(before)s"
    ) + at.rows("DELETE FROM store.actions", "store.actions", f"call_id IN {old}")


# A CDR may be contested for a year after its bill; one that was never billed, a year after the call.
_OLD_CDRS: LiteralString = """
    FROM store.calls c
   WHERE (c.caller <> '' OR c.callee <> '' OR c.asterisk_cdr IS NOT NULL
          OR EXISTS (SELECT 1 FROM billing.charges b WHERE b.call_id = c.id AND b.far_party <> ''))
     AND c.ended_at < %(before)s
     AND NOT EXISTS (SELECT 1 FROM billing.current_charges b
                      WHERE b.call_id = c.id AND (b.status = 'unrated' OR b.amount_micros > 0)
                        AND NOT EXISTS (SELECT 1 FROM billing.invoice_charges x WHERE x.call_id = c.id))
     AND NOT EXISTS (SELECT 1 FROM billing.invoice_charges ic JOIN billing.invoices i ON i.id = ic.invoice_id
                      WHERE ic.call_id = c.id AND i.issued_on >= %(before)s::date)
"""


def _cdrs(at: _Sweep) -> int:
    rows = at.conn.execute(f"SELECT c.id {_OLD_CDRS}", {"before": at.before}).fetchall()
    if not at.dry_run:
        ids = [row["id"] for row in rows]
        for statement in _FORGET_CALLS:
            at.conn.execute(statement, (ids,))
    return len(rows)


_FORGET_CALLS: tuple[LiteralString, ...] = (
    "DELETE FROM store.turns WHERE call_id = ANY (%s)",
    "DELETE FROM store.actions WHERE call_id = ANY (%s)",
    """UPDATE store.calls SET caller = '', callee = '', variables = '{}', asterisk_cdr = NULL
        WHERE id = ANY (%s)""",
    """UPDATE billing.charges SET reason = replace(reason, far_party, '…'), far_party = ''
        WHERE call_id = ANY (%s) AND far_party <> ''""",
)


def _consents(at: _Sweep) -> int:
    return at.rows("DELETE FROM compliance.consents", "compliance.consents", "given_at < %(before)s")


def _callbacks(at: _Sweep) -> int:
    return at.rows("DELETE FROM compliance.requests", "compliance.requests", "requested_at < %(before)s")


def _attempts(at: _Sweep) -> int:
    return at.rows("DELETE FROM compliance.attempts", "compliance.attempts", "at < %(before)s AND result <> 'refused'")


def _decisions(at: _Sweep) -> int:
    tenants = at.conn.execute("SELECT DISTINCT tenant_id FROM compliance.decision_heads").fetchall()
    return sum(_forget_decisions(at, row["tenant_id"]) for row in tenants)


def _forget_decisions(at: _Sweep, tenant_id: UUID) -> int:
    """Noted first: should the database fail, an anchor too many says nothing."""
    ask: LiteralString = "SELECT * FROM compliance.forget_decisions(%s, %s, %s)"
    found = at.conn.execute(ask, (tenant_id, at.before, True)).fetchone()
    if found is None or not found["forgotten"]:
        return 0
    if not at.dry_run:
        note_anchor(at.home, tenant_id, Anchor(found["seq"], found["hash"]))
        at.conn.execute(ask, (tenant_id, at.before, False))
    return found["forgotten"]


def _bloctel(at: _Sweep) -> int:
    return at.rows(
        "DELETE FROM compliance.bloctel_numbers",
        "compliance.bloctel_numbers",
        "file_id IN (SELECT id FROM compliance.bloctel_files WHERE submitted_at < %(before)s)",
    )


def _rights_requests(at: _Sweep) -> int:
    return at.rows("DELETE FROM compliance.rights_requests", "compliance.rights_requests", "closed_at < %(before)s")


def _logs(at: _Sweep) -> int:
    old = [path for path in log_files(at.home) if path.stat().st_mtime < at.before.timestamp()]
    if not at.dry_run:
        for path in old:
            path.unlink()
    return len(old)


_WORK: dict[str, Callable[[_Sweep], int]] = {
    "recordings": _recordings,
    "transcripts": _transcripts,
    "analyses": _analyses,
    "cdrs": _cdrs,
    "consents": _consents,
    "callbacks": _callbacks,
    "attempts": _attempts,
    "decisions": _decisions,
    "bloctel": _bloctel,
    "rights_requests": _rights_requests,
    "logs": _logs,
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
