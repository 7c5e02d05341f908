"""Rating again: a reversal and a new line for each call whose price changes; invoiced charges are left alone.

A month's bundle goes to its calls by `answered_at`, then call id, while calls are recorded when they end.
`rerate` is what brings the one to the other, besides a new tariff for past calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row, tuple_row

from billing.charges.ledger import (
    FIELDS,
    ChargeRecord,
    charge_call,
    lock_account,
    lock_month,
    price,
    record_of,
    replace_charge,
)
from billing.charges.tariffs import InForce, Timetable, named, timetable
from billing.rating.rating import Call, micros
from billing.rating.recheck import Price, PricedCalls, Recheck
from store import tenants
from store.calls import get
from store.db import Conn, Database, pages
from store.tenants import Tenant


@dataclass(slots=True)
class Rerated:
    """What rating again did. `invoiced`: calls whose price would change, but only a credit note can; `otherwise`: what
    each of them costs and would cost, micro-euros."""

    changed: list[tuple[ChargeRecord, ChargeRecord]] = field(default_factory=list[tuple[ChargeRecord, ChargeRecord]])
    added: list[ChargeRecord] = field(default_factory=list[ChargeRecord])
    invoiced: list[UUID] = field(default_factory=list[UUID])
    otherwise: list[tuple[int | None, int | None]] = field(default_factory=list[tuple[int | None, int | None]])
    same: int = 0


def rerate(
    conn: Conn,
    tenant_id: UUID,
    since: datetime,
    until: datetime | None = None,
    *,
    by: InForce | None = None,
    month: date | None = None,
    why: str = "rerate",
    quick: bool = False,
) -> Rerated:
    """Rate a tenant's calls answered from `since` to before `until` again, as if they had come in order.

    `month`: only charges of this month. `by`: the tariff to use; without it, the one in force when each call was
    answered. `quick`: what the tariff that holds has rated is taken to be right, but for its share of the bundle.
    `conn` is an operator's transaction with the tenant set; other calls of the tenant wait until it ends.
    """
    lock_account(conn, tenant_id)
    done = Rerated()
    for call_id in _uncharged(conn, tenant_id, since, until):
        done.added.append(charge_call(conn, get(conn, call_id).cdr))
    tariffs = timetable(conn, tenant_id)
    for each in _months(conn, tenant_id, since, until):
        if month in (None, each):
            lock_month(conn, tenant_id, each)
            _rerate_month(conn, tenant_id, each, (since, until), by, tariffs, why, done, quick=quick)
    return done


def rerate_each(
    db: Database, slug: str | None, since: datetime, until: datetime | None, *, tariff: str | None, why: str
) -> Iterator[tuple[Tenant, Rerated]]:
    """Rate the calls of one tenant, or of all, again; each in its transaction. `tariff`: NAME or NAME@VERSION."""
    with db.operator() as conn:
        chosen = tenants.chosen(conn, slug)
        by = named(conn, tariff) if tariff else None
    for tenant in chosen:
        with db.operator(tenant.id) as conn:
            done = rerate(conn, tenant.id, since, until, by=by, why=why)
        yield tenant, done


def _rerate_month(
    conn: Conn,
    tenant_id: UUID,
    month: date,
    span: tuple[datetime, datetime | None],
    by: InForce | None,
    tariffs: Timetable,
    why: str,
    done: Rerated,
    *,
    quick: bool,
) -> None:
    """A first pass over plain numbers finds the few calls whose price changes; only those are read whole."""
    since, until = micros(span[0]), None if span[1] is None else micros(span[1])
    prices = Prices(by, tariffs)
    of = _Month(conn, tenant_id, month)
    used = 0
    changing: dict[UUID, int] = {}
    invoiced_before = len(done.invoiced)
    quick = quick and not of.rated_otherwise(span, prices)
    pages = of.near_the_bundle(lambda: used >= prices.largest_bundle) if quick else of.all()
    for page in pages:
        for row, uncovered in zip(page, prices.uncovered(page), strict=True):
            call_id, direction, far_party, answered, ended, invoiced, *facts = row
            old = Price(*facts)
            new = old
            if since <= answered and (until is None or answered < until):
                recheck = prices.at(answered)
                left = max(0, recheck.bundle_seconds - used)
                new = recheck.price(direction, far_party, answered, ended, left) if left else uncovered
                if new != old and not invoiced:
                    changing[UUID(call_id)] = left
                elif new != old:
                    if new.amount_micros != old.amount_micros:
                        done.invoiced.append(UUID(call_id))
                        done.otherwise.append((old.amount_micros, new.amount_micros))
                    new = old
            used += new.bundle_seconds
    done.same += of.count() - len(changing) - (len(done.invoiced) - invoiced_before)
    for old, ended_at, caller, callee in _charges(conn, list(changing)):
        assert old.answered_at is not None
        force = prices.force(micros(old.answered_at))
        call = Call(str(old.call_id), old.direction, caller, callee, old.answered_at, ended_at, old.leg)
        charge = price(call, force, changing[old.call_id])
        new = record_of(old, charge, force, why)
        replace_charge(conn, old, new)
        done.changed.append((old, new))


Row = tuple[Any, ...]
"""Of `_STORED`."""


class Prices:
    """What rates a call, by the instant it was answered."""

    def __init__(self, by: InForce | None, tariffs: Timetable) -> None:
        self.entries = [(_EVER, by)] if by else list(tariffs.entries)
        """The latest first."""
        self._entries = [(micros(from_at), force, Recheck(force)) for from_at, force in self.entries]
        self._none = Recheck(None)
        self.largest_bundle = max((recheck.bundle_seconds for _, _, recheck in self._entries), default=0)

    def at(self, answered: int) -> Recheck:
        """What computes the price of a call answered at so many µs."""
        return next((found for from_at, _, found in self._entries if from_at <= answered), self._none)

    def force(self, answered: int) -> InForce | None:
        """Its tariff."""
        return next((force for from_at, force, _ in self._entries if from_at <= answered), None)

    def uncovered(self, page: Sequence[Row]) -> list[Price]:
        """The prices of some calls, in their order, when nothing is left of the bundle."""
        found: list[Price] = []
        for recheck, rows in groupby(page, lambda row: self.at(row[3])):
            _, directions, far_parties, answered, ended, *_ = zip(*rows, strict=True)
            found += recheck.prices(PricedCalls(directions, far_parties, answered, ended))
        return found


_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = 10_000
_STORED = """
SELECT c.call_id::text, coalesce(c.leg, c.direction), CASE c.direction WHEN 'outbound' THEN k.callee ELSE k.caller END,
       (extract(epoch FROM c.answered_at) * 1000000)::bigint, (extract(epoch FROM k.ended_at) * 1000000)::bigint,
       i.id IS NOT NULL,
       c.status, c.answered_seconds, c.billed_seconds, c.bundle_seconds, c.amount_micros, c.prefix, c.tariff,
       c.tariff_version
  FROM billing.current_charges c JOIN store.calls k ON k.id = c.call_id
  LEFT JOIN (billing.invoice_charges l JOIN billing.live_invoices i ON i.id = l.invoice_id)
         ON l.call_id = c.call_id AND l.generation = c.generation
 WHERE c.tenant_id = %(tenant)s AND c.month = %(month)s AND c.answered_at IS NOT NULL
