"""A whole file of CDRs rated: the bundle shared out, duplicates found, one answer a row in the file's order.

`columns.py` prices the calls; what is added here is what needs the other calls of the file. Answers are JSON
text, built by hand. Tests hold all of it against `rate`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring as _quote  # the C one, accents kept

import numpy as np

from billing.rating.cdrs import Block
from billing.rating.columns import UNANSWERED, Columns, Prices, Whole
from billing.rating.instants import NEVER
from billing.rating.rating import STATUSES, CompiledTariff, Priced, Status, engine, no_rate
from billing.rating.sharing import Shares
from billing.rating.tariff import Tariff


class Batch:
    """The answers, one JSON object a row, and how many rows have each status."""

    def __init__(self, compiled: CompiledTariff) -> None:
        self.parts: list[str] = []
        """The answers in order, each part one line or several: a call that may get some of the bundle has its own."""
        self.counts: dict[Status, int] = dict.fromkeys(STATUSES, 0)
        self._compiled, self._columns = compiled, Columns(compiled)
        self._spelled = _Spelled(compiled)
        self._zero = compiled.spell(0)
        self._seen: set[str] = set()
        self._shares = Shares[tuple[int, int, Priced]](compiled.months, compiled.bundle_seconds)

    @property
    def lines(self) -> list[str]:
        """The answers, one a row."""
        return "\n".join(self.parts).split("\n") if self.parts else []

    @property
    def complete(self) -> bool:
        """Whether nothing needs a look: no row rejected, none without a rate."""
        return not (self.counts["rejected"] or self.counts["unrated"])

    def add(self, block: Block) -> None:
        """Rate some rows as if nothing of the bundle were left, and note who may get some."""
        fates = self._fates(block)
        answered = block.answered
        if fates:
            answered = answered.copy()
            answered[list(fates)] = NEVER
        far = block.far_parties()
        prices = self._columns.price(block.directions, far, answered, block.ended)
        seconds, billed = _list(prices.seconds), _list(prices.billed)
        lines = self._rated(block.call_ids, prices, seconds, billed)
        for at in _list(np.flatnonzero(prices.rate < 0)):
            call_id, status, amount, reason, heard = block.call_ids[at], "unanswered", self._zero, None, 0
            if prices.rate[at] != UNANSWERED:
                status, amount, reason, heard = "unrated", None, no_rate(block.directions[at], far[at]), seconds[at]
            elif at in fates:
                status, call_id, reason = fates[at]
                amount = self._zero if status == "duplicate" else None
            lines[at] = _line(call_id, _uncharged(status, amount, reason, heard))
            self.counts[status] += 1
        self.counts["rated"] += int((prices.rate >= 0).sum())
        included = np.flatnonzero(prices.included)
        early = included[answered[included] <= self._shares.horizons(answered[included])]
        start = 0
        for at in _list(early):
            when = int(answered[at])
            share = self._shares.at(when)
            if when > share.horizon:
                continue
            self._keep(lines[start:at])
            start = at + 1
            more = len(self.parts), seconds[at], self._columns.rates[int(prices.rate[at])]
            share.take(when, block.call_ids[at], billed[at], more)
            self.parts.append(lines[at])
        self._keep(lines[start:])

    def _rated(self, call_ids: Sequence[str], prices: Prices, seconds: list[int], billed: list[int]) -> list[str]:
        """The lines of rows that have a rate; the others' are blank."""
        spelled, amounts = self._spelled, _list(self._columns.rounded(prices.units))
        tails = [f'","prefix":"{priced.prefix}","reason":null}}' for priced in self._columns.rates]
        columns = zip(map(_quote, call_ids), _list(prices.rate), seconds, billed, amounts, strict=True)
        return [
            f'{{"call_id":{call_id},"status":"rated","answered_seconds":{second},"billed_seconds":{bills},'
            f'"bundle_seconds":0,"charged_seconds":{bills},"amount":"{spelled[amount]}{tails[rate]}'
            if rate >= 0
            else ""
            for call_id, rate, second, bills, amount in columns
        ]

    def _keep(self, lines: list[str]) -> None:
        """Keep lines that nothing changes any more."""
        if lines:
            self.parts.append("\n".join(lines))

    def share(self) -> None:
        """Give the bundle to whom it belongs; nothing can be added afterwards."""
        for (answered, call_id, billed, (place, seconds, priced)), covered in self._shares.out():
            amount = self._compiled.amount(priced.cost(answered, covered, billed))
            self.parts[place] = _line(
                call_id,
                f',"status":"rated","answered_seconds":{seconds},"billed_seconds":{billed},"bundle_seconds":{covered},'
                f'"charged_seconds":{billed - covered},"amount":"{amount}","prefix":"{priced.prefix}","reason":null}}',
            )

    def _fates(self, block: Block) -> dict[int, tuple[Status, str, str]]:
        """The rows of a block that are not rated, by place: rejected, or with an id seen before."""
        ids, seen = block.call_ids, self._seen
        if not block.bad and seen.isdisjoint(ids) and len(set(ids)) == len(ids):
            seen.update(ids)
            return {}
        fates: dict[int, tuple[Status, str, str]] = {}
        for place, call_id in enumerate(ids):
            if (bad := block.bad.get(place)) is not None:  # an id is taken only by a row that could be read
                fates[place] = "rejected", bad.call_id, bad.reason
            elif call_id in seen:
                fates[place] = "duplicate", call_id, "call_id seen before in this file"
            else:
                seen.add(call_id)
        return fates


def _line(call_id: str, tail: str) -> str:
    return f'{{"call_id":{_quote(call_id)}{tail}'


def _uncharged(status: Status, amount: str | None, reason: str | None, seconds: int) -> str:
    """What follows the `call_id` of a row that nothing is charged for."""
    return (
        f',"status":"{status}","answered_seconds":{seconds},"billed_seconds":0,"bundle_seconds":0,'
        f'"charged_seconds":0,"amount":{_text(amount)},"prefix":null,"reason":{_text(reason)}}}'
    )


def _list(column: Whole) -> list[int]:
    return column.tolist()


class _Spelled(dict[int, str]):
    """Rounded amount → its text; the same few come again and again."""

    def __init__(self, compiled: CompiledTariff) -> None:
        self._compiled = compiled

    def __missing__(self, rounded: int) -> str:
        found = self._compiled.spell(rounded)
        if len(self) < 500_000:
            self[rounded] = found
        return found


def _text(value: str | None) -> str:
    return "null" if value is None else _quote(value)


def rate_blocks(blocks: Iterable[Block], tariff: Tariff) -> Batch:
    """Rate rows in order. The bundle is full at the start of each month and used by `answered_at`, `call_id`."""
    batch = Batch(engine(tariff))
    for block in blocks:
        batch.add(block)
    batch.share()
    return batch
