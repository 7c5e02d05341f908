"""Calls brought from elsewhere, by the thousand: what `ledger.record_call` does for each, done for a chunk at once.

A chunk is one transaction: its CDRs, charges, counters and balance are all there or none of it. The same rows are left
as by recording its calls one by one in their order, and a call recorded before is left as it was. Locks are taken as
there: the calls (by id), the account, the months (in order).
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date
from itertools import islice
from threading import Event
from typing import Literal, NamedTuple
from uuid import UUID, uuid5

from psycopg.rows import tuple_row

from billing import controls
from billing.cdrs import BadRow, Row
from billing.clock import Months
from billing.ledger import bundle_held, decimal_of, lock_account, lock_month, segment_json
from billing.lookup import Lookup
from billing.rating import SECOND, Engine, Priced, answered_seconds, engine, micros, no_rate
from billing.tariff import PARIS
from billing.tariffs import InForce, assigned
from store.db import Conn, Database

Status = Literal["rated", "unanswered", "unrated", "known", "rejected"]
CHUNK = 20_000
"""Calls in one transaction."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{12}").fullmatch


class Outcome(NamedTuple):
    """What became of a row. `known`: recorded before, left as it was; `rejected`: `reason` says why."""

    call_id: str
    status: Status
    amount_micros: int | None = None
    reason: str | None = None


class Line(NamedTuple):
    """The part of a charge that alike calls share: micro-euros, and the columns of `_CHARGE` from `status` on."""

    amount_micros: int
    columns: str


def call_uuid(tenant_id: UUID, call_id: str) -> str:
    """The id a call is stored under: its own when it is a UUID, else one that follows from tenant and `call_id`."""
    return call_id.lower() if _UUID(call_id) else str(uuid5(tenant_id, call_id))


def import_calls(
    db: Database, tenant_id: UUID, rows: Iterable[Row | BadRow], *, chunk: int = CHUNK
) -> Iterator[list[Outcome]]:
    """Record rows as calls of a tenant, a chunk a transaction; yields each chunk's outcomes once it is stored.

    While one chunk is charged the next one's calls are written, so that two cores have work; the chunks are charged
    and committed in their order. Stopped anywhere, it may be run again on the same rows: what was stored is known.
    """
    left = iter(rows)
    tools: dict[tuple[str, int], Tool] = {}
    before = Turn.over()
    with ThreadPoolExecutor(2) as pool:
        running: deque[Future[list[Outcome]]] = deque()
        while some := list(islice(left, chunk)):
            turn = Turn()
            running.append(pool.submit(_record_chunk, db, tenant_id, some, tools, before, turn))
            before = turn
            if len(running) == 2:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


class Turn:
    """How far a chunk has come: its calls are written; it is over (committed, or failed)."""

    def __init__(self) -> None:
        self.written, self.ended = Event(), Event()

    @classmethod
    def over(cls) -> Turn:
        """Of the chunk before the first."""
        turn = cls()
        turn.end()
        return turn

    def end(self) -> None:
        """Nothing more comes of it."""
        self.written.set()
        self.ended.set()


def _record_chunk(
    db: Database,
    tenant_id: UUID,
    rows: Sequence[Row | BadRow],
    tools: dict[tuple[str, int], Tool],
    before: Turn,
    turn: Turn,
) -> list[Outcome]:
    """One chunk. Its calls wait until those before are written: a call in both then waits for the commit."""
    try:
        before.written.wait()
        with db.tenant(tenant_id) as conn:
            some = Chunk(conn, tenant_id, rows)
            some.write()
            turn.written.set()
            before.ended.wait()
            return some.charge(tools)
    finally:
        turn.end()


def record_rows(conn: Conn, tenant_id: UUID, rows: Sequence[Row | BadRow]) -> list[Outcome]:
    """Record rows in the transaction of `db.tenant(tenant_id)`."""
    some = Chunk(conn, tenant_id, rows)
    some.write()
    return some.charge({})


