"""Calls brought from elsewhere, by the thousand: what `ledger.record_call` does for each, done for a chunk at once.

A chunk is one transaction: its CDRs, charges, counters and balance are all there or none of it. The same rows are left
as by recording its calls one by one in their order, and a call recorded before is left as it was. Locks are taken as
there: the calls (by id), the account, the months (in order).
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import NamedTuple
from uuid import UUID, uuid5

import numpy as np
from psycopg.errors import UniqueViolation
from psycopg.rows import tuple_row

from billing.charges.bulk_charges import Outcome, Tool, charge
from billing.rating.cdrs import Block
from billing.rating.instants import NEVER
from store.audit import note
from store.base.actor import Actor
from store.db import Conn, Database

_FLIGHT = 3
"""How many blocks are under way at once: one charged, one written, one read and waiting."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{12}").fullmatch


def call_uuid(tenant_id: UUID, call_id: str) -> str:
    """The id a call is stored under: its own when it is a UUID, else one that follows from tenant and `call_id`."""
    return call_id.lower() if _UUID(call_id) else str(uuid5(tenant_id, call_id))


def import_calls(
    db: Database, tenant_id: UUID, blocks: Iterable[Block], *, by: Actor, source: str = "", bounds: Bounds | None = None
) -> Iterator[list[Outcome]]:
    """Record rows as calls of a tenant, a block a transaction; yields each block's outcomes once it is stored.

    While one block is charged the next one's calls are written, so that two cores have work; the blocks are charged
    and committed in their order. Stopped anywhere, it may be run again on the same rows: what was stored is known.
    All of it is on the disk once the iterator has ended; the audit log then has one entry, named for `source` (a file).
    """
    tools: dict[tuple[str, int], Tool] = {}
    before, counts = Handover.over(), Counter[str]()
    with ThreadPoolExecutor(_FLIGHT) as pool:
        running: deque[Future[list[Outcome]]] = deque()
        for block in blocks:
            mine = Handover()
            running.append(pool.submit(_record_block, db, tenant_id, block, tools, before, mine, bounds))
            before = mine
            if len(running) == _FLIGHT:
                yield _counted(running.popleft().result(), counts)
        while running:
            yield _counted(running.popleft().result(), counts)
    with db.tenant(tenant_id) as conn:
        conn.execute("SELECT billing.look_again(), txid_current()")  # with an id of its own, its commit waits
        note(conn, by, "calls.import", f"file:{source}", tenant_id, **counts)


def _counted(outcomes: list[Outcome], counts: Counter[str]) -> list[Outcome]:
    counts.update(outcome.status for outcome in outcomes)
    return outcomes


class Bounds(NamedTuple):
    """What an imported call may be: ended by `latest` (µs since 1970), no longer than `longest` seconds."""

    latest: int
    longest: int

    def broken(self, block: Block) -> dict[int, str]:
        """Why rows break them, by place."""
        talked = np.where(block.answered == NEVER, 0, block.ended - block.answered)
        found = dict.fromkeys(np.flatnonzero(block.ended > self.latest).tolist(), "ended_at: it has not come yet")
        for place in np.flatnonzero(talked > self.longest * 1_000_000).tolist():
            hours = int(talked[place]) / 3_600_000_000
            why = f"ended_at: {hours:.1f} h after the answer: a call that long was mostly never ended (--longest)"
            found.setdefault(place, why)
        return found


class Handover:
    """How far a chunk has come: its calls are written; it is over (committed, or failed)."""

    def __init__(self) -> None:
        self.written, self.ended = Event(), Event()

    @classmethod
    def over(cls) -> Handover:
        """Of the chunk before the first."""
        done = cls()
        done.end()
        return done

    def end(self) -> None:
        """Nothing more comes of it."""
        self.written.set()
        self.ended.set()


def _record_block(
    db: Database,
    tenant_id: UUID,
    block: Block,
    tools: dict[tuple[str, int], Tool],
    before: Handover,
    mine: Handover,
    bounds: Bounds | None = None,
) -> list[Outcome]:
    """One block. Its calls wait until those before are written: a call in both then waits for the commit."""
    try:
        before.written.wait()
        with db.tenant(tenant_id) as conn:
            conn.execute("SET LOCAL synchronous_commit = off")  # the last transaction of all waits for the disk
            some = Chunk(conn, tenant_id, block, bounds)
            some.write()
            mine.written.set()
            before.ended.wait()
            return some.charge(tools)
    finally:
        mine.end()


