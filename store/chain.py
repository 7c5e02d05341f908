"""Hash chains: rows that cannot be changed, removed, inserted or reordered unseen. Pure; the audit log and
compliance's decisions are such chains.

    hash(n) = SHA-256( hash(n−1) ‖ n in decimal ‖ LF ‖ record )        hash(0) = 32 zero bytes

`record` is canonical JSON (`canonical`): the row's facts. `app.chain_hash` is the same in SQL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID

GENESIS = bytes(32)
"""What the first row follows."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is stored."""

    seq: int
    record: str
    prev_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """A row's hash, noted outside the chain."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a chain is broken. `seq` is the row (of a gap, the first row missing)."""

    seq: int
    kind: Literal["changed", "removed", "inserted", "unlinked", "truncated", "rewritten"]
    what: str


def canonical(facts: Mapping[str, Any]) -> str:
    """`facts` as JSON with one spelling: keys sorted, no spaces, accents kept, times in UTC.

    Raises ValueError for NaN and infinities, TypeError for what JSON cannot say.
    """
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID | date):
        return str(value)
    raise TypeError(f"not JSON: {type(value).__name__}")


def link(prev_hash: bytes, seq: int, record: str) -> bytes:
    """The hash of row `seq` that follows a row of hash `prev_hash`."""
    return hashlib.sha256(prev_hash + f"{seq}\n{record}".encode()).digest()


def check(
    rows: Iterable[Row],
    *,
    head: Callable[[], Anchor] | None = None,
    anchors: Sequence[Anchor] = (),
    start: Anchor | None = None,
) -> Iterator[Fault]:
    """Every fault of a chain, read in order of `seq`.

    `head`: asked after the last row, where the writer says the chain ends. `anchors`: hashes noted earlier,
    somewhere else; they alone betray a chain that was cut, or recomputed from some row on, with its head.
    `start`: the last of the rows that were let go when they had been kept long enough; it must be noted too.
    """
    noted = {anchor.seq: anchor.hash for anchor in anchors}
    last = start or Anchor(0, GENESIS)
    if start and noted.get(start.seq) != start.hash:
        yield Fault(start.seq, "removed", f"rows up to {start.seq} are gone, and no note tells that they might")
    noted = {seq: noted_hash for seq, noted_hash in noted.items() if seq > last.seq}
    for row in rows:
        yield from _check_row(last, row)
        if row.hash != noted.pop(row.seq, row.hash):
            yield Fault(row.seq, "rewritten", f"row {row.seq} is not the one whose hash was noted earlier")
        last = Anchor(row.seq, row.hash)
    for seq in sorted(noted):
        yield Fault(seq, "truncated" if seq > last.seq else "removed", f"row {seq}, once noted, is gone")
    if head is not None:
        yield from _check_end(last, head())


def _check_row(last: Anchor, row: Row) -> Iterator[Fault]:
    if row.seq > last.seq + 1:
        missing = f"row {last.seq + 1}" if row.seq == last.seq + 2 else f"rows {last.seq + 1} to {row.seq - 1}"
        yield Fault(last.seq + 1, "removed", f"{missing} removed")
    elif row.seq <= last.seq:
        yield Fault(row.seq, "inserted", f"row {row.seq} comes after row {last.seq}")
    elif row.prev_hash != last.hash:
        yield Fault(row.seq, "unlinked", f"row {row.seq} does not follow row {last.seq}: one of them was replaced")
    if link(row.prev_hash, row.seq, row.record) != row.hash:
        yield Fault(row.seq, "changed", f"row {row.seq} was changed")


def _check_end(last: Anchor, head: Anchor) -> Iterator[Fault]:
    if last.seq < head.seq:
        yield Fault(last.seq + 1, "truncated", f"rows {last.seq + 1} to {head.seq} removed from the end")
    elif last.seq > head.seq:
        yield Fault(head.seq + 1, "inserted", f"rows {head.seq + 1} to {last.seq} added behind the log's back")
    elif last.hash != head.hash:
        yield Fault(last.seq, "rewritten", f"row {last.seq} is not the one last written")
