"""`decroche billing rate`: the contract others rely on, row by row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from billing.cli import billing
from tests.terminal import on_a_terminal

TARIFF = """\
decimals = 4
[bundle]
seconds = 60
prefixes = ["+33"]
[[rate]]
prefix = "+33"
price_per_minute = "0.12"
connection_fee = "0.05"
[[rate]]
prefix = "+336"
price_per_minute = "0.60"
[[rate]]
prefix = "+336"
direction = "inbound"
price_per_minute = "0.06"
[[rate]]
prefix = "+44"
price_per_minute = "0.50"
initial_seconds = 30
increment_seconds = 6
"""
HEADER = "call_id,direction,caller,callee,answered_at,ended_at"


@pytest.fixture
def run(tmp_path: Path):
    """Runs the command on a CSV's bytes with a tariff."""

    def do(csv: str | bytes, tariff: str = TARIFF, *options: str) -> Result:
        (tmp_path / "t.toml").write_text(tariff)
        (tmp_path / "c.csv").write_bytes(csv if isinstance(csv, bytes) else csv.encode())
        arguments = ["rate", "--tariff", str(tmp_path / "t.toml"), str(tmp_path / "c.csv"), *(options or ("--json",))]
        return CliRunner().invoke(billing, arguments)

    return do


def rows(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def line(
    call_id: str, far: str = "+44201234567", seconds: int = 30, at: str = "10:00:00", way: str = "outbound"
) -> str:
    pair = f"+33162000001,{far}" if way == "outbound" else f"{far},+33162000001"
    hour, minute, second = (int(part) for part in at.split(":"))
    end = hour * 3600 + minute * 60 + second + seconds
    ended = f"{end // 3600:02}:{end // 60 % 60:02}:{end % 60:02}"
    return f"{call_id},{way},{pair},2026-10-02T{at}+02:00,2026-10-02T{ended}+02:00"


def csv(*lines: str) -> str:
    return "\n".join((HEADER, *lines)) + "\n"


def test_a_rated_call_has_exactly_the_keys_of_the_contract(run) -> None:
    result = run(csv(line("a", seconds=31)))
    assert result.exit_code == 0
    assert rows(result) == [
        {
            "call_id": "a",
            "status": "rated",
            "answered_seconds": 31,
            "billed_seconds": 36,
            "bundle_seconds": 0,
            "charged_seconds": 36,
            "amount": "0.3000",
            "prefix": "+44",
            "reason": None,
        }
    ]


def test_the_longest_prefix_wins_then_the_rate_that_names_the_direction(run) -> None:
    tariff = TARIFF.replace("seconds = 60\n", "seconds = 0\n", 1)
    result = run(
        csv(line("a", "+33123456789", 60), line("b", "+33612345678", 60), line("c", "+33612345678", 60, way="inbound")),
        tariff,
    )
    assert [(r["prefix"], r["amount"]) for r in rows(result)] == [
        ("+33", "0.1700"),
        ("+336", "0.6000"),
        ("+336", "0.0600"),
    ]


def test_the_bundle_goes_to_the_earliest_calls_whatever_the_order_of_the_file(run) -> None:
    result = run(csv(line("late", "+33123456789", 30, "11:00:00"), line("early", "+33123456789", 50, "10:00:00")))
    late, early = rows(result)
    assert (early["bundle_seconds"], early["charged_seconds"], early["amount"]) == (50, 0, "0.0000")
    assert (late["bundle_seconds"], late["charged_seconds"], late["amount"]) == (10, 20, "0.0900")


def test_calls_of_the_same_instant_use_the_bundle_by_call_id(run) -> None:
    result = run(csv(line("b", "+33123456789", 60), line("a", "+33123456789", 60)))
    assert [r["bundle_seconds"] for r in rows(result)] == [0, 60]


def test_the_bundle_is_full_again_in_the_next_month_of_the_tariffs_time_zone(run) -> None:
    of = "outbound,+33162000001,+33123456789"
    result = run(
        csv(
            f"a,{of},2026-09-30T21:58:00Z,2026-09-30T21:59:00Z",
            f"b,{of},2026-09-30T21:59:59Z,2026-09-30T22:00:59Z",  # 23:59:59 in Paris: still September
            f"c,{of},2026-09-30T22:00:00Z,2026-09-30T22:01:00Z",  # October in Paris
        )
    )
    assert [r["bundle_seconds"] for r in rows(result)] == [60, 0, 60]


def test_an_unanswered_call_costs_zero(run) -> None:
    result = run(csv("a,outbound,+33162000001,+33612345678,,2026-10-02T10:00:00+02:00"))
    assert result.exit_code == 0
    (row,) = rows(result)
    assert (row["status"], row["amount"], row["billed_seconds"]) == ("unanswered", "0.0000", 0)


def test_a_call_without_a_rate_is_unrated_and_never_zero(run) -> None:
    result = run(csv(line("a", "+15550100"), line("b")))
    assert result.exit_code == 3
    first, second = rows(result)
    assert (first["status"], first["amount"], first["answered_seconds"]) == ("unrated", None, 30)
    assert second["status"] == "rated"


def test_a_call_id_seen_before_is_a_duplicate_and_takes_no_bundle(run) -> None:
    result = run(
        csv(line("a", "+33123456789", 40), line("a", "+33123456789", 40), line("b", "+33123456789", 40, "12:00:00"))
    )
    assert result.exit_code == 0
    assert [(r["status"], r["bundle_seconds"]) for r in rows(result)] == [
        ("rated", 40),
        ("duplicate", 0),
        ("rated", 20),
    ]


def test_a_rejected_row_does_not_take_the_call_id_of_a_good_one(run) -> None:
    result = run(csv(line("a").replace("+44", "44"), line("a")))
    assert [r["status"] for r in rows(result)] == ["rejected", "rated"]


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (line("a").replace("outbound", "sideways"), "direction"),
        (line("a").replace("outbound", "Outbound"), "direction"),
        (line("a").replace("+33162000001", "0162000001"), "caller"),
        (line("a").replace("+44201234567", "+0441234567"), "callee"),
        (line("a").replace("+44201234567", "+4420123456789012"), "callee"),
        (line("a").replace("+44201234567", "+44٠٠٠٠٠٠"), "callee"),
        (line("a").replace("2026-10-02T10:00:00+02:00", "2026-10-02T10:00:00"), "answered_at"),
        (line("a").replace("2026-10-02T10:00:00+02:00", "2026-10-02"), "answered_at"),
        (line("a").replace("2026-10-02T10:00:00+02:00", "2026-02-30T10:00:00+02:00"), "answered_at"),
        (line("a").replace("2026-10-02T10:00:00+02:00", "02/10/2026 10:00"), "answered_at"),
        (line("a").replace("2026-10-02T10:00:30+02:00", ""), "ended_at"),
        (line("a").replace("2026-10-02T10:00:30+02:00", "2026-10-02T09:59:59+02:00"), "ended_at"),
        (line("a").replace("2026-10-02T10:00:30+02:00", "2026-10-02T10:00:30"), "ended_at"),
        ("a,outbound,+33162000001,+33612345678,,soon", "ended_at"),
        (line(""), "call_id"),
        (line("a") + ",more", "row"),
        ("a,outbound", "row"),
        (line('"a'), "row"),
        (line("a").encode().replace(b"a,", b"\xe9,"), "call_id"),
    ],
)
def test_a_bad_row_is_rejected_with_its_line_and_field_and_the_others_go_on(run, bad: str | bytes, field: str) -> None:
    raw = bad if isinstance(bad, bytes) else bad.encode()
    result = run(b"\n".join([HEADER.encode(), raw, line("good").encode(), b""]))
    assert result.exit_code == 3
    first, second = rows(result)
    assert (first["status"], first["amount"]) == ("rejected", None)
    assert str(first["reason"]).startswith(f"line 2: {field}: ")
    assert second["status"] == "rated"


