"""The proof of a call: why it was placed, by which rules, and what the person was told, with the second.

The decision is taken from the chain, whose links are checked up to it, and taken again from its own inputs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from compliance.law import disclosure
from compliance.law.cases import from_json
from compliance.law.engine import Decision, Switches, decide
from compliance.law.explain import explain
from compliance.law.rulebook import rulebook
from compliance.ledgers.ledger import rules_digest
from store import audit, calls
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound
from store.chain import GENESIS, Anchor, Fault, Row, canonical, check
from store.db import Conn

# Both ends come with the rows: read apart, a decision taken in between would look like a cut chain.
_ROWS = """
SELECT 1 AS part, seq, record, prev_hash, hash FROM compliance.decisions WHERE tenant_id = %(tenant)s
UNION ALL
SELECT 2, seq, '', ''::bytea, hash FROM compliance.decision_heads WHERE tenant_id = %(tenant)s
UNION ALL
SELECT 0, seq, '', ''::bytea, hash FROM compliance.decision_starts WHERE tenant_id = %(tenant)s
ORDER BY part, seq
"""


def of_call(conn: Conn, tenant_id: UUID, call_id: UUID, now: datetime) -> dict[str, Any]:
    """The proof of one call, plain JSON. Raises NotFound for a call neither decided nor carried."""
    row = conn.execute(
        "SELECT seq, record, prev_hash, hash FROM compliance.decisions WHERE call_id = %s ORDER BY seq DESC LIMIT 1",
        (call_id,),
    ).fetchone()
    carried = _carried(conn, call_id)
    if row is None and carried is None:
        raise NotFound(f"no call {call_id} of this tenant", hint="decroche calls list")
    return {
        "call_id": str(call_id),
        "tenant": str(tenant_id),
        "made_at": now.astimezone(UTC).isoformat(),
        "decision": _decision(conn, tenant_id, row) if row else None,
        "call": _call(carried) if carried else None,
        "told": _told(carried) if carried else None,
    }


def shown(conn: Conn, tenant_id: UUID, call_id: UUID, now: datetime, *, by: Actor) -> dict[str, Any]:
    """The proof of a call, handed out: as `of_call`, and the log says so."""
    found = of_call(conn, tenant_id, call_id, now)
    audit.note(conn, by, "compliance.audit", f"call:{call_id}", tenant_id)
    return found


def tenant_of(conn: Conn, call_id: UUID) -> UUID:
    """Whose call it is (operator's session). Raises NotFound."""
    row = conn.execute(
        """SELECT tenant_id FROM compliance.decisions WHERE call_id = %(call)s
           UNION SELECT tenant_id FROM store.calls WHERE id = %(call)s""",
        {"call": call_id},
    ).fetchone()
    if row is None:
        raise NotFound(f"no call {call_id}", hint="decroche calls list")
    return row["tenant_id"]


def _carried(conn: Conn, call_id: UUID) -> calls.CallRecord | None:
    try:
        return calls.get(conn, call_id)
    except NotFound:
        return None


def _decision(conn: Conn, tenant_id: UUID, row: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(row["record"])
    again = decide(from_json(record["case"]), Switches(**record["switches"]))
    _, _, faults = verify(conn, tenant_id)
    return {
        **record,
        "explanation": {lang: _explained(record, again, lang) for lang in ("fr", "en")},
        "same_rules_today": record["rules_sha256"] == rules_digest(),
        "reproduced": set(again.reasons) == set(record["reasons"]) - {"caller_id_unassigned"},
        "chain": {
            "seq": row["seq"],
            "prev_hash": row["prev_hash"].hex(),
            "hash": row["hash"].hex(),
            "intact": not faults,
            "faults": [fault.what for fault in faults],
        },
    }


def _explained(record: dict[str, Any], again: Decision, lang: Any) -> str:
    """In words: the decision taken again, where it is the same; else the reasons that were stored."""
    rules = tuple(rule for rule in rulebook().rules if rule.version in record["refused_by"])
    stored = Decision(None, record["allowed"], tuple(record["reasons"]), tuple(record["law"]), None, rules)
    return explain(again if again.reasons == stored.reasons else stored, lang)


def _call(carried: calls.CallRecord) -> dict[str, Any]:
    cdr = carried.cdr
    return {
        "direction": cdr.direction,
        "caller": cdr.caller,
        "callee": cdr.callee,
        "agent": cdr.agent,
        "agent_version": cdr.agent_version,
        "started_at": cdr.started_at.isoformat(),
        "answered_at": cdr.answered_at.isoformat() if cdr.answered_at else None,
        "ended_at": cdr.ended_at.isoformat(),
        "hangup_side": cdr.hangup_side,
        "outcome": cdr.outcome,
        "recording": cdr.recording,
    }


def _told(carried: calls.CallRecord) -> dict[str, Any]:
    """What the person was told, each with the milliseconds from the answer at which they had heard it."""
    opening = list(_opening(carried.turns))
    cdr = carried.cdr
    heard = cdr.disclosure_heard_ms
    return {
        "ai": {
            "text": cdr.disclosure_text,
            "heard_at_ms": heard,
            "note": "" if heard is not None else disclosure.unheard(cdr.answered_at, cdr.ended_at, cdr.hangup_side),
        },
        "identity": _said(opening[:1]),
        "recording": _said([turn for turn in opening if _announces(turn)][:1]),
    }


def _opening(turns: Iterable[calls.Turn]) -> Iterator[calls.Turn]:
    for turn in turns:
        if turn.who == "caller":
            return
        yield turn


def _announces(turn: calls.Turn) -> bool:
    return disclosure.records(turn.text, "fr") or disclosure.records(turn.text, "en")


def _said(turns: list[calls.Turn]) -> dict[str, Any] | None:
    """The words, and when the person had heard them whole; None: they were not said."""
    for turn in turns:
        whole = turn.heard_ms is not None and turn.from_ms + turn.heard_ms >= turn.to_ms
        return {"text": turn.text, "heard_at_ms": turn.to_ms if whole else None}
    return None


def verify(conn: Conn, tenant_id: UUID, anchors: list[Anchor] | None = None) -> tuple[int, Anchor, list[Fault]]:
    """(decisions read, where the chain ends, faults) of a tenant's whole chain, in one snapshot.

    `anchors`: those noted outside the database; None: only what the database itself tells is checked.
    """
    count, head = 0, Anchor(0, GENESIS)
    with conn.cursor("decision_rows", row_factory=dict_row) as cursor:
        cursor.itersize = 2_000
        found = iter(cursor.execute(_ROWS, {"tenant": tenant_id}))
        first = next(found, None)
        start = Anchor(first["seq"], first["hash"]) if first and first["part"] == 0 else None

        def counted() -> Iterator[Row]:
            nonlocal count, head
            for row in found if start or first is None else chain([first], found):
                if row["part"] == 2:
                    head = Anchor(row["seq"], row["hash"])
                else:
                    count += 1
                    yield Row(row["seq"], row["record"], row["prev_hash"], row["hash"])

        noted = ([start] if start else []) if anchors is None else anchors
        faults = list(check(counted(), head=lambda: head, anchors=noted, start=start))
    return count, head, faults


def chains(conn: Conn) -> list[UUID]:
    """The tenants that have decisions, or should have (operator's session)."""
    rows = conn.execute(
        "SELECT tenant_id FROM compliance.decision_heads UNION SELECT tenant_id FROM compliance.decisions ORDER BY 1"
    )
    return [row["tenant_id"] for row in rows]


_ANCHORS = "decision-anchors.jsonl"


def note_anchor(folder: Path, tenant_id: UUID, anchor: Anchor) -> None:
    """Add a chain's end to the file of anchors in `folder`, unless it is there."""
    if anchor.seq and anchor not in read_anchors(folder).get(tenant_id, []):
        line = canonical(
            {"tenant": tenant_id, "seq": anchor.seq, "hash": anchor.hash.hex(), "noted_at": datetime.now(UTC)}
        )
        opened = os.open(folder / _ANCHORS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(line + "\n")


def read_anchors(folder: Path) -> dict[UUID, list[Anchor]]:
    """The anchors noted in `folder`, by tenant. Raises BadInput naming the damaged line."""
    path = folder / _ANCHORS
    found: dict[UUID, list[Anchor]] = {}
    if not path.exists():
        return found
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            facts = json.loads(line)
            anchor = Anchor(int(facts["seq"]), bytes.fromhex(facts["hash"]))
            found.setdefault(UUID(facts["tenant"]), []).append(anchor)
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{path}, line {number}: {error}", hint="restore the file from its copy") from error
    return found
