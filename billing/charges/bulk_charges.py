"""What a chunk of stored calls costs: priced in columns, written by COPY, counted on the month and the account.

For each call what `ledger.record_call` does; `bulk` stores the calls and holds the transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date
from decimal import Decimal
from itertools import pairwise
from typing import Literal, NamedTuple
from uuid import UUID

import numpy as np

from billing.charges import controls
from billing.charges.ledger import bundle_held, decimal_of, lock_account, lock_month, segment_json
from billing.charges.tariffs import InForce, assigned
from billing.rating.cdrs import Block
from billing.rating.columns import NO_RATE, SEVERAL, UNANSWERED, Columns
from billing.rating.instants import NEVER, Ints
from billing.rating.rating import SECOND, Priced, Segment, engine, micros, no_rate
from billing.rating.tariff import Tariff
from store.db import Conn

Status = Literal["rated", "unanswered", "unrated", "known", "rejected"]


class Outcome(NamedTuple):
    """What became of a row. `known`: recorded before, left as it was; `rejected`: `reason` says why."""

    call_id: str
    status: Status
    amount_micros: int | None = None
    reason: str | None = None


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


_NO_TARIFF = Tariff(())


class Tool:
    """A tariff in force, ready for many calls. Without one, nothing has a price."""

    def __init__(self, force: InForce | None, currency: str) -> None:
        tariff = force.tariff if force else _NO_TARIFF
        self.assigned = force is not None
        self.columns = Columns(engine(tariff))
        self.bundle_seconds, self.months = self.columns.compiled.bundle_seconds, self.columns.compiled.months
        self.to_micros = 10 ** (6 - tariff.decimals)
        self._currency = tariff.currency if force else currency
        self._version = f"{force.name}\t{force.version}" if force else "\\N\t\\N"
        self._around: dict[tuple[int, int], tuple[str, str]] = {}

    def unpriced(self, status: Status, reason: str = r"\N") -> str:
        """The columns of a charge from `status` on, for a call without a price."""
        amount = "0" if status == "unanswered" else r"\N"
        return f"{status}\t{amount}\t0\t{self._currency}\t\\N\t{reason}\t[]\t{self._version}\n"

    def around(self, rate: int, window: int) -> tuple[str, str]:
        """The columns after `amount` of a call that lies in one window and gets nothing of the bundle: what stands
        before its seconds in `segments`, and what after them. `rate` is an index of `columns.rates`."""
        known = self._around.get((rate, window))
        if known is None:
            priced = self.columns.rates[rate]
            segment = json.dumps([segment_json(Segment(7, priced.minutes[window], bundled=False))])
            before, _, after = segment.partition("7")
            head, tail = self._ends(priced, decimal_of(priced.terms.connection_fee))
            known = self._around[rate, window] = head + before, after + tail
        return known

    def apart(self, rate: int, answered: int, billed: int, covered: int) -> str:
        """The same columns for any call, `covered` seconds of which the bundle pays."""
        priced = self.columns.rates[rate]
        head, tail = self._ends(priced, decimal_of(priced.terms.connection_fee) if covered < billed else Decimal(0))
        segments = [segment_json(found) for found in priced.segments(answered, covered, billed)]
        return f"{head}{json.dumps(segments)}{tail}"

    def _ends(self, priced: Priced, fee: Decimal) -> tuple[str, str]:
        return f"\t{fee}\t{self._currency}\t{priced.prefix}\t\\N\t", f"\t{self._version}\n"


class Month:
    """A month's counters while a chunk is charged; its row is locked."""

    def __init__(self, first: date, used: int, held: int) -> None:
        self.first, self.name = first, str(first)
        self.used = used + held
        """Seconds of the bundle that are gone, or held by calls in progress."""
        self.calls = self.unrated = 0
        self.steps: list[tuple[int, int, int, int]] = []
        """Of each call that bills: seconds from the bundle, seconds charged, micro-euros, its tariff's bundle."""

    def sums(self) -> tuple[int, int, int]:
        """Seconds from the bundle, seconds charged, micro-euros."""
        bundle, charged, amount, _ = zip(*self.steps, strict=True) if self.steps else ((), (), (), ())
        return sum(bundle), sum(charged), sum(amount)


