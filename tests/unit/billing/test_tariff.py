"""A tariff is read whole or refused with the line and the field of everything wrong."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from billing.rating.cdrs import COLUMNS
from billing.rating.tariff import BadTariff, parse_tariff, read_tariff

GOOD = """\
currency = "EUR"
timezone = "Europe/Paris"
decimals = 4

[bundle]
seconds = 36000
directions = ["inbound", "outbound"]
prefixes = ["+33"]

[[rate]]
direction = "outbound"
prefix = "+33"
price_per_minute = "0.12"
connection_fee = "0.05"
initial_seconds = 30
increment_seconds = 6

  [[rate.window]]
  days = ["sat", "sun", "holiday"]
  from = "00:00"
  to = "24:00"
  price_per_minute = "0.06"
"""


def test_the_example_of_the_contract_is_read_exactly() -> None:
    tariff = parse_tariff(GOOD)
    (rate,) = tariff.rates
    assert (rate.prefix, rate.direction, rate.price_per_minute) == ("+33", "outbound", Fraction(12, 100))
    assert (rate.connection_fee, rate.initial_seconds, rate.increment_seconds) == (Fraction(1, 20), 30, 6)
    assert (rate.windows[0].begin, rate.windows[0].end) == (0, 86400)
    assert tariff.bundle is not None
    assert (tariff.bundle.seconds, tariff.bundle.prefixes) == (36000, ("+33",))


def test_what_is_absent_takes_the_default_of_the_contract() -> None:
    tariff = parse_tariff('[[rate]]\nprefix = "+33"\nprice_per_minute = "1"\n[bundle]\nseconds = 5\n')
    (rate,) = tariff.rates
    assert (rate.direction, rate.connection_fee, rate.initial_seconds, rate.increment_seconds) == (None, 0, 1, 1)
    assert tariff.bundle is not None
    assert (set(tariff.bundle.directions), tariff.bundle.prefixes) == ({"inbound", "outbound"}, ("",))


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ('"0.12"', '"-0.12"', 13, "rate[1].price_per_minute"),
        ('"0.12"', "0.12", 13, "rate[1].price_per_minute"),
        ('"0.12"', '"NaN"', 13, "rate[1].price_per_minute"),
        ('"0.12"', '"1e3"', 13, "rate[1].price_per_minute"),
        ('"0.05"', '"-1"', 14, "rate[1].connection_fee"),
        ('"+33"\nprice', '"33"\nprice', 12, "rate[1].prefix"),
        ('direction = "outbound"', 'direction = "out"', 11, "rate[1].direction"),
        ("initial_seconds = 30", "initial_seconds = 0", 15, "rate[1].initial_seconds"),
        ("increment_seconds = 6", "increment_seconds = 0", 16, "rate[1].increment_seconds"),
        ("increment_seconds = 6", "increment_seconds = true", 16, "rate[1].increment_seconds"),
        ("increment_seconds = 6", "every = 6", 16, "rate[1].every"),
        ("seconds = 36000", "seconds = -1", 6, "bundle.seconds"),
        ('"inbound", "outbound"', '"sideways"', 7, "bundle.directions"),
        ('prefixes = ["+33"]', 'prefixes = ["33"]', 8, "bundle.prefixes"),
        ('"sat", "sun"', '"samedi"', 19, "rate[1].window[1].days"),
        ('from = "00:00"', 'from = "25:00"', 20, "rate[1].window[1].from"),
        ('from = "00:00"', 'from = "24:00"', 21, "rate[1].window[1].to"),
        ('to = "24:00"', 'to = "00:00"', 21, "rate[1].window[1].to"),
        ('"0.06"', '"-0.06"', 22, "rate[1].window[1].price_per_minute"),
        ('"EUR"', '"euro"', 1, "currency"),
        ('"Europe/Paris"', '"Europe/Pariis"', 2, "timezone"),
        ("decimals = 4", "decimals = 40", 3, "decimals"),
        ("decimals = 4", 'colour = "red"', 3, "colour"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_field(old: str, new: str, line: int, field: str) -> None:
    assert old in GOOD
    with pytest.raises(BadTariff) as caught:
        parse_tariff(GOOD.replace(old, new), "prices.toml")
    assert f"prices.toml: line {line}: {field}: " in str(caught.value)


def test_two_rates_with_the_same_prefix_and_direction_are_refused_at_the_second() -> None:
    rate = '[[rate]]\nprefix = "+33"\nprice_per_minute = "1"\n'
    with pytest.raises(BadTariff, match=r"line 5: rate\[2\]\.prefix"):
        parse_tariff(rate + rate)


def test_a_rate_for_both_directions_and_one_for_one_of_them_live_together() -> None:
    rate = '[[rate]]\nprefix = "+33"\nprice_per_minute = "1"\n'
    assert len(parse_tariff(rate + rate + 'direction = "inbound"\n').rates) == 2


def test_every_fault_is_told_at_once_in_the_order_of_the_file() -> None:
    with pytest.raises(BadTariff) as caught:
        parse_tariff('decimals = -1\n[[rate]]\nprice_per_minute = "x"\n# prefix = "+33"\n')
    assert [text.split(": ")[1] for text in str(caught.value).splitlines()] == ["line 1", "line 2", "line 3"]


def test_a_tariff_that_is_not_toml_is_refused_with_its_line() -> None:
    with pytest.raises(BadTariff, match="line 2"):
        parse_tariff("decimals = 4\ncurrency = EUR\n")


def test_a_tariff_without_rates_is_refused() -> None:
    with pytest.raises(BadTariff, match="rate: missing"):
        parse_tariff("decimals = 4\n")


def test_lines_are_right_under_comments_long_strings_arrays_and_inline_tables() -> None:
    text = 'currency = """\nEUR"""  # = [[rate]]\n# [x]\nrate = [\n  {prefix = "+33", price_per_minute = "-1"},\n]\n'
    text += '"time\\u007aone" = 3\n'
    with pytest.raises(BadTariff) as caught:
        parse_tariff(text)
    lines = [text.split(": ")[1:3] for text in str(caught.value).splitlines()]
    assert lines == [["line 4", "rate[1].price_per_minute"], ["line 7", "timezone"]]


def test_bytes_that_are_not_utf_8_are_told_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "tariff.toml"
    path.write_bytes(b'decimals = 4\ncurrency = "\xe9"\n')
    with pytest.raises(BadTariff, match="line 2"):
        read_tariff(path)


def test_a_missing_tariff_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadTariff, match="No such file"):
        read_tariff(tmp_path / "none.toml")


WINDOW = """
  [[rate.window]]
  days = ["sun", "mon"]
  from = "23:00"
  to = "24:00"
  price_per_minute = "0.03"
