"""A whole file of CDRs rated: the bundle shared out, duplicates found, one answer a row in the file's order.

`billing/rating.py` prices each call; what is added here is what needs the other calls of the file. Answers are
JSON text, built by hand: a million rows pass in seconds, and reading each through objects would not.
"""

from __future__ import annotations

from collections.abc import Iterable
from json.encoder import encode_basestring as _quote  # the C one, accents kept
from operator import itemgetter

from billing.cdrs import BadRow, Row
from billing.rating import SECOND, STATUSES, Engine, Priced, Status, answered_seconds, engine, no_rate
from billing.tariff import Tariff


class Batch:
    """The answers, one JSON object a row, and how many rows have each status."""

    def __init__(self, tool: Engine) -> None:
        self.tool = tool
        self.zero = tool.spell(0)
        self.lines: list[str] = []
        self.counts: dict[Status, int] = dict.fromkeys(STATUSES, 0)

    @property
    def complete(self) -> bool:
        """Whether nothing needs a look: no row rejected, none without a rate."""
        return not (self.counts["rejected"] or self.counts["unrated"])

    def rated(self, call_id: str, answered: int, seconds: int, billed: int, covered: int, priced: Priced) -> str:
        """The answer of a call with a price, of which the bundle covers the first `covered` seconds."""
        amount = self.tool.amount(priced.cost(answered, covered, billed))
        return (
            f'{{"call_id":{_quote(call_id)},"status":"rated","answered_seconds":{seconds},'
            f'"billed_seconds":{billed},"bundle_seconds":{covered},"charged_seconds":{billed - covered},'
            f'"amount":"{amount}","prefix":"{priced.prefix}","reason":null}}'
        )

    def answer(self, status: Status, call_id: str, amount: str | None, reason: str | None, seconds: int = 0) -> None:
        """A row that nothing is charged for."""
        self.counts[status] += 1
        self.lines.append(
            f'{{"call_id":{_quote(call_id)},"status":"{status}","answered_seconds":{seconds},'
            f'"billed_seconds":0,"bundle_seconds":0,"charged_seconds":0,"amount":{_text(amount)},'
            f'"prefix":null,"reason":{_text(reason)}}}'
        )


def _text(value: str | None) -> str:
    return "null" if value is None else _quote(value)


Pending = tuple[int, str, int, int, Priced]
"""answered (µs), call_id, place in the file, answered seconds, rate: in the order the bundle is used."""


def rate_rows(rows: Iterable[Row | BadRow], tariff: Tariff) -> Batch:
    """Rate rows in order. The bundle is full at the start of each month and used by `answered_at`, `call_id`."""
    tool = engine(tariff)
    batch = Batch(tool)
    seen: set[str] = set()
    pending: list[Pending] = []
    lines, rated, find = batch.lines, batch.rated, tool.find  # looked up once, not once a row
    for row in rows:
        if isinstance(row, BadRow):  # an id is taken only by a row that could be read
            batch.answer("rejected", row.call_id, None, row.reason)
            continue
        call_id, direction, caller, callee, answered, ended = row
        if call_id in seen:
            batch.answer("duplicate", call_id, batch.zero, "call_id seen before in this file")
            continue
        seen.add(call_id)
        if answered is None:
            batch.answer("unanswered", call_id, batch.zero, None)
            continue
        far_party = callee if direction == "outbound" else caller
        seconds = answered_seconds(answered, ended)
        priced, included = find(direction, far_party)
        if priced is None:
            batch.answer("unrated", call_id, None, no_rate(direction, far_party), seconds)
            continue
        if included:
            pending.append((answered, call_id, len(lines), seconds, priced))
            lines.append("")
        else:
            lines.append(rated(call_id, answered, seconds, priced.billed(seconds), 0, priced))
    batch.counts["rated"] = len(lines) - sum(batch.counts.values())
    _share_bundle(batch, pending)
    return batch


def _share_bundle(batch: Batch, pending: list[Pending]) -> None:
    """Answer the rows left: each month's included seconds go to its calls in order."""
    month_of, full = batch.tool.months.month, batch.tool.bundle_seconds
    lines, rated = batch.lines, batch.rated
    left: dict[int, int] = {}
    pending.sort(key=itemgetter(0))  # quick on whole numbers; then the few of one instant by call_id
    pending.sort()
    for answered, call_id, place, seconds, priced in pending:
        month = month_of(answered // SECOND)
        remaining = left.get(month, full)
        billed = priced.billed(seconds)
        covered = min(remaining, billed) if remaining else 0
        if covered:
            left[month] = remaining - covered
        lines[place] = rated(call_id, answered, seconds, billed, covered, priced)
