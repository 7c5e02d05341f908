"""The quick way through a whole file gives, line for line, what `rate` gives call by call: bad rows too."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.rating import cdrs
from billing.rating.batch import rate_blocks
from billing.rating.cdrs import COLUMNS, BadRow, Row, read_blocks
from billing.rating.rating import Call, rate
from billing.rating.tariff import Tariff
from tests.unit.billing.oracle import calls, tariffs

SPOILT = [
    "", "  ", "call", "c1,inbound", '"c2"",inbound', "c3,sideways,+33612345678,+33162000001,,",
    "c4,inbound,0612345678,+33162000001,2026-10-06T08:00:00Z,2026-10-06T08:00:09Z",
    "c5,inbound,+33612345678,+33162000001,2026-02-30T08:00:00Z,2026-03-01T08:00:09Z",
    "c6,inbound,+33612345678,+33162000001,2026-10-06T08:00:00,2026-10-06T08:00:09Z",
    "c7,outbound,+33162000001,+33612345678,2026-10-06T08:00:09Z,2026-10-06T08:00:00Z",
    "c8,outbound,+33162000001,+33612345678,9999-01-01T00:00:00Z,9999-01-01T00:00:09Z",
    "c9,outbound,+33162000001,+33612345678,1969-12-31T23:59:59Z,1970-01-01T00:00:09Z",
    ",inbound,+33612345678,+33162000001,,", "c\udcff,inbound,+33612345678,+33162000001,,",
    "c10,outbound,+33162000001,+33612345678,2026-10-06 08:00:00.1234567Z,20261006T080009.12345678Z",
    "c11,outbound,+33162000001,+33612345678,2026-10-06T08:00:00+24:00,2026-10-06T08:00:09Z",
    'c\\12,outbound,+33162000001,+33612345678,2026-10-06T08:00:00Z,2026-10-06T08:00:09Z',
    '"c,13 é",outbound,+33162000001,+33612345678,2026-10-06T08:00:00Z,2026-10-06T08:00:09Z',
]  # fmt: skip


@st.composite
def good_rows(draw: st.DrawFn) -> str:
    call = draw(calls())
    zone = draw(st.sampled_from(["Z", "+00:00", "+02:00", "-03:30", "+10:30"]))
    spec = draw(st.sampled_from(["seconds", "milliseconds", "microseconds"]))
    call_id = draw(st.sampled_from(["a", "b", "c", "d", "e", "f", '"g"']))  # few: some stand twice
    assert call.answered_at is not None
    answered = "" if draw(st.integers(0, 9)) == 0 else written(call.answered_at, zone, spec)
    ended = "" if not answered and draw(st.booleans()) else written(call.ended_at, zone, spec)
    return ",".join((call_id, call.direction, call.caller, call.callee, answered, ended))


def written(at: datetime, zone: str, spec: str) -> str:
    offset = (
        at.replace(tzinfo=UTC)
        if zone == "Z"
        else at.astimezone(datetime.fromisoformat(f"2000-01-01{'T00:00'}{zone}").tzinfo)
    )
    text = offset.isoformat(timespec=spec)
    return text.replace("+00:00", "Z") if zone == "Z" else text


rows = st.lists(
    st.tuples(st.one_of(good_rows(), good_rows(), st.sampled_from(SPOILT)), st.sampled_from(["\n", "\r\n"])),
    max_size=25,
)


@settings(deadline=None)
@given(rows, tariffs(), st.booleans(), st.sampled_from([40, 1 << 20]))
def test_each_line_is_what_rate_gives_for_that_call(
    lines: list[tuple[str, str]], tariff: Tariff, last_has_no_end: bool, block: int
) -> None:
    text = "\n".join([",".join(COLUMNS), ""]) + "".join(line + end for line, end in lines)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(cdrs, "_BLOCK", block)
        path = Path(folder, "cdrs.csv")
        path.write_bytes((text[:-1] if last_has_no_end else text).encode(errors="surrogateescape"))
        assert rate_blocks(read_blocks(path), tariff).lines == one_by_one([line for line, _ in lines], tariff)


def one_by_one(lines: list[str], tariff: Tariff) -> list[str]:
    """The answers by the careful reader and `rate` alone."""
    read = [cdrs._read(line, n, 6, range(6)) for n, line in enumerate(lines, 2) if line]  # pyright: ignore[reportPrivateUsage]
    answers: list[dict[str, object]] = []
    taken: dict[str, tuple[int, Row]] = {}
    for row in read:
        if isinstance(row, BadRow):
            answers.append(answer(row.call_id, "rejected", None, row.reason))
        elif row.call_id in taken:
            answers.append(answer(row.call_id, "duplicate", zero(tariff), "call_id seen before in this file"))
        else:
            taken[row.call_id] = len(answers), row
            answers.append({})
    left: dict[tuple[int, int], int] = {}
    for place, row in sorted(taken.values(), key=lambda pair: (pair[1].answered or 0, pair[1].call_id)):
        call = row.call()
        month = in_month(call, tariff)
        charge = rate(call, tariff, left.get(month, tariff.bundle.seconds if tariff.bundle else 0))
        left[month] = left.get(month, tariff.bundle.seconds if tariff.bundle else 0) - charge.bundle_seconds
        amount = None if charge.amount is None else spelled(charge.amount, tariff.decimals)
        answers[place] = answer(call.call_id, charge.status, amount, charge.reason) | {
            "answered_seconds": charge.answered_seconds, "billed_seconds": charge.billed_seconds,
            "bundle_seconds": charge.bundle_seconds, "charged_seconds": charge.charged_seconds, "prefix": charge.prefix,
        }  # fmt: skip
    return [json.dumps(found, ensure_ascii=False, separators=(",", ":")) for found in answers]


def answer(call_id: str, status: str, amount: str | None, reason: str | None) -> dict[str, object]:
    return {
        "call_id": call_id, "status": status, "answered_seconds": 0, "billed_seconds": 0, "bundle_seconds": 0,
        "charged_seconds": 0, "amount": amount, "prefix": None, "reason": reason,
    }  # fmt: skip


def in_month(call: Call, tariff: Tariff) -> tuple[int, int]:
    local = (call.answered_at or call.ended_at).astimezone(tariff.timezone)
    return local.year, local.month


def zero(tariff: Tariff) -> str:
    return spelled(Fraction(0), tariff.decimals)


def spelled(amount: Fraction, decimals: int) -> str:
    digits = f"{int(amount * 10**decimals):0{decimals + 1}d}"
    return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits


def test_of_a_thousand_calls_in_any_order_the_earliest_share_the_bundle(tmp_path: Path) -> None:
    from billing.rating.tariff import parse_tariff

    tariff = parse_tariff('[bundle]\nseconds = 600\n[[rate]]\nprefix = ""\nprice_per_minute = "0.6"\n')
    first = datetime(2026, 10, 1, 12, tzinfo=UTC)
    path = tmp_path / "cdrs.csv"
    lines = [
        f"c{n:04},outbound,+33162000001,+33612345678,{(first + timedelta(minutes=m)).isoformat()},"
        f"{(first + timedelta(minutes=m, seconds=7)).isoformat()}\n"
        for n in range(1000)
        for m in [n * 7919 % 1000]  # every minute once, in no order
    ]
    path.write_text(",".join(COLUMNS) + "\n" + "".join(lines))
    answers = [json.loads(line) for line in rate_blocks(read_blocks(path), tariff).lines]
    by_minute = {n * 7919 % 1000: answers[n]["bundle_seconds"] for n in range(1000)}
    assert [by_minute[m] for m in range(87)] == [7] * 85 + [5, 0]
    assert sum(by_minute.values()) == 600