@pytest.mark.parametrize(
    ("answered", "ended", "seconds"),
    [
        ("2026-10-02T10:00:00+02:00", "2026-10-02T10:00:00+02:00", 1),
        ("2026-10-02T10:00:00Z", "2026-10-02T10:00:10.000001Z", 11),
        ("2026-10-02T10:00:00.999Z", "2026-10-02T10:00:01.001Z", 1),
        ("2026-10-02T10:00:00+02:00", "2026-10-02T08:00:05+00:00", 5),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", 3600),
        ("2026-10-02T10:00:00.0000005Z", "2026-10-02T10:00:10.0000006Z", 11),
        ("2026-10-02T10:00:00.0000006Z", "2026-10-02T10:00:10.0000005Z", 10),
        ("20261002T100000Z", "20261002T100007Z", 7),
        ("2026-10-02 10:00:00+02", "2026-10-02 10:00:07+02", 7),
    ],
)
def test_answered_seconds_are_rounded_up_and_are_at_least_one(run, answered: str, ended: str, seconds: int) -> None:
    result = run(csv(f"a,outbound,+33162000001,+44201234567,{answered},{ended}"))
    assert rows(result)[0]["answered_seconds"] == seconds


def test_a_quoted_row_is_read_like_a_plain_one(run) -> None:
    quoted = ",".join(f'"{field}"' for field in line("a").split(","))
    assert run(csv(quoted)).stdout == run(csv(line("a"))).stdout


