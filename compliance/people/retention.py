"""The sweep: what was kept long enough, by the policies of `retention.toml`, is deleted or forgets its persons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

from compliance.ledgers.proof import note_anchor
from compliance.people import retention_accounts as accounts
from compliance.people.logs import log_files
from compliance.people.policies import months_before, policies
from compliance.people.retention_accounts import Sweep
from store import audit
from store.base.actor import Actor
from store.base.errors import BadInput
from store.chain import Anchor
from store.db import Conn


def sweep(conn: Conn, now: datetime, home: Path, *, dry_run: bool, by: Actor) -> list[dict[str, Any]]:
    """Apply every policy (operator's session): {kind, action, count, reference} each. Dry: counts only.

    Files are removed before the rows that name them are changed: a sweep cut short is simply run again.
    """
    rows: list[dict[str, Any]] = []
    for policy in policies():
        before = months_before(now, policy.months) if policy.months else now
        due = policy.first <= now.date()
        count = WORK[policy.kind](Sweep(conn, home, now, before, dry_run)) if due else 0
        rows.append({"kind": policy.kind, "action": policy.action, "count": count, "reference": policy.reference})
    if not dry_run:
        audit.note(conn, by, "privacy.sweep", "retention", None, **{row["kind"]: row["count"] for row in rows})
    return rows


def _recordings(at: Sweep) -> int:
    rows = at.conn.execute(
        "SELECT id, recording FROM store.calls WHERE recording IS NOT NULL AND ended_at < %s", (at.before,)
    ).fetchall()
    if not at.dry_run:
        for row in rows:
            Path(row["recording"]).unlink(missing_ok=True)
        ids = [row["id"] for row in rows]
        at.conn.execute("UPDATE store.calls SET recording = NULL WHERE id = ANY (%s)", (ids,))
    return len(rows)


def _transcripts(at: Sweep) -> int:
    return at.rows(
        "DELETE FROM store.turns",
        "store.turns",
        """call_id IN (SELECT c.id FROM store.calls c JOIN compliance.retention r ON r.tenant_id = c.tenant_id
                        WHERE c.ended_at < %(before)s - make_interval(days => r.transcripts_days))""",
    )


def _analyses(at: Sweep) -> int:
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


def _cdrs(at: Sweep) -> int:
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


def _left_behind(at: Sweep, table: LiteralString, end: LiteralString, days: LiteralString) -> int:
    """What callers left: so many days after `end` where the tenant says so, else by the policy."""
    told: LiteralString = f"(SELECT r.{days} FROM compliance.retention r WHERE r.tenant_id = t.tenant_id)"
    return at.rows(
        f"DELETE FROM {table} t",
        f"{table} t",
        f"t.{end} < coalesce(%(now)s - make_interval(days => {told}), %(before)s)",
    )


def _messages(at: Sweep) -> int:
    return _left_behind(at, "store.messages", "created_at", "messages_days")


def _appointments(at: Sweep) -> int:
    return _left_behind(at, "store.bookings", "ends_at", "appointments_days")


def _contacts(at: Sweep) -> int:
    return at.rows("DELETE FROM campaigns.contacts", "campaigns.contacts", "seen_at < %(before)s")


def _consents(at: Sweep) -> int:
    return at.rows("DELETE FROM compliance.consents", "compliance.consents", "given_at < %(before)s")


def _callbacks(at: Sweep) -> int:
    return at.rows("DELETE FROM compliance.requests", "compliance.requests", "requested_at < %(before)s")


def _attempts(at: Sweep) -> int:
    return at.rows("DELETE FROM compliance.attempts", "compliance.attempts", "at < %(before)s AND result <> 'refused'")


def _decisions(at: Sweep) -> int:
    tenants = at.conn.execute("SELECT DISTINCT tenant_id FROM compliance.decision_heads").fetchall()
    return sum(_forget_decisions(at, row["tenant_id"]) for row in tenants)


def _forget_decisions(at: Sweep, tenant_id: UUID) -> int:
    """Noted first: should the database fail, an anchor too many says nothing."""
    ask: LiteralString = "SELECT * FROM compliance.forget_decisions(%s, %s, %s)"
    found = at.conn.execute(ask, (tenant_id, at.before, True)).fetchone()
    if found is None or not found["forgotten"]:
        return 0
    if not at.dry_run:
        note_anchor(at.home, tenant_id, Anchor(found["seq"], found["hash"]))
        at.conn.execute(ask, (tenant_id, at.before, False))
    return found["forgotten"]


def _bloctel(at: Sweep) -> int:
    return at.rows(
        "DELETE FROM compliance.bloctel_numbers",
        "compliance.bloctel_numbers",
        "file_id IN (SELECT id FROM compliance.bloctel_files WHERE submitted_at < %(before)s)",
    )


def _rights_requests(at: Sweep) -> int:
    return at.rows("DELETE FROM compliance.rights_requests", "compliance.rights_requests", "closed_at < %(before)s")


def _logs(at: Sweep) -> int:
    old = [path for path in log_files(at.home) if path.stat().st_mtime < at.before.timestamp()]
    if not at.dry_run:
        for path in old:
            path.unlink()
    return len(old)


WORK: dict[str, Callable[[Sweep], int]] = {
    "recordings": _recordings,
    "transcripts": _transcripts,
    "analyses": _analyses,
    "messages": _messages,
    "appointments": _appointments,
    "cdrs": _cdrs,
    "contacts": _contacts,
    "consents": _consents,
    "callbacks": _callbacks,
    "attempts": _attempts,
    "decisions": _decisions,
    "bloctel": _bloctel,
    "rights_requests": _rights_requests,
    "logs": _logs,
    "contracts": accounts.contracts,
    "notices": accounts.notices,
    "blocks": accounts.blocks,
    "payment_events": accounts.payment_events,
    "invoices": accounts.invoices,
    "clients": accounts.clients,
}
"""Kind of data → what its policy does, and how many it concerned."""


def keep(conn: Conn, tenant_id: UUID, *, by: Actor, **days: int | None) -> None:
    """The tenant's instruction (operator): `transcripts` go so many days after the call, `messages` after they were
    left, `appointments` after they were held; None: transcripts with the CDR, the others by the policy."""
    for name, count in days.items():
        if count is not None and count < 0:
            raise BadInput(f"{name}: {count} days is negative")
    conn.execute(
        """INSERT INTO compliance.retention (tenant_id, transcripts_days, messages_days, appointments_days, changed_by)
           VALUES (%(tenant)s, %(transcripts)s, %(messages)s, %(appointments)s, %(by)s)
           ON CONFLICT (tenant_id) DO UPDATE SET transcripts_days = excluded.transcripts_days,
              messages_days = excluded.messages_days, appointments_days = excluded.appointments_days,
              changed_by = excluded.changed_by, changed_at = now()""",
        {"transcripts": None, "messages": None, "appointments": None, **days, "tenant": tenant_id, "by": str(by)},
    )
    told = {f"{name}_days": count for name, count in days.items()}
    audit.note(conn, by, "privacy.keep", f"tenant:{tenant_id}", tenant_id, **told)