class Chunk:
    """Some rows, in one transaction."""

    def __init__(self, conn: Conn, tenant_id: UUID, rows: Sequence[Row | BadRow]) -> None:
        self._conn, self._tenant_id = conn, tenant_id
        self._outcomes: list[Outcome | None] = [None] * len(rows)
        self._calls: list[tuple[int, str, Row]] = []
        taken: set[str] = set()
        for place, row in enumerate(rows):
            if isinstance(row, BadRow):
                self._outcomes[place] = Outcome(row.call_id, "rejected", reason=row.reason)
            elif row.answered is None and not row.ended:
                why = "ended_at: empty; a call is stored with its end"
                self._outcomes[place] = Outcome(row.call_id, "rejected", reason=why)
            else:
                name = call_uuid(tenant_id, row.call_id)
                key = name.replace("-", "")
                if key in taken:
                    self._outcomes[place] = Outcome(row.call_id, "known", reason="stands in the file before")
                    continue
                taken.add(key)
                self._calls.append((place, name, row))

    def write(self) -> None:
        """Write the calls that are new."""
        _store(self._conn, self._tenant_id, self._calls)

    def charge(self, tools: dict[tuple[str, int], Tool]) -> list[Outcome]:
        """Charge the calls that never were. `tools`: compiled tariffs, kept between chunks."""
        refused = _already(self._conn)
        for place, name, row in self._calls:
            if place in refused:
                self._outcomes[place] = _refusal(row.call_id, name, ours=refused[place])
        calls = [found for found in self._calls if found[0] not in refused]
        _charge(self._conn, self._tenant_id, calls, self._outcomes, tools)
        return [outcome for outcome in self._outcomes if outcome is not None]


def _refusal(call_id: str, name: str, *, ours: bool) -> Outcome:
    if ours:
        return Outcome(call_id, "known", reason="recorded before")
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
    ON CONFLICT (id) DO NOTHING
"""
# A call that was stored before is charged only when it never was, as `record_call` does.
_ALREADY = """
SELECT i.place, k.id IS NOT NULL AS ours
  FROM incoming i LEFT JOIN store.calls k ON k.id = i.id
 WHERE k.id IS NULL OR EXISTS (SELECT 1 FROM billing.charges c WHERE c.call_id = i.id)
"""


def _store(conn: Conn, tenant_id: UUID, calls: Sequence[tuple[int, str, Row]]) -> None:
    conn.execute(_INCOMING)
    lines = [
        f"{place}\t{name}\t{row.direction}\t{row.caller}\t{row.callee}\t"
        f"{_null(row.answered)}\t{row.ended}\t{_null(None if _UUID(row.call_id) else _escaped(row.call_id))}\n"
        for place, name, row in calls
    ]
    with conn.cursor() as cursor, cursor.copy("COPY incoming FROM STDIN") as copy:
        copy.write("".join(lines))
    conn.execute(_STORE, (tenant_id,))


def _already(conn: Conn) -> dict[int, bool]:
    """The places of calls that are not to be charged: theirs is stored and charged (true), or is another tenant's."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        found: dict[int, bool] = dict(cursor.execute(_ALREADY).fetchall())
    if found:
        conn.execute("DELETE FROM incoming WHERE place = ANY(%s)", (list(found),))
    return found


def _null(value: object) -> str:
    return r"\N" if value is None else str(value)


def _escaped(text: str) -> str:
    """As COPY's text format has it."""
    return text.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")


# -- what they cost -------------------------------------------------------------------------------------------

