"""Windows: each billed second is priced where it begins, on the wall clock of the tariff's time zone."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import pytest

from billing.rating.rating import Call, rate
from billing.rating.tariff import parse_tariff

_RATE = '[[rate]]\nprefix = "+33"\nprice_per_minute = "60"\n'  # 1 a second


def cost(windows: str, answered: str, ended: str, *, stored: bool = False) -> Fraction | None:
    """What a call costs when a second costs 1 outside the windows."""
    call = Call(
        "c", "outbound", "+33162000001", "+33612345678", datetime.fromisoformat(answered), datetime.fromisoformat(ended)
    )
    return rate(call, parse_tariff(_RATE + windows, stored=stored)).amount


def window(price: str, days: str, begin: str = "00:00", end: str = "24:00") -> str:
    return f'[[rate.window]]\ndays = [{days}]\nfrom = "{begin}"\nto = "{end}"\nprice_per_minute = "{price}"\n'


@pytest.mark.parametrize(
    ("answered", "ended", "amount"),
    [
        ("2026-10-02T23:59:50+02:00", "2026-10-03T00:00:10+02:00", 10),  # Friday into Saturday: 10 s each
        ("2026-10-02T23:59:50.5+02:00", "2026-10-03T00:00:10.5+02:00", 10),  # the tenth second begins at 59.5
        ("2026-10-02T23:59:59.9+02:00", "2026-10-03T00:00:09.9+02:00", 1),
        ("2026-10-04T23:59:55+02:00", "2026-10-05T00:00:10+02:00", 10),  # Sunday into Monday
        ("2026-10-02T22:00:00+00:00", "2026-10-02T22:00:10+00:00", 0),  # already Saturday in Paris
        ("2026-07-14T10:00:00+02:00", "2026-07-14T10:00:10+02:00", 0),  # a Tuesday, and a holiday
        ("2026-05-25T10:00:00+02:00", "2026-05-25T10:00:10+02:00", 0),  # Whit Monday
        ("2026-04-03T10:00:00+02:00", "2026-04-03T10:00:10+02:00", 10),  # Good Friday is no national holiday
    ],
)
def test_weekends_and_holidays_begin_and_end_at_midnight_in_paris(answered: str, ended: str, amount: int) -> None:
    assert cost(window("0", '"sat", "sun", "holiday"'), answered, ended) == amount


def test_the_hour_that_comes_twice_in_october_is_in_its_window_twice() -> None:
    night = window("0", '"sun"', "02:00", "03:00")
    assert cost(night, "2026-10-25T01:59:50+02:00", "2026-10-25T03:00:10+01:00") == 20


def test_the_hour_that_is_missing_in_march_is_in_no_window() -> None:
    night = window("0", '"sun"', "02:00", "03:00")
    assert cost(night, "2026-03-29T01:59:50+01:00", "2026-03-29T03:00:10+02:00") == 20


def test_a_whole_day_window_covers_the_25_hours_of_october_and_the_23_of_march() -> None:
    sunday = window("0", '"sun"')
    assert cost(sunday, "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:05+01:00") == 5
    assert cost(sunday, "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:05+02:00") == 5


def test_of_two_windows_that_share_hours_in_a_stored_tariff_the_first_holds() -> None:
    both = window("120", '"fri"', "10:00", "11:00") + window("0", '"fri"')
    assert cost(both, "2026-10-02T10:59:50+02:00", "2026-10-02T11:00:10+02:00", stored=True) == 20


def test_a_window_begins_in_the_second_in_which_another_ends() -> None:
    both = window("120", '"fri"', "10:00", "11:00") + window("0", '"fri"', "11:00", "24:00")
    assert cost(both, "2026-10-02T10:59:50+02:00", "2026-10-02T11:00:10+02:00") == 20


def test_seconds_added_by_the_increment_are_priced_where_they_fall_after_the_end() -> None:
    minute = "increment_seconds = 60\ninitial_seconds = 60\n" + window("0", '"sat"')
    assert cost(minute, "2026-10-02T23:59:50+02:00", "2026-10-02T23:59:51+02:00") == 10


def test_a_call_of_several_days_crosses_every_window() -> None:
    nights = window("0", '"mon", "tue", "wed", "thu", "fri", "sat", "sun"', "00:00", "12:00")
    assert cost(nights, "2026-10-05T00:00:00+02:00", "2026-10-08T00:00:00+02:00") == 3 * 43200