class Chunk:
    """Some rows, in one transaction."""

    def __init__(self, conn: Conn, tenant_id: UUID, block: Block, bounds: Bounds | None = None) -> None:
        self._conn, self._tenant_id, self._block = conn, tenant_id, block
        self._names = [call_uuid(tenant_id, call_id) for call_id in block.call_ids]
        self._fates: dict[int, Outcome] = {
            place: Outcome(bad.call_id, "rejected", reason=bad.reason) for place, bad in block.bad.items()
        }
        for place in np.flatnonzero((block.answered == NEVER) & (block.ended == 0)).tolist():
            why = "ended_at: empty; a call is stored with its end"
            self._fates.setdefault(place, Outcome(block.call_ids[place], "rejected", reason=why))
        for place, why in (bounds.broken(block) if bounds else {}).items():
            self._fates.setdefault(place, Outcome(block.call_ids[place], "rejected", reason=why))
        taken: set[str] = set()
        self._places: list[int] = []
        """Of the rows to be stored."""
        for place, name in enumerate(self._names):
            if place in self._fates:
                continue
            key = name.replace("-", "")
            if key in taken:
                self._fates[place] = Outcome(block.call_ids[place], "known", reason="stands in the file before")
                continue
            taken.add(key)
            self._places.append(place)
        self._stored = 0

    def write(self) -> None:
        """Write the calls that are new."""
        self._stored = _store(self._conn, self._tenant_id, self._names, self._block, self._places)

    def charge(self, tools: dict[tuple[str, int], Tool]) -> list[Outcome]:
        """Charge the calls that never were. `tools`: tariffs made ready, kept between blocks."""
        if self._stored < len(self._places):
            refused = _already(self._conn)
            for place, fate in refused.items():
                self._fates[place] = _refusal(self._block.call_ids[place], self._names[place], fate)
            self._places = [place for place in self._places if place not in refused]
        charged: Sequence[Outcome] = ()
        if self._places:
            names = [self._names[place] for place in self._places]
            charged = charge(self._conn, self._tenant_id, names, self._block.only(self._places), tools)
        outcomes = dict(zip(self._places, charged, strict=True)) | self._fates
        return [outcomes[place] for place in range(len(self._names))]


def _refusal(call_id: str, name: str, fate: str) -> Outcome:
    if fate == "known":
        return Outcome(call_id, "known", reason="recorded before")
    if fate == "differs":
        why = "recorded before with another answer or end: a call is stored once; rerate or credit it"
        return Outcome(call_id, "rejected", reason=f"call_id: {why}")
    return Outcome(call_id, "rejected", reason=f"call_id: {name} is the id of another tenant's call")


# -- the calls ------------------------------------------------------------------------------------------------

# COPY does not go into a table under row-level security; it goes into one that ends with the transaction.
_INCOMING = """
CREATE TEMPORARY TABLE incoming (
    place integer, id uuid, direction text, caller text, callee text, answered bigint, ended bigint, name text
) ON COMMIT DROP
"""
_STORE = """
INSERT INTO store.calls (tenant_id, id, direction, caller, callee, number, started_at, answered_at, ended_at,
                         hangup_cause, hangup_side, outcome, asterisk_uniqueid)
SELECT %s, id, direction, caller, callee, CASE direction WHEN 'inbound' THEN callee ELSE caller END,
       timestamptz 'epoch' + coalesce(answered, ended) * interval '1 microsecond',
       timestamptz 'epoch' + answered * interval '1 microsecond',
       timestamptz 'epoch' + ended * interval '1 microsecond',
       CASE WHEN answered IS NULL THEN 19 ELSE 16 END, 'system', 'imported', name
  FROM incoming ORDER BY id
"""
_STORE_NEW = _STORE + "ON CONFLICT (id) DO NOTHING"
# A call that was stored before is charged only when it never was, as `record_call` does.
_ALREADY = """
SELECT i.place, CASE WHEN k.id IS NULL THEN 'another''s'
                     WHEN abs(extract(epoch FROM k.ended_at) * 1000000 - i.ended) >= 1000000
                          OR (k.answered_at IS NULL) <> (i.answered IS NULL)
                          OR abs(extract(epoch FROM k.answered_at) * 1000000 - i.answered) >= 1000000 THEN 'differs'
                     ELSE 'known' END AS fate
  FROM incoming i LEFT JOIN store.calls k ON k.id = i.id
 WHERE k.id IS NULL OR EXISTS (SELECT 1 FROM billing.charges c WHERE c.call_id = i.id)
"""


def _store(conn: Conn, tenant_id: UUID, names: Sequence[str], of: Block, places: Sequence[int]) -> int:
    """Write the calls at some places; how many were new."""
    conn.execute(_INCOMING)
    answered, ended = of.answered.tolist(), of.ended.tolist()
    lines = [
        f"{place}\t{names[place]}\t{of.directions[place]}\t{of.callers[place]}\t{of.callees[place]}\t"
        f"{_instant(answered[place])}\t{ended[place]}\t{_own(of.call_ids[place])}\n"
        for place in places
    ]
    with conn.cursor() as cursor, cursor.copy("COPY incoming FROM STDIN") as copy:
        copy.write("".join(lines))
    try:  # mostly all are new, and adding rows is quicker when none of them may be there already
        with conn.transaction():
            return conn.execute(_STORE, (tenant_id,)).rowcount
    except UniqueViolation:
        return conn.execute(_STORE_NEW, (tenant_id,)).rowcount


def _already(conn: Conn) -> dict[int, str]:
    """The places of calls that are not to be charged: theirs is stored and charged ("known", or "differs" where its
    times are others), or is another tenant's."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        found: dict[int, str] = dict(cursor.execute(_ALREADY).fetchall())
    if found:
        conn.execute("DELETE FROM incoming WHERE place = ANY(%s)", (list(found),))
    return found


def _instant(at: int) -> str:
    return r"\N" if at == NEVER else str(at)


def _own(call_id: str) -> str:
    """The id a call had elsewhere, where it is not the one it is stored under."""
    return r"\N" if _UUID(call_id) else _escaped(call_id)


def _escaped(text: str) -> str:
    """As COPY's text format has it."""
    return text.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