_CHARGE = (
    "call_id, direction, far_party, answered, month, answered_seconds, billed_seconds, bundle_seconds,"
    " charged_seconds, status, amount_micros, fee, currency, prefix, reason, segments, tariff, tariff_version"
)
_CHARGED = """
CREATE TEMPORARY TABLE charged (
    call_id uuid, direction text, far_party text, answered bigint, month date, answered_seconds bigint,
    billed_seconds bigint, bundle_seconds bigint, charged_seconds bigint, status text, amount_micros bigint,
    fee numeric, currency text, prefix text, reason text, segments jsonb, tariff text, tariff_version integer
) ON COMMIT DROP
"""
_KEEP = """
INSERT INTO billing.charges (tenant_id, call_id, generation, kind, status, direction, far_party, answered_at, month,
        answered_seconds, billed_seconds, bundle_seconds, charged_seconds, amount_micros, fee, currency, prefix,
        reason, segments, tariff, tariff_version, why)
SELECT %s, call_id, 1, 'charge', status, direction, far_party,
       timestamptz 'epoch' + answered * interval '1 microsecond', month, answered_seconds, billed_seconds,
       bundle_seconds, charged_seconds, amount_micros, fee, currency, prefix, reason, segments, tariff,
       tariff_version, 'call'
  FROM charged
"""
_RELEASE = """
WITH gone AS (
    DELETE FROM billing.reservations r USING incoming i WHERE r.call_id = i.id RETURNING r.amount_micros)
UPDATE billing.accounts SET reserved_micros = reserved_micros - (SELECT sum(amount_micros) FROM gone)
 WHERE tenant_id = %s AND EXISTS (SELECT 1 FROM gone)
"""
_COUNT = """
UPDATE billing.usage
   SET calls = calls + %s, unrated_calls = unrated_calls + %s, bundle_seconds = bundle_seconds + %s,
       charged_seconds = charged_seconds + %s, amount_micros = amount_micros + %s
 WHERE tenant_id = %s AND month = %s
"""


class Tool:
    """A tariff in force, ready for many calls."""

    def __init__(self, force: InForce) -> None:
        self.force = force
        self.engine: Engine = engine(force.tariff)
        self._to_micros = 10 ** (6 - force.tariff.decimals)
        self.end = f"\t{force.name}\t{force.version}\n"
        self.lookup = Lookup(self.engine, self._line)

    def _line(self, answered: int, _seconds: int, billed: int, covered: int, priced: Priced) -> Line:
        amount = self.engine.rounded(priced.cost(answered, covered, billed)) * self._to_micros
        fee = decimal_of(priced.terms.connection_fee) if covered < billed else 0
        segments = json.dumps([segment_json(s) for s in priced.segments(answered, covered, billed)])
        currency = self.force.tariff.currency
        return Line(amount, f"rated\t{amount}\t{fee}\t{currency}\t{priced.prefix}\t\\N\t{segments}{self.end}")


class Month:
    """A month's counters while a chunk is charged; its row is locked."""

    def __init__(self, first: date, used: int, held: int) -> None:
        self.first = first
        self.used = used + held
        """Seconds of the bundle that are gone, or held by calls in progress."""
        self.calls = self.unrated = self.bundle = self.charged = self.amount = 0
        self.steps: list[tuple[int, int, int]] = []
        """Of each call that bills: bundle seconds, micro-euros, and the bundle its tariff includes."""


