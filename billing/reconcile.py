"""Reconciliation: Asterisk's own CDRs, our CDRs, the charges and the invoice lines agree, or each difference is named.

The core takes plain facts and returns differences; reading them from the store is at the end of the file.
Asterisk counts whole seconds and drops the rest, we keep milliseconds: they agree when less than a second apart.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import tuple_row

from billing import tariffs
from billing.invoice import cents
from billing.ledger import spell
from billing.rating import SECOND, answered_seconds
from billing.recheck import Recheck
from billing.subscription import add_months
from billing.tariff import PARIS
from billing.tariffs import InForce
from store.db import Conn
from store.errors import BadInput

Kind = Literal["missing", "extra", "duration_off", "uncharged", "unrated", "charge_off", "not_invoiced", "invoice_off"]
WITNESS_COLUMNS = ("call_id", "answer", "end", "billable_seconds", "disposition")


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` says it in words; `call_id` or an invoice's number says where."""

    kind: Kind
    subject: str
    what: str
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """Asterisk's CDR of a call: whether it was answered, and for how many whole seconds."""

    answered: bool
    seconds: int


@dataclass(frozen=True, slots=True)
class Known:
    """What we hold of one call: our CDR, its charge as stored and as computed again, whether it is invoiced (or was
    paid from a prepaid balance)."""

    call_id: str
    tenant: str
    answered_at: int | None
    ended_at: int
    status: str | None
    charged_answered_seconds: int = 0
    amount_micros: int | None = None
    computed_micros: int | None = None
    reason: str | None = None
    invoiced: bool = False


@dataclass(frozen=True, slots=True)
class Billed:
    """An invoice: its usage lines, in cents, and the sum of the charges on it, in micro-euros."""

    number: str
    tenant: str
    lines_cents: int
    charges_micros: int


def reconcile(calls: Iterable[Known], witnesses: Mapping[str, Witness], invoices: Sequence[Billed]) -> list[Difference]:
    """Every difference: of calls that only Asterisk has, of ours in their order, of invoices."""
    found: list[Difference] = []
    unseen = dict.fromkeys(witnesses)
    for call in calls:
        unseen.pop(call.call_id, None)
        found += _of_call(call, witnesses.get(call.call_id))
    found[:0] = [Difference("missing", call_id, "Asterisk has a CDR of this call, we have none") for call_id in unseen]
    for invoice in invoices:
        expected = cents(Fraction(invoice.charges_micros, 10_000))
        if expected != invoice.lines_cents:
            what = f"its lines come to {invoice.lines_cents / 100:.2f}, its charges to {expected / 100:.2f}"
            found.append(Difference("invoice_off", invoice.number, what, invoice.tenant))
    return found


def _of_call(call: Known, witness: Witness | None) -> Iterator[Difference]:
    def differs(kind: Kind, what: str) -> Difference:
        return Difference(kind, call.call_id, what, call.tenant)

    if witness is None:
        yield differs("extra", "we have a CDR of this call, Asterisk has none")
    elif off := _duration_off(call, witness):
        yield differs("duration_off", f"ours is {abs(off)} s {'longer' if off > 0 else 'shorter'} than Asterisk's")
    if call.status is None:
        yield differs("uncharged", "its CDR is stored without a charge")
        return
    if call.status == "unrated":
        yield differs("unrated", call.reason or "no rate")
        return
    seconds = _seconds(call)
    if call.charged_answered_seconds != seconds:
        off = call.charged_answered_seconds - seconds
        yield differs("charge_off", f"charged for {abs(off)} s {'more' if off > 0 else 'less'} than the CDR says")
    elif call.computed_micros is not None and call.amount_micros != call.computed_micros:
        yield differs(
            "charge_off", f"charged {spell(call.amount_micros or 0)}, its tariff says {spell(call.computed_micros)}"
        )
    if call.status == "rated" and not call.invoiced:
        yield differs("not_invoiced", f"a charge of {spell(call.amount_micros or 0)} is on no invoice")


def _seconds(call: Known) -> int:
    if call.answered_at is None:
        return 0
    return answered_seconds(call.answered_at, call.ended_at)


