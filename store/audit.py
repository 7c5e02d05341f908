"""The audit log: who did what, to what, for which tenant, when. Append-only and hash-chained.

What `verify` finds: a row changed, removed, inserted, moved; an end cut off. The limits: whoever may act as
the database's superuser **and** write the home folder can recompute the chain, its head and the anchors. Copy
`audit-anchors.jsonl` elsewhere (another machine, a notary) and compare, and that too is found.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from store.base.actor import Actor
from store.base.errors import BadInput
from store.chain import GENESIS, Anchor, Fault, Row, canonical, check
from store.db import Conn


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. `who` is a person or a part of the service, `subject` what it was done to ("number:+33…")."""

    seq: int
    at: datetime
    who: str
    action: str
    subject: str
    tenant_id: UUID | None
    detail: Mapping[str, Any]


def append(
    conn: Conn,
    *,
    who: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    tenant_id: UUID | None = None,
    at: datetime | None = None,
) -> int:
    """Write one act in the transaction of `conn`; its place in the chain. Other writers wait until it ends.

    In a tenant's session `tenant_id` must be that tenant. `at` defaults to now. `detail` is plain JSON.
    """
    facts = {
        "action": action,
        "at": at or datetime.now(UTC),
        "detail": dict(detail or {}),
        "subject": subject,
        "tenant": tenant_id,
        "who": who,
    }
    try:
        record = canonical(facts)
    except (TypeError, ValueError) as error:
        raise BadInput(f"audit detail: {error}", hint="plain JSON only") from error
    if "\\u0000" in record:
        raise BadInput("audit record: holds a NUL character", hint="PostgreSQL stores none")
    row = conn.execute("SELECT store.audit_append(%s) AS seq", (record,)).fetchone()
    assert row is not None
    return row["seq"]


def note(conn: Conn, by: Actor, action: str, subject: str, tenant_id: UUID | None = None, /, **detail: Any) -> int:
    """Write an operation's act where it is done, in its transaction; its place in the chain.

    `tenant_id`: whose data it touched; None for the operator's own acts. The log is never erased: `detail` names no
    person beside the actor, no address, and no words that people wrote.
    """
    return append(conn, who=str(by), action=action, subject=subject, detail=detail, tenant_id=tenant_id)


_FIND = """
SELECT seq, record FROM store.audit
 WHERE (%(tenant)s::uuid IS NULL OR tenant_id = %(tenant)s)
   AND (%(action)s::text IS NULL OR action = %(action)s)
   AND (%(subject)s::text IS NULL OR subject = %(subject)s)
   AND (%(before)s::bigint IS NULL OR seq < %(before)s)
   AND (%(after)s::bigint IS NULL OR seq > %(after)s)
 ORDER BY seq DESC
 LIMIT %(limit)s
"""


def find(
    conn: Conn,
    *,
    tenant_id: UUID | None = None,
    action: str | None = None,
    subject: str | None = None,
    before: int | None = None,
    after: int | None = None,
    limit: int = 100,
) -> list[Entry]:
    """Entries that `conn` may see, newest first; the next page is `before` the last one's `seq`."""
    values = {
        "tenant": tenant_id, "action": action, "subject": subject,
        "before": before, "after": after, "limit": limit,
    }  # fmt: skip
    return [_entry(row["seq"], row["record"]) for row in conn.execute(_FIND, values)]


def _entry(seq: int, record: str) -> Entry:
    facts = json.loads(record)
    return Entry(
        seq=seq,
        at=datetime.fromisoformat(facts["at"]),
        who=facts["who"],
        action=facts["action"],
        subject=facts["subject"],
        tenant_id=UUID(facts["tenant"]) if facts["tenant"] else None,
        detail=facts["detail"],
    )


# One statement, so one snapshot: the rows and, last, where the writer says they end.
_CHAIN = """
SELECT seq, record, prev_hash, hash, false AS is_end FROM store.audit
UNION ALL
SELECT seq, '', ''::bytea, hash, true FROM store.audit_head
ORDER BY is_end, seq
"""


def verify(conn: Conn, anchors: list[Anchor] | None = None) -> tuple[Anchor, list[Fault]]:
    """(where the chain ends, faults) of the whole chain, while writers go on. `conn`: the operator's."""
    head = Anchor(0, GENESIS)

    def rows() -> Iterator[Row]:
        nonlocal head
        with conn.cursor("audit_rows") as cursor:
            cursor.itersize = 2_000
            for row in cursor.execute(_CHAIN):
                if row["is_end"]:
                    head = Anchor(row["seq"], row["hash"])
                else:
                    yield Row(row["seq"], row["record"], row["prev_hash"], row["hash"])

    faults = list(check(rows(), head=lambda: head, anchors=anchors or []))
    return head, faults


def end(conn: Conn) -> Anchor:
    """Where the chain ends now, from any session."""
    with conn.cursor(row_factory=class_row(Anchor)) as cursor:
        row = cursor.execute("SELECT seq, hash FROM store.audit_end()").fetchone()
    assert row is not None
    return row


def note_anchor(folder: Path, anchor: Anchor) -> None:
    """Add the chain's end to the file of anchors in `folder`, unless it is the last one noted."""
    if anchor.seq == 0 or anchor in read_anchors(folder):
        return
    line = canonical({"seq": anchor.seq, "hash": anchor.hash.hex(), "noted_at": datetime.now(UTC)}) + "\n"
    descriptor = os.open(folder / _ANCHORS, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(line)


def read_anchors(folder: Path) -> list[Anchor]:
    """The anchors noted in `folder`. Raises BadInput naming the damaged line."""
    path = folder / _ANCHORS
    if not path.exists():
        return []
    found: list[Anchor] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            facts = json.loads(line)
            found.append(Anchor(int(facts["seq"]), bytes.fromhex(facts["hash"])))
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{path}, line {number}: {error}", hint="restore the file from its copy") from error
    return found


_ANCHORS = "audit-anchors.jsonl"