def charge(
    conn: Conn, tenant_id: UUID, names: Sequence[str], block: Block, tools: dict[tuple[str, int], Tool]
) -> list[Outcome]:
    """Charge stored calls, in their order."""
    account = lock_account(conn, tenant_id)
    conn.execute(_RELEASE, (tenant_id,))
    months: dict[int, Month] = {}
    outcomes: list[Outcome] = []
    lines: list[str] = []
    at = np.where(block.answered == NEVER, block.ended, block.answered)
    runs = list(_runs(conn, at, account["currency"], tools))
    numbers = [tool.months.numbers(at[run] // SECOND) for tool, run in runs]
    for number in sorted({number for some in numbers for number in some}):
        first = date(number // 12, number % 12 + 1, 1)
        months[number] = Month(first, lock_month(conn, tenant_id, first), bundle_held(conn, tenant_id, first))
    for (tool, run), some in zip(runs, numbers, strict=True):
        part = block.only(range(run.start, run.stop))
        for outcome, line in _priced(part, names[run], tool, [months[number] for number in some]):
            outcomes.append(outcome)
            lines.append(line)
    conn.execute(_CHARGED)
    with conn.cursor() as cursor, cursor.copy(f"COPY charged ({_CHARGE}) FROM STDIN") as copy:
        copy.write("".join(lines))
    conn.execute(_KEEP, (tenant_id,))
    _count(conn, tenant_id, months.values())
    return outcomes


def _runs(conn: Conn, at: Ints, currency: str, tools: dict[tuple[str, int], Tool]) -> Iterator[tuple[Tool, slice]]:
    """Calls in a row with the same tariff in force, in their order."""
    since, forces = _in_force(conn)
    of = np.searchsorted(np.array(since, dtype=np.int64), at, side="right") - 1
    edges = [0, *(np.flatnonzero(np.diff(of)) + 1).tolist(), len(of)]
    for begin, end in pairwise(edges):
        place = int(of[begin])
        force = forces[place] if place >= 0 else None
        yield _tool(force, currency, tools), slice(begin, end)


def _in_force(conn: Conn) -> tuple[list[int], list[InForce]]:
    """The session tenant's assignments, the earliest first, with the µs each holds from."""
    entries = [(micros(from_at.astimezone(UTC)), force) for from_at, force in reversed(assigned(conn).entries)]
    return [since for since, _ in entries], [force for _, force in entries]


def _tool(force: InForce | None, currency: str, tools: dict[tuple[str, int], Tool]) -> Tool:
    key = (force.name, force.version) if force else ("", 0)
    if key not in tools:
        tools[key] = Tool(force, currency)
    return tools[key]


def _priced(block: Block, names: Sequence[str], tool: Tool, months: Sequence[Month]) -> Iterator[tuple[Outcome, str]]:
    """Each call's outcome and its charge as a line of COPY; the months' counters follow."""
    columns, bundle = tool.columns, tool.bundle_seconds
    far = block.far_parties()
    prices = columns.price(block.directions, far, block.answered, block.ended)
    unanswered = tool.unpriced("unanswered")
    rates: list[int] = prices.rate.tolist()
    amounts = (columns.rounded(prices.units) * tool.to_micros).tolist()
    facts = zip(
        names, block.call_ids, block.directions, far, block.answered.tolist(), rates,
        prices.included.tolist(), prices.seconds.tolist(), prices.billed.tolist(), prices.window.tolist(),
        amounts, months, strict=True,
    )  # fmt: skip
    for name, call_id, direction, party, answered, rate, included, seconds, billed, window, amount, month in facts:
        month.calls += 1
        if rate == UNANSWERED:
            line = f"{name}\t{direction}\t{party}\t\\N\t{month.name}\t0\t0\t0\t0\t{unanswered}"
            yield Outcome(call_id, "unanswered", 0), line
            continue
        head = f"{name}\t{direction}\t{party}\t{answered}\t{month.name}\t{seconds}"
        if rate == NO_RATE:
            reason = no_rate(direction, party) if tool.assigned else "no tariff is assigned to the tenant"
            month.unrated += 1
            yield Outcome(call_id, "unrated", None, reason), f"{head}\t0\t0\t0\t{tool.unpriced('unrated', reason)}"
            continue
        covered = 0
        if included and month.used < bundle:
            covered = min(bundle - month.used, billed)
            units = columns.rates[int(rate)].cost(answered, covered, billed)
            amount = columns.compiled.rounded(units) * tool.to_micros
            month.used += covered
        if covered or window == SEVERAL:
            rest = tool.apart(rate, answered, billed, covered)
        else:
            before, after = tool.around(rate, window)
            rest = f"{before}{billed}{after}"
        month.steps.append((covered, billed - covered, amount, bundle))
        line = f"{head}\t{billed}\t{covered}\t{billed - covered}\trated\t{amount}{rest}"
        yield Outcome(call_id, "rated", amount), line


def _count(conn: Conn, tenant_id: UUID, months: Iterable[Month]) -> None:
    """Bring the counters and the balance up to the charges, and tell of the thresholds they crossed."""
    spent = 0
    limits = controls.limits_of(conn, tenant_id)
    for month in months:
        sums = month.sums()
        row = conn.execute(
            _COUNT + "RETURNING bundle_seconds, amount_micros",
            (month.calls, month.unrated, *sums, tenant_id, month.first),
        ).fetchone()
        assert row is not None
        spent += sums[2]
        _watch(conn, tenant_id, limits, month, row["bundle_seconds"], row["amount_micros"])
    conn.execute(
        "UPDATE billing.accounts SET balance_micros = balance_micros - %s WHERE tenant_id = %s", (spent, tenant_id)
    )


def _watch(conn: Conn, tenant_id: UUID, limits: controls.Limits, month: Month, bundle: int, amount: int) -> None:
    """As after each call by itself: `bundle` and `amount` are the month's sums after the last of them."""
    covered, _, micro = month.sums()
    before = bundle - covered, amount - micro
    for included in {included for *_, included in month.steps}:
        first, last = (controls.Spent(b, included, a) for b, a in (before, (bundle, amount)))
        if controls.alerts(limits, first, last, month.first):
            break
    else:
        return  # nothing is crossed by all of them: not by one
    used, spent = before
    for covered, _, micro, included in month.steps:
        first = controls.Spent(used, included, spent)
        used, spent = used + covered, spent + micro
        for notice in controls.alerts(limits, first, controls.Spent(used, included, spent), month.first):
            controls.tell(conn, tenant_id, notice)
