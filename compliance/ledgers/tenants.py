"""What the operator settles for each tenant: its answers to open questions of the law, and the numbers it may
show with their proof of assignment (ARCEP 2025-2215)."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from compliance.law import numbers
from compliance.law.engine import Switches
from compliance.ledgers.facts import TENANT_DEFAULT
from store import audit
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound
from store.db import Conn

RECHECK = timedelta(days=365)
"""A proof of assignment is looked at again within a year, unless a date is given."""


def set_switches(conn: Conn, tenant_id: UUID, changes: dict[str, bool], *, by: Actor) -> Switches:
    """Change some answers, from the strict defaults on (operator)."""
    known = conn.execute(
        """SELECT local_holidays, ai_is_automate, npv_exception, npv_new_overseas
             FROM compliance.switches WHERE tenant_id = %s FOR UPDATE""",
        (tenant_id,),
    ).fetchone()
    before = Switches(**known) if known else TENANT_DEFAULT
    after = replace(before, **changes)
    conn.execute(
        """INSERT INTO compliance.switches (tenant_id, local_holidays, ai_is_automate, npv_exception,
                                            npv_new_overseas, changed_by)
           VALUES (%(tenant)s, %(local_holidays)s, %(ai_is_automate)s, %(npv_exception)s,
                   %(npv_new_overseas)s, %(by)s)
           ON CONFLICT (tenant_id) DO UPDATE
              SET local_holidays = excluded.local_holidays, ai_is_automate = excluded.ai_is_automate,
                  npv_exception = excluded.npv_exception, npv_new_overseas = excluded.npv_new_overseas,
                  changed_by = excluded.changed_by, changed_at = now()""",
        {"tenant": tenant_id, "by": str(by), **asdict(after)},
    )
    audit.note(conn, by, "compliance.switch", f"tenant:{tenant_id}", tenant_id, **changes)
    return after


def allow_number(
    conn: Conn,
    tenant_id: UUID,
    text: str,
    proof: str,
    now: datetime,
    recheck_by: datetime | None = None,
    *,
    by: Actor,
    proof_hash: str = "",
) -> dict[str, Any]:
    """Put a number on the list a tenant may show, or check it again (operator). Raises BadInput.

    `proof`: the document of assignment; `proof_hash`: its SHA-256, else that of its words is kept.
    """
    number = numbers.read(text)
    if number is None or numbers.forbidden(number):
        raise BadInput(f"number: {text!r} may not be shown", hint="never 089, 3BPQ or 118XYZ (C. conso L221-17)")
    due = recheck_by or now + RECHECK
    if due <= now:
        raise BadInput("recheck_by: it has passed already")
    if not proof.strip():
        raise BadInput("proof: it is empty", hint="name the contract or the file that assigns the number")
    row = {
        "tenant": tenant_id,
        "number": number.e164,
        "proof": proof,
        "hash": proof_hash or hashlib.sha256(proof.encode()).hexdigest(),
        "checked": now,
        "due": due,
    }
    conn.execute(
        """INSERT INTO compliance.caller_ids (tenant_id, number, proof, proof_hash, checked_at, recheck_by)
           VALUES (%(tenant)s, %(number)s, %(proof)s, %(hash)s, %(checked)s, %(due)s)
           ON CONFLICT (tenant_id, number) DO UPDATE
              SET proof = excluded.proof, proof_hash = excluded.proof_hash, checked_at = excluded.checked_at,
                  recheck_by = excluded.recheck_by, revoked_at = NULL""",
        row,
    )
    audit.note(conn, by, "caller_id.allow", f"number:{number.e164}", tenant_id, proof_hash=row["hash"])
    return {"number": number.e164, "checked_at": now, "recheck_by": due, "proof": proof}


def revoke_number(conn: Conn, tenant_id: UUID, text: str, now: datetime, *, by: Actor) -> str:
    """The tenant may not show this number any more, even if it is its own (operator). Raises NotFound."""
    number = numbers.read(text)
    done = conn.execute(
        "UPDATE compliance.caller_ids SET revoked_at = %s WHERE tenant_id = %s AND number = %s AND revoked_at IS NULL",
        (now, tenant_id, number.e164 if number else text),
    )
    if not done.rowcount or number is None:
        raise NotFound(f"{text} is not on the list", hint="decroche compliance caller-id list")
    audit.note(conn, by, "caller_id.revoke", f"number:{number.e164}", tenant_id)
    return number.e164


def shown_numbers(conn: Conn, tenant_id: UUID, now: datetime) -> list[dict[str, Any]]:
    """The numbers a tenant may show, or might: with their state ok, due or revoked, and where it comes from."""
    rows = conn.execute(
        """SELECT number, proof, proof_hash, checked_at, recheck_by, revoked_at FROM compliance.caller_ids
            WHERE tenant_id = %s ORDER BY number""",
        (tenant_id,),
    ).fetchall()
    for row in rows:
        row["state"] = "revoked" if row["revoked_at"] else "due" if row["recheck_by"] <= now else "ok"
    listed = {row["number"] for row in rows}
    own = conn.execute(
        "SELECT e164, assigned_at FROM store.numbers WHERE tenant_id = %s ORDER BY e164", (tenant_id,)
    ).fetchall()
    assigned = [
        {"number": row["e164"], "proof": "assigned by the operator", "checked_at": row["assigned_at"], "state": "ok"}
        for row in own
        if row["e164"] not in listed
    ]
    return [*rows, *assigned]


def vouched(conn: Conn, now: datetime) -> list[str]:
    """Every number some active tenant may show now, E.164: what the operator may sign for (operator's session).

    As `facts.may_show`: on a tenant's list with a proof not due for a check, or assigned to it and not on its list.
    """
    rows = conn.execute(
        """SELECT c.number FROM compliance.caller_ids c JOIN store.tenants t ON t.id = c.tenant_id
            WHERE t.status = 'active' AND c.recheck_by > %(now)s AND (c.revoked_at IS NULL OR c.revoked_at > %(now)s)
           UNION
           SELECT n.e164 FROM store.numbers n JOIN store.tenants t ON t.id = n.tenant_id
            WHERE t.status = 'active' AND NOT EXISTS (SELECT 1 FROM compliance.caller_ids c
                                                       WHERE c.tenant_id = n.tenant_id AND c.number = n.e164)
           ORDER BY 1""",
        {"now": now},
    )
    return [row["number"] for row in rows if row["number"].startswith("+")]
