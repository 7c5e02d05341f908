"""Reconciliation: Asterisk's own CDRs, our CDRs, the charges and the invoice lines agree, or each difference is named.

What is compared is read here, from the store or from a file of Asterisk's; what differs is `differences.py`'s to say.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.rows import tuple_row

from billing.charges import tariffs
from billing.charges.tariffs import InForce
from billing.invoices.differences import Billed as Billed
from billing.invoices.differences import Difference as Difference
from billing.invoices.differences import Known as Known
from billing.invoices.differences import Witness as Witness
from billing.invoices.differences import agrees
from billing.invoices.differences import reconcile as reconcile
from billing.plans.subscription import add_months
from billing.rating.rating import micros
from billing.rating.recheck import PricedCalls, Recheck
from billing.rating.tariff import PARIS
from store.base.errors import BadInput
from store.db import Conn, pages

WITNESS_COLUMNS = ("call_id", "answer", "end", "billable_seconds", "disposition")


def read_witnesses(path: Path) -> dict[str, Witness]:
    """Asterisk's CDRs from a CSV file with the columns call_id, answer, end, billable_seconds, disposition.

    call_id is the CDR's userfield; rows without one are other calls of the switch. Raises BadInput.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: {error}", hint="give a CSV file of Asterisk's CDRs in UTF-8") from error
    reader = csv.reader(text.splitlines())
    header = next(reader, list[str]())
    for column in ("call_id", "billable_seconds", "disposition"):
        if column not in header:
            raise BadInput(f"{path}: line 1: column {column} is missing", hint=f"it has {', '.join(WITNESS_COLUMNS)}")
    pick = itemgetter(*(header.index(column) for column in ("call_id", "billable_seconds", "disposition")))
    found: dict[str, Witness] = {}
    for row in reader:
        call_id, seconds, disposition = pick(row if len(row) >= len(header) else row + [""] * len(header))
        if call_id:
            found[call_id] = _witness(seconds, disposition, path, reader.line_num)
    return found


def _witness(seconds: str, disposition: str, where: object, line: int = 0) -> Witness:
    if seconds and not seconds.isdecimal():
        place = f"{where}: line {line}" if line else where
        raise BadInput(f"{place}: billable_seconds: {seconds!r} is not a whole number")
    return Witness(disposition.upper() == "ANSWERED", int(seconds or "0"))


# A call is of the month it was answered in, or began in when nobody answered: `reconcile_period` looks closer.
_CALLS = """
SELECT k.id::text, t.slug, coalesce(k.leg, k.direction),
       CASE k.direction WHEN 'outbound' THEN k.callee ELSE k.caller END,
       k.answered_at IS NOT NULL, (extract(epoch FROM coalesce(k.answered_at, k.started_at)) * 1000000)::bigint,
       (extract(epoch FROM k.ended_at) * 1000000)::bigint,
       c.status, c.answered_seconds, c.bundle_seconds, c.amount_micros, c.reason, c.tariff, c.tariff_version,
       i.call_id IS NOT NULL OR coalesce(u.mode = 'prepaid', false),
       CASE WHEN %(kept)s THEN k.asterisk_cdr END, k.leg_of::text,
       CASE WHEN %(kept)s AND k.leg_of IS NOT NULL
            THEN (SELECT p.asterisk_cdr FROM store.calls p WHERE p.id = k.leg_of) END,
       %(kept)s AND k.outcome = 'imported' AND k.asterisk_cdr IS NULL
  FROM store.calls k JOIN store.tenants t ON t.id = k.tenant_id
  LEFT JOIN billing.current_charges c ON c.call_id = k.id
  LEFT JOIN (SELECT l.call_id, l.generation FROM billing.invoice_charges l
              WHERE l.invoice_id IN (SELECT i.id FROM billing.live_invoices i)) i
         ON i.call_id = c.call_id AND i.generation = c.generation
  LEFT JOIN billing.usage u ON u.tenant_id = c.tenant_id AND u.month = c.month
 WHERE k.started_at >= %(begin)s::timestamptz - interval '2 days' AND k.started_at < %(end)s AND k.channel = 'voice'
   AND (%(tenant)s::uuid IS NULL OR k.tenant_id = %(tenant)s)
"""
_INVOICES = """
SELECT i.number, t.slug, i.document -> 'lines' AS lines,
       (SELECT coalesce(sum(c.amount_micros), 0)::bigint FROM billing.invoice_charges l
          JOIN billing.charges c ON c.call_id = l.call_id AND c.generation = l.generation AND c.kind = 'charge'
         WHERE l.invoice_id = i.id) AS micros
  FROM billing.live_invoices i JOIN store.tenants t ON t.id = i.tenant_id
 WHERE i.period = %(period)s AND (%(tenant)s::uuid IS NULL OR i.tenant_id = %(tenant)s) ORDER BY i.number
"""