def test_a_byte_order_mark_windows_line_ends_and_blank_lines_are_no_matter(run) -> None:
    text = csv(line("a"), "", line("b"))
    assert run(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()).stdout == run(csv(line("a"), line("b"))).stdout


def test_columns_may_come_in_any_order_with_others_beside(run) -> None:
    fields = dict(zip(HEADER.split(","), line("a").split(","), strict=True))
    names = ["ended_at", "note", "call_id", "callee", "caller", "direction", "answered_at"]
    text = ",".join(names) + "\n" + ",".join(fields.get(name, "x") for name in names) + "\n"
    assert run(text).stdout == run(csv(line("a"))).stdout


def test_an_id_with_quotes_and_accents_stays_valid_json(run) -> None:
    result = run(csv(line('"é""\\x"')))
    assert rows(result)[0]["call_id"] == 'é"\\x'


def test_a_file_without_a_column_is_refused_whole(run) -> None:
    result = run(csv(line("a")).replace("answered_at", "answered"))
    assert result.exit_code == 2
    assert "line 1: column answered_at is missing" in result.stderr
    assert result.stdout == ""


def test_an_empty_file_is_refused(run) -> None:
    assert run("").exit_code == 2


def test_a_file_of_no_calls_is_done(run) -> None:
    assert (run(csv()).exit_code, run(csv()).stdout) == (0, "")


def test_a_bad_tariff_is_told_with_its_line_and_nothing_is_rated(run) -> None:
    result = run(csv(line("a")), TARIFF.replace('"0.50"', '"-0.50"'))
    assert result.exit_code == 2
    assert "line 18: rate[4].price_per_minute" in result.stderr
    assert result.stdout == ""


def test_half_a_unit_is_rounded_up(run) -> None:
    tariff = 'decimals = 2\n[[rate]]\nprefix = "+44"\nprice_per_minute = "0.30"\n'  # 0.005 a second
    result = run(csv(line("a", seconds=1), line("b", seconds=2)), tariff)
    assert [r["amount"] for r in rows(result)] == ["0.01", "0.01"]


@pytest.mark.parametrize(("decimals", "amount"), [(0, "3"), (1, "2.5"), (6, "2.500000")])
def test_an_amount_has_exactly_the_decimals_of_the_tariff(run, decimals: int, amount: str) -> None:
    tariff = f'decimals = {decimals}\n[[rate]]\nprefix = "+44"\nprice_per_minute = "5"\n'
    assert rows(run(csv(line("a")), tariff))[0]["amount"] == amount


def test_on_a_terminal_a_table_fits_100_columns(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(TARIFF)
    (tmp_path / "c.csv").write_text(csv(line("a")))
    shown = on_a_terminal("billing", "rate", "--tariff", str(tmp_path / "t.toml"), str(tmp_path / "c.csv"))
    assert shown.status == 0
    assert "0.2500" in shown.text
    assert "{" not in shown.text
    assert max(len(text.rstrip()) for text in shown.text.splitlines()) <= 100


def test_to_a_pipe_it_is_json_without_being_told(run) -> None:
    assert rows(run(csv(line("a")), TARIFF, "--"))[0]["amount"] == "0.2500"


@pytest.mark.parametrize("hidden", ["", "anonymous", "Restricted"])
def test_a_caller_who_withholds_their_number_is_priced_by_the_general_rate(run, hidden: str) -> None:
    tariff = TARIFF + '[[rate]]\nprefix = ""\ndirection = "inbound"\nprice_per_minute = "0.10"\n'
    first, second = rows(run(csv(line("a", hidden, 60, way="inbound"), line("b", hidden, 60)), tariff))
    assert (first["status"], first["amount"]) == ("rated", "0.1000")
    assert second["status"] == "rejected", "whom we call has a number"
