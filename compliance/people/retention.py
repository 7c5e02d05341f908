"""The sweep: what was kept long enough, by the policies of `retention.toml`, is deleted or forgets its persons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, LiteralString
from uuid import UUID

from compliance.ledgers.proof import note_anchor
from compliance.people.logs import log_files
from compliance.people.policies import months_before, policies
from store import audit, forget
from store.base.actor import Actor
from store.base.errors import BadInput
from store.chain import Anchor
from store.db import Conn
from store.forget import Sweep


def sweep(conn: Conn, now: datetime, home: Path, *, dry_run: bool, by: Actor) -> list[dict[str, Any]]:
    """Apply every policy (operator's session): {kind, action, count, reference} each. Dry: counts only.

    Files are removed before the rows that name them are changed: a sweep cut short is simply run again.
    """
    rows: list[dict[str, Any]] = []
    for policy in policies():
        before = months_before(now, policy.months) if policy.months else now
        due = policy.first <= now.date()
        count = work(policy.kind)(Sweep(conn, home, now, before, dry_run)) if due else 0
        rows.append({"kind": policy.kind, "action": policy.action, "count": count, "reference": policy.reference})
    if not dry_run:
        audit.note(conn, by, "privacy.sweep", "retention", None, **{row["kind"]: row["count"] for row in rows})
    return rows


def _terms(at: Sweep, days: LiteralString, since: datetime) -> dict[UUID, datetime]:
    """The tenants that gave an instruction, and what is old enough by it."""
    rows = at.conn.execute(
        f"SELECT tenant_id, {days} AS days FROM compliance.retention WHERE {days} IS NOT NULL"
    ).fetchall()
    return {row["tenant_id"]: since - timedelta(days=row["days"]) for row in rows}


def _transcripts(at: Sweep) -> int:
    return forget.turns(at, _terms(at, "transcripts_days", at.before))


def _messages(at: Sweep) -> int:
    return forget.messages(at, _terms(at, "messages_days", at.now))


def _appointments(at: Sweep) -> int:
    return forget.bookings(at, _terms(at, "appointments_days", at.now))


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
    "recordings": forget.recordings,
    "transcripts": _transcripts,
    "analyses": forget.analyses,
    "messages": _messages,
    "events": forget.events,
    "jobs": forget.jobs,
    "appointments": _appointments,
    "consents": _consents,
    "callbacks": _callbacks,
    "attempts": _attempts,
    "decisions": _decisions,
    "bloctel": _bloctel,
    "rights_requests": _rights_requests,
    "logs": _logs,
}
"""Kind of data → what its policy does, and how many it concerned: ours and the store's."""

ELSEWHERE = {
    **dict.fromkeys(("contacts", "targets"), "campaigns"),
    **dict.fromkeys(("web_sessions", "deliveries", "engagements"), "portal"),
    "tickets": "portal.support",
    **dict.fromkeys(("cdrs", "contracts", "notices", "blocks", "payment_events", "invoices", "clients"), "billing"),
}
"""Kind of data → the folder that forgets it when it is asked."""


def asked(folder: str, what: str) -> Callable[..., Any]:
    """A function of that folder's `forget.py`, found by its name: compliance imports none of those folders."""
    return resolve_name(f"{folder}.forget:{what}")


def work(kind: str) -> Callable[[Sweep], int]:
    """What the policy of a kind of data does."""
    return asked(ELSEWHERE[kind], kind) if kind in ELSEWHERE else WORK[kind]


def instruction(conn: Conn, tenant_id: UUID) -> dict[str, int | None]:
    """What the tenant has instructed, in days: `transcripts`, `messages`, `appointments`; None: nothing."""
    row = conn.execute(
        """SELECT transcripts_days AS transcripts, messages_days AS messages, appointments_days AS appointments
             FROM compliance.retention WHERE tenant_id = %s""",
        (tenant_id,),
    ).fetchone()
    return dict(row) if row else dict.fromkeys(("transcripts", "messages", "appointments"))


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