"""
_IN_ORDER = " ORDER BY c.answered_at, c.call_id"
_AFTER = " AND (c.answered_at, c.call_id) > (timestamptz 'epoch' + %(at)s * interval '1 microsecond', %(id)s::uuid)"
_COUNT = """
SELECT count(*) AS calls FROM billing.current_charges
 WHERE tenant_id = %(tenant)s AND month = %(month)s AND answered_at IS NOT NULL
"""
# width_bucket: the place of the last assignment that holds from an instant on; 0, and so NULL, before the first
_RATED_OTHERWISE = """
SELECT 1 FROM billing.current_charges c, width_bucket(c.answered_at, %(from)s::timestamptz[]) AS place
 WHERE c.tenant_id = %(tenant)s AND c.month = %(month)s AND c.answered_at >= %(since)s
   AND (%(until)s::timestamptz IS NULL OR c.answered_at < %(until)s)
   AND (c.tariff, c.tariff_version) IS DISTINCT FROM ((%(names)s::text[])[place], (%(versions)s::integer[])[place])
 LIMIT 1
"""


class _Month:
    """The charges that count of a month's answered calls, as plain numbers, in the order of the bundle."""

    def __init__(self, conn: Conn, tenant_id: UUID, month: date) -> None:
        self._conn = conn
        self._key: dict[str, Any] = {"tenant": tenant_id, "month": month}

    def count(self) -> int:
        """How many they are."""
        row = self._conn.execute(_COUNT, self._key).fetchone()
        assert row is not None
        return row["calls"]

    def rated_otherwise(self, span: tuple[datetime, datetime | None], prices: Prices) -> bool:
        """Whether a call of the span was rated by another tariff than the one in `prices`."""
        entries = prices.entries[::-1]
        key = self._key | {
            "since": span[0],
            "until": span[1],
            "from": [from_at for from_at, _ in entries],
            "names": [force.name for _, force in entries],
            "versions": [force.version for _, force in entries],
        }
        return self._conn.execute(_RATED_OTHERWISE, key).fetchone() is not None

    def all(self, after: Row | None = None, where: LiteralString = "") -> Iterator[list[Row]]:
        """All of them, or those after one."""
        key = self._key if after is None else self._key | {"at": after[3], "id": after[0]}
        with self._conn.cursor("stored_charges", row_factory=tuple_row) as cursor:
            cursor.execute(_STORED + ("" if after is None else _AFTER) + where + _IN_ORDER, key)
            yield from pages(cursor, _PAGE)

    def near_the_bundle(self, spent: Callable[[], bool]) -> Iterator[list[Row]]:
        """Those that may get some of the bundle, and those that did: until it is `spent`, all of them.

        Rated by the tariff that holds, the others cost what they cost.
        """
        last: Row | None = None
        if not spent():
            with self._conn.cursor(row_factory=tuple_row) as cursor:
                page = cursor.execute(_STORED + _IN_ORDER + " LIMIT %(page)s", self._key | {"page": _PAGE}).fetchall()
            if not page:
                return
            yield page
            last = page[-1]
        yield from self.all(last, " AND c.bundle_seconds > 0" if spent() else "")