def _duration_off(call: Known, witness: Witness) -> int:
    """By how many seconds ours is longer (below zero: shorter); 0 when less than a second apart."""
    ours = 0 if call.answered_at is None else call.ended_at - call.answered_at
    if (call.answered_at is None) == witness.answered:
        return round(ours / SECOND) - witness.seconds or (1 if call.answered_at else -1)
    difference = ours - witness.seconds * SECOND
    return 0 if abs(difference) < SECOND else difference // SECOND if difference > 0 else -(-difference // SECOND)


def read_witnesses(path: Path) -> dict[str, Witness]:
    """Asterisk's CDRs from a CSV file with the columns call_id, answer, end, billable_seconds, disposition.

    call_id is the CDR's userfield; rows without one are other calls of the switch. Raises BadInput.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: {error}", hint="give a CSV file of Asterisk's CDRs in UTF-8") from error
    reader = csv.DictReader(text.splitlines())
    for column in ("call_id", "billable_seconds", "disposition"):
        if column not in (reader.fieldnames or ()):
            raise BadInput(f"{path}: line 1: column {column} is missing", hint=f"it has {', '.join(WITNESS_COLUMNS)}")
    found: dict[str, Witness] = {}
    for row in reader:
        if row["call_id"]:
            found[row["call_id"]] = _witness(row, f"{path}: line {reader.line_num}")
    return found


def _witness(row: Mapping[str, Any], where: str) -> Witness:
    seconds = str(row.get("billable_seconds") or "0")
    if not seconds.isdigit():
        raise BadInput(f"{where}: billable_seconds: {seconds!r} is not a whole number")
    return Witness(str(row.get("disposition")).upper() == "ANSWERED", int(seconds))


# -- from the store ---------------------------------------------------------------------------------------

_CALLS = """
SELECT k.id::text, t.slug, k.direction, CASE k.direction WHEN 'outbound' THEN k.callee ELSE k.caller END,
       (extract(epoch FROM k.answered_at) * 1000000)::bigint, (extract(epoch FROM k.ended_at) * 1000000)::bigint,
       k.asterisk_cdr, c.status, c.answered_seconds, c.bundle_seconds, c.amount_micros, c.reason, c.tariff,
       c.tariff_version, i.id IS NOT NULL OR coalesce(u.mode = 'prepaid', false)
  FROM store.calls k JOIN store.tenants t ON t.id = k.tenant_id
  LEFT JOIN billing.current_charges c ON c.call_id = k.id
  LEFT JOIN (billing.invoice_charges l JOIN billing.live_invoices i ON i.id = l.invoice_id)
         ON l.call_id = c.call_id AND l.generation = c.generation
  LEFT JOIN billing.usage u ON u.tenant_id = c.tenant_id AND u.month = c.month
 WHERE coalesce(k.answered_at, k.started_at) >= %(begin)s AND coalesce(k.answered_at, k.started_at) < %(end)s
   AND (%(tenant)s::uuid IS NULL OR k.tenant_id = %(tenant)s)
 ORDER BY k.started_at, k.id
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
    }
    seen: dict[str, Witness] = dict(witnesses or {})

    @cache
    def recheck(name: str, version: int) -> Recheck:
        return Recheck(InForce(name, version, tariffs.parsed(tariffs.get(conn, name, version).toml)))

    compared = 0

    def calls() -> Iterator[Known]:
        nonlocal compared
        with conn.cursor("calls_compared", row_factory=tuple_row) as cursor:
            cursor.itersize = 10_000
            for row in cursor.execute(_CALLS, key):
                compared += 1
                if witnesses is None and row[6] is not None:
                    seen[row[0]] = _witness(row[6], f"call {row[0]}")
                yield _known(row, recheck)

    invoices = [
        Billed(
            row["number"],
            row["slug"],
            sum(line["net_cents"] for line in row["lines"] if line["source"] in ("usage", "rounding")),
            row["micros"],
        )
        for row in conn.execute(_INVOICES, key).fetchall()
    ]
    found = reconcile(calls(), seen, invoices)
    return compared, found


def _known(row: tuple[Any, ...], recheck: Callable[[str, int], Recheck]) -> Known:
    (
        call_id, slug, direction, far_party, answered, ended, _, status, charged_seconds, bundle, amount, reason,
        tariff, version, invoiced,
    ) = row  # fmt: skip
    computed = None
    if status == "rated" and tariff is not None:
        computed = recheck(tariff, version).price(direction, far_party, answered, ended, bundle).amount_micros
    return Known(call_id, slug, answered, ended, status, charged_seconds or 0, amount, computed, reason, invoiced)