def _charge(
    conn: Conn,
    tenant_id: UUID,
    calls: Sequence[tuple[int, str, Row]],
    outcomes: list[Outcome | None],
    tools: dict[tuple[str, int], Tool],
) -> None:
    if not calls:
        return
    forces = [(since, _tool(force, tools)) for since, force in _in_force(conn)]
    account = lock_account(conn, tenant_id)
    conn.execute(_RELEASE, (tenant_id,))
    paris = Months(PARIS)
    placed: list[tuple[Tool | None, int]] = []
    for _, _, row in calls:
        at = row.ended if row.answered is None else row.answered
        tool = next((tool for since, tool in forces if since <= at), None)
        placed.append((tool, (tool.engine.months if tool else paris).month(at // SECOND)))
    months: dict[int, Month] = {}
    for number in sorted({number for _, number in placed}):
        first = date(number // 12, number % 12 + 1, 1)
        months[number] = Month(first, lock_month(conn, tenant_id, first), bundle_held(conn, tenant_id, first))
    lines: list[str] = []
    for (place, name, row), (tool, number) in zip(calls, placed, strict=True):
        outcome, line = _priced(row, name, tool, months[number], account["currency"])
        outcomes[place] = outcome
        lines.append(line)
    conn.execute(_CHARGED)
    with conn.cursor() as cursor, cursor.copy(f"COPY charged ({_CHARGE}) FROM STDIN") as copy:
        copy.write("".join(lines))
    conn.execute(_KEEP, (tenant_id,))
    _count(conn, tenant_id, months.values())


def _in_force(conn: Conn) -> list[tuple[int, InForce]]:
    """The session tenant's assignments, the latest first, from µs on."""
    return [(micros(from_at.astimezone(UTC)), force) for from_at, force in assigned(conn).entries]


def _tool(force: InForce, tools: dict[tuple[str, int], Tool]) -> Tool:
    key = force.name, force.version
    if key not in tools:
        tools[key] = Tool(force)
    return tools[key]


def _priced(row: Row, name: str, tool: Tool | None, month: Month, currency: str) -> tuple[Outcome, str]:
    """A call's outcome and its charge as a line of COPY; the month's counters follow."""
    call_id, direction, caller, callee, answered, ended = row
    far_party = callee if direction == "outbound" else caller
    end = tool.end if tool else "\t\\N\t\\N\n"
    currency = tool.force.tariff.currency if tool else currency
    month.calls += 1
    head = f"{name}\t{direction}\t{far_party}\t{_null(answered)}\t{month.first}"
    if answered is None:
        text = f"{head}\t0\t0\t0\t0\tunanswered\t0\t0\t{currency}\t\\N\t\\N\t[]{end}"
        return Outcome(call_id, "unanswered", 0), text
    seconds = answered_seconds(answered, ended)
    there = tool.lookup.find(direction, far_party) if tool else None
    if tool is None or there is None:
        reason = no_rate(direction, far_party) if tool else "no tariff is assigned to the tenant"
        month.unrated += 1
        text = f"{head}\t{seconds}\t0\t0\t0\tunrated\t\\N\t0\t{currency}\t\\N\t{reason}\t[]{end}"
        return Outcome(call_id, "unrated", None, reason), text
    left = tool.engine.bundle_seconds - month.used if there.included else 0
    covered = 0
    if left > 0:
        billed = there.priced.billed(seconds)
        covered = min(left, billed)
        line = there.make(answered, seconds, billed, covered, there.priced)
    else:
        billed, line = there.uncovered(answered, seconds)
    month.used += covered
    month.bundle += covered
    month.charged += billed - covered
    month.amount += line.amount_micros
    month.steps.append((covered, line.amount_micros, tool.engine.bundle_seconds))
    text = f"{head}\t{seconds}\t{billed}\t{covered}\t{billed - covered}\t{line.columns}"
    return Outcome(call_id, "rated", line.amount_micros), text


def _count(conn: Conn, tenant_id: UUID, months: Iterable[Month]) -> None:
    """Bring the counters and the balance up to the charges, and tell of the thresholds they crossed."""
    spent = 0
    limits = controls.limits_of(conn, tenant_id)
    for month in months:
        sums = (month.calls, month.unrated, month.bundle, month.charged, month.amount)
        row = conn.execute(
            _COUNT + "RETURNING bundle_seconds, amount_micros", (*sums, tenant_id, month.first)
        ).fetchone()
        assert row is not None
        spent += month.amount
        _watch(conn, tenant_id, limits, month, row["bundle_seconds"], row["amount_micros"])
    conn.execute(
        "UPDATE billing.accounts SET balance_micros = balance_micros - %s WHERE tenant_id = %s", (spent, tenant_id)
    )


def _watch(conn: Conn, tenant_id: UUID, limits: controls.Limits, month: Month, bundle: int, amount: int) -> None:
    """As after each call by itself: `bundle` and `amount` are the month's sums after the last of them."""
    before = bundle - month.bundle, amount - month.amount
    for included in {included for _, _, included in month.steps}:
        first, last = (controls.Spent(b, included, a) for b, a in (before, (bundle, amount)))
        if controls.alerts(limits, first, last, month.first):
            break
    else:
        return  # nothing is crossed by all of them: not by one
    used, spent = before
    for covered, micro, included in month.steps:
        first = controls.Spent(used, included, spent)
        used, spent = used + covered, spent + micro
        for notice in controls.alerts(limits, first, controls.Spent(used, included, spent), month.first):
            controls.tell(conn, tenant_id, notice)