def _charges(conn: Conn, call_ids: Sequence[UUID]) -> Iterator[tuple[ChargeRecord, datetime, str, str]]:
    """The charges that count of some calls, in the order of the bundle, with what else rating needs of each."""
    with conn.cursor(row_factory=class_row(ChargeRecord)) as cursor:
        charges = cursor.execute(
            f"SELECT {FIELDS} FROM billing.current_charges WHERE call_id = ANY(%s) ORDER BY answered_at, call_id",
            (list(call_ids),),
        ).fetchall()
    calls = conn.execute("SELECT id, ended_at, caller, callee FROM store.calls WHERE id = ANY(%s)", (list(call_ids),))
    facts = {row["id"]: row for row in calls}
    for charge in charges:
        row = facts[charge.call_id]
        yield charge, row["ended_at"], row["caller"], row["callee"]


def _months(conn: Conn, tenant_id: UUID, since: datetime, until: datetime | None) -> list[date]:
    rows = conn.execute(
        """SELECT DISTINCT month FROM billing.current_charges
            WHERE tenant_id = %(tenant)s AND answered_at >= %(since)s
              AND (%(until)s::timestamptz IS NULL OR answered_at < %(until)s) ORDER BY month""",
        {"tenant": tenant_id, "since": since, "until": until},
    ).fetchall()
    return [row["month"] for row in rows]


def _uncharged(conn: Conn, tenant_id: UUID, since: datetime, until: datetime | None) -> list[UUID]:
    rows = conn.execute(
        """SELECT k.id FROM store.calls k
            WHERE k.tenant_id = %(tenant)s AND k.channel = 'voice'
              AND coalesce(k.answered_at, k.started_at) >= %(since)s
              AND (%(until)s::timestamptz IS NULL OR coalesce(k.answered_at, k.started_at) < %(until)s)
              AND NOT EXISTS (SELECT 1 FROM billing.charges c WHERE c.call_id = k.id)
            ORDER BY k.answered_at, k.id""",
        {"tenant": tenant_id, "since": since, "until": until},
    ).fetchall()
    return [row["id"] for row in rows]