def reconcile_period(
    conn: Conn, period: date, tenant_id: UUID | None = None, witnesses: Mapping[str, Witness] | None = None
) -> tuple[int, list[Difference]]:
    """How many calls of a month were compared, and what differs (operator).

    Without `witnesses`, Asterisk's CDRs are those kept beside ours; then none can be missing on our side.
    """
    end = datetime.combine(add_months(period, 1), time(), PARIS)
    key: dict[str, Any] = {
        "begin": datetime.combine(period, time(), PARIS).astimezone(UTC),
        "end": end.astimezone(UTC),
        "tenant": tenant_id,
        "period": period,
        "kept": witnesses is None,
    }
    # a month is read whole: no plan that is quick for its first rows and slow for all of them
    conn.execute("SET LOCAL cursor_tuple_fraction = 1")
    conn.execute("SET LOCAL work_mem = '128MB'")
    conn.execute("SELECT billing.look_again()")
    witnesses = _by_our_ids(conn, witnesses, tenant_id) if witnesses else witnesses
    seen: dict[str, Witness] = dict(witnesses or {})
    of_legs: dict[str, Witness] = dict(witnesses or {})

    @cache
    def recheck(name: str, version: int) -> Recheck:
        return Recheck(InForce(name, version, tariffs.parsed(tariffs.get(conn, name, version).toml)))

    compared = 0
    begin, before = micros(key["begin"]), micros(key["end"])

    def calls() -> Iterator[tuple[int, Known]]:
        nonlocal compared
        with conn.cursor("calls_compared", row_factory=tuple_row) as cursor:
            cursor.execute(_CALLS, key)
            for page in pages(cursor):
                for at, kept, call in _known(page, recheck):
                    if not begin <= at < before:
                        continue
                    compared += 1
                    if kept is not None:
                        mine = (seen, call.call_id) if call.leg_of is None else (of_legs, call.leg_of)
                        mine[0][mine[1]] = _kept(kept, call.call_id)
                    if call.leg_of is not None:
                        yield at, call
                        continue
                    if agrees(call, seen.get(call.call_id)):
                        del seen[call.call_id]
                    else:
                        yield at, call

    invoices = [
        Billed(
            row["number"],
            row["slug"],
            sum(line["net_cents"] for line in row["lines"] if line["source"] in ("usage", "rounding")),
            row["micros"],
        )
        for row in conn.execute(_INVOICES, key).fetchall()
    ]
    differing = [call for _, call in sorted(calls(), key=lambda pair: (pair[0], pair[1].call_id))]
    return compared, reconcile(differing, seen, invoices, of_legs)


def _by_our_ids(conn: Conn, of: Mapping[str, Witness], tenant_id: UUID | None) -> dict[str, Witness]:
    """The switch's CDRs by our ids: an imported call is stored under another, and keeps the switch's beside it."""
    rows = conn.execute(
        """SELECT id::text, asterisk_uniqueid FROM store.calls
            WHERE outcome = 'imported' AND asterisk_uniqueid = ANY (%s) AND (%s::uuid IS NULL OR tenant_id = %s)""",
        (list(of), tenant_id, tenant_id),
    ).fetchall()
    ours = {row["asterisk_uniqueid"]: row["id"] for row in rows}
    return {ours.get(name, name): witness for name, witness in of.items()}


def _kept(cdr: Mapping[str, Any], call_id: str) -> Witness:
    """What stands in Asterisk's CDR that was kept beside a call."""
    return _witness(str(cdr.get("billable_seconds") or "0"), str(cdr.get("disposition")), f"call {call_id}")


def _known(
    page: Sequence[tuple[Any, ...]], recheck: Callable[[str, int], Recheck]
) -> Iterator[tuple[int, Mapping[str, Any] | None, Known]]:
    """When each call of a page was answered or else began, what was kept of Asterisk's CDR, and what we hold."""
    computed: list[int | None] = [None] * len(page)
    by_tariff: dict[tuple[str, int], list[int]] = {}
    for place, row in enumerate(page):
        if row[7] == "rated" and row[12] is not None:
            by_tariff.setdefault((row[12], row[13]), []).append(place)
    for (tariff, version), places in by_tariff.items():
        rechecked = recheck(tariff, version)
        _, _, ways, far, heard, at, ended, _, _, bundles, *_ = zip(*(page[place] for place in places), strict=True)
        answered = [when if answers else None for when, answers in zip(at, heard, strict=True)]
        prices = rechecked.prices(PricedCalls(ways, far, answered, ended))
        for place, uncovered, *facts in zip(places, prices, ways, far, answered, ended, bundles, strict=True):
            computed[place] = (rechecked.price(*facts) if facts[-1] else uncovered).amount_micros
    for row, micro in zip(page, computed, strict=True):
        (
            call_id,
            slug,
            _,
            _,
            heard,
            at,
            ended,
            status,
            seconds,
            _,
            amount,
            reason,
            _,
            _,
            invoiced,
            kept,
            of,
            of_kept,
            brought,
        ) = row
        answered = at if heard else None
        known = Known(
            call_id, slug, answered, ended, status, seconds or 0, amount, micro, reason, invoiced, of, brought
        )
        yield at, kept if of is None else of_kept, known