"""


def test_two_windows_that_share_hours_of_a_day_are_refused_with_the_line() -> None:
    with pytest.raises(BadTariff, match=r"line 24: rate\[1\].window\[2\]: sun 23:00 to 24:00 is in window\[1\] too"):
        parse_tariff(GOOD + WINDOW)


def test_what_was_stored_before_rates_as_it_did() -> None:
    (rate,) = parse_tariff(GOOD + WINDOW, stored=True).rates
    assert [window.begin for window in rate.windows] == [0, 82_800]


@pytest.mark.parametrize(
    ("a", "b"), [('"sun", "mon"', '"fri"'), ('"24:00"', '"24:00"'), ('["sat", "sun", "holiday"]', '["holiday"]')]
)
def test_windows_that_only_touch_or_meet_on_a_holiday_are_taken(a: str, b: str) -> None:
    late = WINDOW.replace('"sun", "mon"', '"fri"') if a == '["sat", "sun", "holiday"]' else WINDOW
    text = GOOD.replace('to = "24:00"', 'to = "23:00"') if a == '"24:00"' else GOOD.replace(a, b)
    parse_tariff(text + late.replace(a, b))


DOC = (Path(__file__).parents[3] / "docs" / "tariffs.md").read_text(encoding="utf-8")


def test_the_documentations_example_is_a_tariff() -> None:
    text = DOC.partition("```toml")[2].partition("```")[0]
    assert len(parse_tariff(text).rates) == 2


def test_every_key_of_a_tariff_and_column_of_a_call_file_is_documented() -> None:
    source = (Path(__file__).parents[3] / "billing" / "rating" / "tariff.py").read_text(encoding="utf-8")
    keys = set(re.findall(r'(?:text|integer|price|texts)\("(\w+)"', source)) | {"from", "to", *COLUMNS}
    assert keys >= {"currency", "prefix", "days", "free_prefixes", "callee"}
    assert [key for key in sorted(keys) if not re.search(rf"`(?:\w+\.)?{key}`", DOC)] == []
