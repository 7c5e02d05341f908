"""A whole file of CDRs rated: the bundle shared out, duplicates found, one answer a row in the file's order.

`billing/rating.py` prices each call; what is added here is what needs the other calls of the file. Answers are JSON
text, built by hand; calls to one destination with one duration and window have the same answer but for their
`call_id`, so that most answers of a large file are looked up. Tests hold all of it against `rate`.
"""

from __future__ import annotations

from collections.abc import Iterable
from json.encoder import encode_basestring as _quote  # the C one, accents kept

from billing.cdrs import BadRow, Row
from billing.lookup import Lookup
from billing.rating import STATUSES, Engine, Priced, Status, answered_seconds, engine, no_rate
from billing.sharing import Shares
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

    def tail(self, answered: int, seconds: int, billed: int, covered: int, priced: Priced) -> str:
        """What follows the `call_id` of a call with a price, of which the bundle covers the first `covered` seconds."""
        amount = self.tool.amount(priced.cost(answered, covered, billed))
        return (
            f',"status":"rated","answered_seconds":{seconds},"billed_seconds":{billed},"bundle_seconds":{covered},'
            f'"charged_seconds":{billed - covered},"amount":"{amount}","prefix":"{priced.prefix}","reason":null}}'
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


def rate_rows(rows: Iterable[Row | BadRow], tariff: Tariff) -> Batch:
    """Rate rows in order. The bundle is full at the start of each month and used by `answered_at`, `call_id`."""
    tool = engine(tariff)
    batch = Batch(tool)
    seen: set[str] = set()
    shares = Shares[tuple[int, int, Priced]](tool.months, tool.bundle_seconds)
    lines, find = batch.lines, Lookup(tool, batch.tail).find  # looked up once, not once a row
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
        there = find(direction, far_party)
        if there is None:
            batch.answer("unrated", call_id, None, no_rate(direction, far_party), seconds)
            continue
        billed, tail = there.uncovered(answered, seconds)
        if there.included and answered <= (share := shares.at(answered)).horizon:
            share.take(answered, call_id, billed, (len(lines), seconds, there.priced))
        lines.append(f'{{"call_id":{_quote(call_id)}{tail}')
    batch.counts["rated"] = len(lines) - sum(batch.counts.values())
    for (answered, call_id, billed, (place, seconds, priced)), covered in shares.out():
        lines[place] = f'{{"call_id":{_quote(call_id)}{batch.tail(answered, seconds, billed, covered, priced)}'
    return batch
